#include <algorithm>
#include <cstring>

#include <rtp/rtcp.hpp>
#include <rtp/wire.hpp>

namespace parley::rtp {
namespace {

enum Type : std::uint8_t {
  kSr = 200,
  kRr = 201,
  kSdes = 202,
  kBye = 203,
  kApp = 204,
  kRtpfb = 205,
  kPsfb = 206,
  kXr = 207
};
constexpr std::uint8_t kCname = 1, kPriv = 8;

ReportBlock read_block(const std::uint8_t* at) noexcept {
  ReportBlock block;
  block.ssrc = get32(at);
  block.fraction_lost = at[4];
  block.cumulative_lost = static_cast<std::int32_t>(get32(at + 4) << 8U) >> 8;  // sign of 24 bits
  block.highest_sequence = get32(at + 8);
  block.jitter = get32(at + 12);
  block.last_sr = get32(at + 16);
  block.delay_since_last_sr = get32(at + 20);
  return block;
}

/// Each of the functions below gets the body after the first 4 bytes, and the 5-bit count.
using Checked = Result<void, RtcpErrc>;
Checked bad(RtcpErrc code) noexcept { return std::unexpected(code); }

Checked read_report(BytesView body, unsigned count, bool sender, RtcpCompound& out) noexcept {
  const std::size_t head = sender ? 24 : 4;
  if (body.size() < head + std::size_t{24} * count) return bad(RtcpErrc::BadLength);
  out.sender_ssrc = get32(body.data());
  if (sender) {
    const std::uint8_t* at = body.data() + 4;
    out.sender_info =
        SenderInfo{std::uint64_t{get32(at)} << 32U | get32(at + 4), get32(at + 8), get32(at + 12), get32(at + 16)};
  }
  for (unsigned i = 0; i < count && out.block_count < out.blocks.size(); ++i)
    out.blocks[out.block_count++] = read_block(body.data() + head + std::size_t{24} * i);
  return {};
}

Checked read_sdes(BytesView body, unsigned count, RtcpCompound& out) noexcept {
  std::size_t at = 0;
  for (unsigned chunk = 0; chunk < count; ++chunk) {
    if (at + 4 > body.size()) return bad(RtcpErrc::BadLength);
    at += 4;
    for (;;) {
      if (at >= body.size()) return bad(RtcpErrc::BadItem);  // no null at the end of the chunk
      const std::uint8_t type = body[at++];
      if (type == 0) break;
      if (at >= body.size()) return bad(RtcpErrc::BadItem);
      const std::size_t length = body[at++];
      if (length > body.size() - at) return bad(RtcpErrc::BadItem);
      const BytesView value = body.subspan(at, length);
      if (type == kPriv && (value.empty() || value[0] > length - 1)) return bad(RtcpErrc::BadItem);
      if (type == kCname && out.cname.empty()) out.cname = as_text(value);
      at += length;
    }
    at = (at + 3) & ~std::size_t{3};
    if (at > body.size()) return bad(RtcpErrc::BadItem);
  }
  return {};
}

Checked read_bye(BytesView body, unsigned count, RtcpCompound& out) noexcept {
  const std::size_t sources = std::size_t{4} * count;
  if (body.size() < sources) return bad(RtcpErrc::BadLength);
  if (body.size() > sources && body[sources] > body.size() - sources - 1) return bad(RtcpErrc::BadItem);
  out.bye = true;
  return {};
}

/// Transport-wide congestion control, draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1: the chunks must cover
/// the announced count of statuses, and each received status has its delta.
Checked check_transport_cc(BytesView body) noexcept {
  if (body.size() < 16) return bad(RtcpErrc::BadLength);
  std::size_t statuses = get16(&body[10]), at = 16, deltas = 0;
  while (statuses > 0) {
    if (at + 2 > body.size()) return bad(RtcpErrc::BadItem);
    const unsigned chunk = get16(&body[at]);
    at += 2;
    if ((chunk & 0x8000U) == 0) {  // run length
      const std::size_t run = std::min<std::size_t>(chunk & 0x1FFFU, statuses);
      if (run == 0) return bad(RtcpErrc::BadItem);
      const unsigned symbol = chunk >> 13U & 3U;
      deltas += run * (symbol == 1 ? 1U : symbol == 2 ? 2U : 0U);
      statuses -= run;
    } else {  // 14 one-bit or 7 two-bit symbols
      const bool two = (chunk & 0x4000U) != 0;
      const std::size_t many = std::min<std::size_t>(two ? 7 : 14, statuses);
      for (std::size_t i = 0; i < many; ++i) {
        const unsigned symbol = two ? chunk >> (12U - 2 * i) & 3U : chunk >> (13U - i) & 1U;
        deltas += symbol == 1 ? 1U : symbol == 2 ? 2U : 0U;
      }
      statuses -= many;
    }
  }
  return deltas <= body.size() - at ? Checked{} : bad(RtcpErrc::BadItem);
}

Checked check_feedback(BytesView body, unsigned format, bool transport) noexcept {
  if (body.size() < 8) return bad(RtcpErrc::BadLength);
  return transport && format == 15 ? check_transport_cc(body) : Checked{};
}

Checked check_xr(BytesView body) noexcept {
  if (body.size() < 4) return bad(RtcpErrc::BadLength);
  for (std::size_t at = 4; at < body.size();) {
    if (at + 4 > body.size()) return bad(RtcpErrc::BadLength);
    at += 4 + std::size_t{4} * get16(&body[at + 2]);
    if (at > body.size()) return bad(RtcpErrc::BadItem);
  }
  return {};
}

Checked read_packet(std::uint8_t type, unsigned count, BytesView body, RtcpCompound& out) noexcept {
  switch (type) {
    case kSr: return read_report(body, count, true, out);
    case kRr: return read_report(body, count, false, out);
    case kSdes: return read_sdes(body, count, out);
    case kBye: return read_bye(body, count, out);
    case kApp: return body.size() >= 8 ? Checked{} : bad(RtcpErrc::BadLength);
    case kRtpfb: return check_feedback(body, count, true);
    case kPsfb: return check_feedback(body, count, false);
    case kXr: return check_xr(body);
    default: return {};  // of a kind that we do not know: its length was checked
  }
}

}  // namespace

Result<RtcpCompound, RtcpErrc> RtcpCompound::parse(BytesView datagram) noexcept {
  RtcpCompound out;
  if (datagram.size() < 8) return std::unexpected(RtcpErrc::Truncated);
  for (std::size_t at = 0; at < datagram.size();) {
    if (datagram.size() - at < 4) return std::unexpected(RtcpErrc::Truncated);
    const std::uint8_t* head = &datagram[at];
    const std::size_t size = std::size_t{4} * get16(head + 2) + 4;  // at least 4, so the loop ends
    if (head[0] >> 6U != 2) return std::unexpected(RtcpErrc::BadVersion);
    if (at == 0 && head[1] != kSr && head[1] != kRr) return std::unexpected(RtcpErrc::BadFirstPacket);
    if (size > datagram.size() - at) return std::unexpected(RtcpErrc::BadLength);
    BytesView body = datagram.subspan(at + 4, size - 4);
    if ((head[0] & 0x20U) != 0) {  // only the last packet may be padded
      const std::size_t padding = body.empty() ? 0 : body.back();
      if (at + size != datagram.size() || padding == 0 || padding % 4 != 0 || padding > body.size())
        return std::unexpected(RtcpErrc::BadPadding);
      body = body.first(body.size() - padding);
    }
    if (const auto checked = read_packet(head[1], head[0] & 0x1FU, body, out); !checked)
      return std::unexpected(checked.error());
    at += size;
  }
  return out;
}

std::uint64_t ntp_time(WallTime time) noexcept {
  constexpr std::uint64_t k1970 = 2'208'988'800;  // seconds from 1900
  const auto ms = static_cast<std::uint64_t>(time.time_since_epoch().count());
  return (ms / 1000 + k1970) << 32U | ((ms % 1000) << 32U) / 1000;
}

std::optional<Duration> round_trip(const ReportBlock& block, std::uint32_t now_ntp_middle) noexcept {
  if (block.last_sr == 0) return std::nullopt;
  const auto ticks = static_cast<std::int32_t>(now_ntp_middle - block.last_sr - block.delay_since_last_sr);
  // The wall clock has whole milliseconds: a fast network may come out slightly below zero.
  if (ticks < -131 || ticks > 60 * 65536) return std::nullopt;
  return std::chrono::nanoseconds(static_cast<std::int64_t>(std::max(ticks, 0)) * 1'000'000'000 / 65536);
}

std::size_t write_rtcp(std::span<std::uint8_t> out, const RtcpReport& report) noexcept {
  std::uint8_t* const begin = out.data();
  const auto put_head = [](std::uint8_t* at, unsigned count, std::uint8_t type, std::size_t bytes) {
    at[0] = static_cast<std::uint8_t>(0x80U | count);
    at[1] = type;
    put16(at + 2, static_cast<std::uint16_t>(bytes / 4 - 1));
  };
  std::uint8_t* at = begin + 8;
  if (const auto& info = report.sender_info) {
    put32(at, static_cast<std::uint32_t>(info->ntp_time >> 32U));
    put32(at + 4, static_cast<std::uint32_t>(info->ntp_time));
    put32(at + 8, info->rtp_timestamp);
    put32(at + 12, info->packets);
    put32(at + 16, info->bytes);
    at += 20;
  }
  if (const auto& block = report.block) {
    put32(at, block->ssrc);
    put32(at + 4, static_cast<std::uint32_t>(std::clamp(block->cumulative_lost, -0x800000, 0x7FFFFF)) & 0xFFFFFFU);
    at[4] = block->fraction_lost;
    put32(at + 8, block->highest_sequence);
    put32(at + 12, block->jitter);
    put32(at + 16, block->last_sr);
    put32(at + 20, block->delay_since_last_sr);
    at += 24;
  }
  put_head(begin, report.block ? 1 : 0, report.sender_info ? kSr : kRr, static_cast<std::size_t>(at - begin));
  put32(begin + 4, report.ssrc);

  std::uint8_t* const sdes = at;
  const std::size_t name = std::min<std::size_t>(report.cname.size(), 255);
  put32(sdes + 4, report.ssrc);
  sdes[8] = kCname;
  sdes[9] = static_cast<std::uint8_t>(name);
  if (name > 0) std::memcpy(sdes + 10, report.cname.data(), name);  // an empty view may point nowhere
  at = sdes + 10 + name;
  do *at++ = 0;
  while ((at - sdes) % 4 != 0);
  put_head(sdes, 1, kSdes, static_cast<std::size_t>(at - sdes));

  if (report.bye) {
    put_head(at, 1, kBye, 8);
    put32(at + 4, report.ssrc);
    at += 8;
  }
  return static_cast<std::size_t>(at - begin);
}

}  // namespace parley::rtp
