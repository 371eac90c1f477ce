#include <rtp/packet.hpp>
#include <rtp/wire.hpp>

namespace parley::rtp {
namespace {

/// RFC 8285 §4.2: id (4 bits) and length - 1 (4 bits), then the data; id 0 pads, id 15 ends the block.
bool one_byte_elements_fit(BytesView block) noexcept {
  for (std::size_t at = 0; at < block.size();) {
    const unsigned id = block[at] >> 4U;
    if (id == 15) return true;
    if (id == 0) {
      ++at;
      continue;
    }
    at += 2 + (block[at] & 0x0FU);
    if (at > block.size()) return false;
  }
  return true;
}

/// RFC 8285 §4.3: id and length in a byte each; id 0 pads.
bool two_byte_elements_fit(BytesView block) noexcept {
  for (std::size_t at = 0; at < block.size();) {
    if (block[at] == 0) {
      ++at;
      continue;
    }
    if (at + 2 > block.size()) return false;
    at += std::size_t{2} + block[at + 1];
    if (at > block.size()) return false;
  }
  return true;
}

}  // namespace

Result<RtpPacket, RtpErrc> RtpPacket::parse(BytesView datagram) noexcept {
  if (datagram.size() < kRtpHeaderSize || datagram.size() > kMaxPacket) return std::unexpected(RtpErrc::Truncated);
  const std::uint8_t* head = datagram.data();
  if (head[0] >> 6U != 2) return std::unexpected(RtpErrc::BadVersion);
  RtpPacket packet;
  packet.marker = (head[1] & 0x80U) != 0;
  packet.payload_type = head[1] & 0x7FU;
  if (packet.payload_type >= 72 && packet.payload_type <= 76) return std::unexpected(RtpErrc::RtcpPayloadType);
  packet.sequence_number = get16(head + 2);
  packet.timestamp = get32(head + 4);
  packet.ssrc = get32(head + 8);

  std::size_t begin = kRtpHeaderSize + std::size_t{4} * (head[0] & 0x0FU);
  if (begin > datagram.size()) return std::unexpected(RtpErrc::Truncated);
  if ((head[0] & 0x10U) != 0) {
    if (begin + 4 > datagram.size()) return std::unexpected(RtpErrc::BadExtension);
    const unsigned profile = get16(head + begin);
    const std::size_t length = std::size_t{4} * get16(head + begin + 2);
    begin += 4;
    if (length > datagram.size() - begin) return std::unexpected(RtpErrc::BadExtension);
    const BytesView block = datagram.subspan(begin, length);
    if ((profile == 0xBEDE && !one_byte_elements_fit(block)) ||
        ((profile & 0xFFF0U) == 0x1000 && !two_byte_elements_fit(block)))
      return std::unexpected(RtpErrc::BadExtension);
    begin += length;
  }
  std::size_t end = datagram.size();
  if ((head[0] & 0x20U) != 0) {
    const std::size_t padding = datagram.back();
    if (padding == 0 || padding > end - begin) return std::unexpected(RtpErrc::BadPadding);
    end -= padding;
  }
  packet.payload = datagram.subspan(begin, end - begin);
  return packet;
}

bool looks_like_rtcp(BytesView datagram) noexcept {
  return datagram.size() >= 2 && datagram[0] >> 6U == 2 && datagram[1] >= 192 && datagram[1] <= 223;
}

void write_rtp_header(std::span<std::uint8_t> out, const RtpPacket& packet) noexcept {
  out[0] = 0x80;
  out[1] = static_cast<std::uint8_t>((packet.marker ? 0x80U : 0U) | packet.payload_type);
  put16(&out[2], packet.sequence_number);
  put32(&out[4], packet.timestamp);
  put32(&out[8], packet.ssrc);
}

}  // namespace parley::rtp
