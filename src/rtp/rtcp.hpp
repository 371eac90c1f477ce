#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include <base/bytes.hpp>
#include <base/clock.hpp>
#include <base/result.hpp>
#include <rtp/reception.hpp>

namespace parley::rtp {

enum class RtcpErrc : std::uint8_t { Truncated, BadVersion, BadFirstPacket, BadPadding, BadLength, BadItem };

struct SenderInfo {
  std::uint64_t ntp_time = 0;  // 32.32 fixed point since 1900
  std::uint32_t rtp_timestamp = 0;
  std::uint32_t packets = 0;
  std::uint32_t bytes = 0;
};

/// What we use of a compound packet. All of it was checked: one bad part refuses the whole.
/// Source: RFC 3550 §6.4 to §6.6, A.2; RFC 4585 §6 and RFC 3611 §3 for the lengths of feedback and extended reports.
struct RtcpCompound {
  std::uint32_t sender_ssrc = 0;
  std::optional<SenderInfo> sender_info;
  std::array<ReportBlock, 31> blocks{};
  unsigned block_count = 0;  // more than 31 blocks: the rest is checked and left out
  std::string_view cname;    // of the first chunk that has one; points into the datagram
  bool bye = false;

  [[nodiscard]] static Result<RtcpCompound, RtcpErrc> parse(BytesView datagram) noexcept;
};

/// Seconds since 1900 in 32.32 fixed point.
[[nodiscard]] std::uint64_t ntp_time(WallTime time) noexcept;
[[nodiscard]] constexpr std::uint32_t ntp_middle(std::uint64_t ntp) noexcept {
  return static_cast<std::uint32_t>(ntp >> 16U);
}

/// Round trip by RFC 3550 §6.4.1 from a block about us; nullopt if it answers no report or its figures are impossible.
[[nodiscard]] std::optional<Duration> round_trip(const ReportBlock& block, std::uint32_t now_ntp_middle) noexcept;

struct RtcpReport {
  std::uint32_t ssrc = 0;
  std::optional<SenderInfo> sender_info;  // SR if present, else RR
  std::optional<ReportBlock> block;
  std::string_view cname;  // at most 255 bytes
  bool bye = false;
};
constexpr std::size_t kMaxRtcpReport = 8 + 20 + 24 + 8 + 4 + 256 + 8;
/// Writes SR or RR, SDES with CNAME and, at the end, BYE. Returns the length. `out` has kMaxRtcpReport bytes.
[[nodiscard]] std::size_t write_rtcp(std::span<std::uint8_t> out, const RtcpReport& report) noexcept;

}  // namespace parley::rtp
