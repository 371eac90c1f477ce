#include <algorithm>

#include <srtp/session.hpp>

#include <rtp/packet.hpp>
#include <rtp/wire.hpp>

namespace parley::srtp {
namespace {

using rtp::get16;
using rtp::get32;

constexpr std::uint64_t kRtpPackets = std::uint64_t{1} << 48U;  // RFC 3711 §9.2
constexpr std::uint32_t kRtcpPackets = std::uint32_t{1} << 31U;
constexpr std::size_t kMinRtp = 12, kMinRtcp = 8;

std::optional<SrtpErrc> fault_of(ReplayWindow::Verdict verdict) noexcept {
  switch (verdict) {
    case ReplayWindow::Verdict::Fresh: return std::nullopt;
    case ReplayWindow::Verdict::Replayed: return SrtpErrc::Replayed;
    case ReplayWindow::Verdict::TooOld: break;
  }
  return SrtpErrc::TooOld;
}

}  // namespace

std::uint64_t nearest_index(std::uint64_t highest, std::uint16_t sequence_number) noexcept {
  const std::uint64_t roll_over = highest >> 16U;
  const auto last = static_cast<std::uint16_t>(highest);
  std::uint64_t guess = roll_over;
  if (last < 0x8000U) {
    if (sequence_number > last + 0x8000U && roll_over > 0) --guess;
  } else if (sequence_number < last - 0x8000U) {
    ++guess;
  }
  return guess << 16U | sequence_number;
}

SourceTable::Source* SourceTable::find(std::uint32_t ssrc) noexcept {
  if (last_ < sources_.size() && sources_[last_].ssrc == ssrc) return &sources_[last_];
  const auto found = std::ranges::find(sources_, ssrc, &Source::ssrc);
  if (found == sources_.end()) return nullptr;
  last_ = static_cast<std::size_t>(found - sources_.begin());
  return &*found;
}

SourceTable::Source* SourceTable::add(std::uint32_t ssrc) {
  if (sources_.size() >= kMaxSources) return nullptr;
  last_ = sources_.size();
  return &sources_.emplace_back(Source{ssrc, {}});
}

Result<std::size_t, SrtpErrc> Sender::protect_rtp(std::span<std::uint8_t> buffer, std::size_t size) {
  if (size < kMinRtp) return std::unexpected(SrtpErrc::Malformed);
  const std::uint32_t ssrc = get32(&buffer[8]);
  auto* source = sources_.find(ssrc);
  if (source == nullptr) source = sources_.add(ssrc);
  if (source == nullptr) return std::unexpected(SrtpErrc::TooManySources);
  const std::uint16_t sequence_number = get16(&buffer[2]);
  const std::uint64_t index =
      source->window.any() ? nearest_index(source->window.highest(), sequence_number) : sequence_number;
  if (index >= kRtpPackets) return std::unexpected(SrtpErrc::KeyUsedUp);
  if (const auto fault = fault_of(source->window.judge(index))) return std::unexpected(*fault);
  auto done = transform_.protect_rtp(buffer, size, index);
  if (done) source->window.take(index);
  return done;
}

Result<std::size_t, SrtpErrc> Sender::protect_rtcp(std::span<std::uint8_t> buffer, std::size_t size) {
  if (rtcp_index_ + 1 >= kRtcpPackets) return std::unexpected(SrtpErrc::KeyUsedUp);
  return transform_.protect_rtcp(buffer, size, ++rtcp_index_);
}

Receiver::Receiver(const MasterKey& key, const Receiver* before) : transform_(key, Transform::Use::Open) {
  if (before == nullptr) return;
  for (const auto& source : before->rtp_.all())
    if (const auto roll_over = static_cast<std::uint32_t>(source.window.highest() >> 16U); roll_over > 0)
      hints_.push_back({source.ssrc, roll_over});
}

Result<std::size_t, SrtpErrc> Receiver::open_rtp(std::span<std::uint8_t> datagram) {
  if (datagram.size() < kMinRtp) return std::unexpected(SrtpErrc::Malformed);
  const std::uint32_t ssrc = get32(&datagram[8]);
  const std::uint16_t sequence_number = get16(&datagram[2]);
  auto* const source = rtp_.find(ssrc);
  if (source == nullptr) return open_first(datagram, ssrc, sequence_number);
  const std::uint64_t index = nearest_index(source->window.highest(), sequence_number);
  if (index >= kRtpPackets) return std::unexpected(SrtpErrc::KeyUsedUp);
  if (const auto fault = fault_of(source->window.judge(index))) return std::unexpected(*fault);
  auto done = transform_.open_rtp(datagram, index);
  if (done) source->window.take(index);
  return done;
}

/// The first packet that comes of an SSRC. Its roll-over counter is 0, unless those before a wrap were lost, or the
/// stream began under another key.
Result<std::size_t, SrtpErrc> Receiver::open_first(std::span<std::uint8_t> datagram, std::uint32_t ssrc,
                                                   std::uint16_t sequence_number) {
  if (rtp_.all().size() >= kMaxSources) return std::unexpected(SrtpErrc::TooManySources);
  std::array<std::uint32_t, 4> guesses{};
  std::size_t count = 1;
  if (sequence_number < 0x8000U) guesses[count++] = 1;
  if (const auto hint = std::ranges::find(hints_, ssrc, &Hint::ssrc); hint != hints_.end()) {
    guesses[count++] = hint->roll_over;
    guesses[count++] = hint->roll_over + 1;
  }
  std::array<std::uint8_t, rtp::kMaxPacket> as_came;
  const auto copy = std::span(as_came).first(std::min(datagram.size(), as_came.size()));
  if (copy.size() < datagram.size()) count = 1;
  std::copy_n(datagram.begin(), copy.size(), copy.begin());
  Result<std::size_t, SrtpErrc> done = std::unexpected(SrtpErrc::NotAuthentic);
  for (std::size_t i = 0; i < count && !done; ++i) {
    if (i > 0) std::ranges::copy(copy, datagram.begin());
    const std::uint64_t index = std::uint64_t{guesses.at(i)} << 16U | sequence_number;
    done = transform_.open_rtp(datagram, index);
    if (!done) continue;
    if (auto* const source = rtp_.add(ssrc)) source->window.take(index);
  }
  return done;
}

Result<std::size_t, SrtpErrc> Receiver::open_rtcp(std::span<std::uint8_t> datagram) {
  const auto& sizes = info(transform_.profile());
  if (datagram.size() < kMinRtcp + kIndexWord + sizes.rtcp_tag) return std::unexpected(SrtpErrc::Malformed);
  const std::uint32_t ssrc = get32(&datagram[4]);
  const std::size_t word = datagram.size() - kIndexWord - (sizes.aead ? 0U : sizes.rtcp_tag);
  const std::uint32_t index = get32(&datagram[word]) & (kRtcpPackets - 1);
  auto* source = rtcp_.find(ssrc);
  if (source == nullptr && rtcp_.all().size() >= kMaxSources) return std::unexpected(SrtpErrc::TooManySources);
  if (source != nullptr)
    if (const auto fault = fault_of(source->window.judge(index))) return std::unexpected(*fault);
  auto done = transform_.open_rtcp(datagram);
  if (!done) return done;
  if (source == nullptr) source = rtcp_.add(ssrc);
  if (source != nullptr) source->window.take(index);
  return done;
}

}  // namespace parley::srtp
