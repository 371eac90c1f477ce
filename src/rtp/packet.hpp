#pragma once
#include <cstdint>
#include <span>

#include <base/bytes.hpp>
#include <base/result.hpp>

namespace parley::rtp {

enum class RtpErrc : std::uint8_t { Truncated, BadVersion, BadPadding, BadExtension, RtcpPayloadType };

constexpr std::size_t kRtpHeaderSize = 12;  // without CSRCs and extension
constexpr std::size_t kMaxPacket = 2048;    // larger datagrams are no telephone audio and are refused as truncated

/// One RTP packet as it came. `payload` points into the datagram, without padding.
/// Source: RFC 3550 §5.1; header extensions are checked as RFC 8285 has them, then skipped.
struct RtpPacket {
  bool marker = false;
  std::uint8_t payload_type = 0;
  std::uint16_t sequence_number = 0;
  std::uint32_t timestamp = 0;
  std::uint32_t ssrc = 0;
  BytesView payload;

  /// Refuses payload types 72 to 76, which are RTCP on the same port (RFC 5761 §4). An empty payload is legal.
  [[nodiscard]] static Result<RtpPacket, RtpErrc> parse(BytesView datagram) noexcept;
};

/// Whether a datagram on a shared port is RTCP (RFC 5761 §4).
[[nodiscard]] bool looks_like_rtcp(BytesView datagram) noexcept;

/// Writes the fixed header; `out` has at least kRtpHeaderSize bytes. The payload follows it.
void write_rtp_header(std::span<std::uint8_t> out, const RtpPacket& packet) noexcept;

}  // namespace parley::rtp
