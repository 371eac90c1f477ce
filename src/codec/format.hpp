#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace parley::codec {

/// The audio payload formats that Parley can decode and encode.
enum class CodecId : std::uint8_t { Pcmu, Pcma, G722, Opus };

/// What SDP and RTP say about a format.
struct CodecInfo {
  CodecId id;
  std::string_view name;  // as in a=rtpmap, compared without case
  std::uint32_t
      rtp_clock_rate;         // of the RTP time stamp; G.722 keeps 8000 although it samples at 16000 (RFC 3551 §4.5.2)
  std::uint32_t sample_rate;  // of the PCM that our decoder gives and our encoder takes
  std::uint8_t rtpmap_channels;                     // Opus always says 2 (RFC 7587 §7)
  std::optional<std::uint8_t> static_payload_type;  // RFC 3551 table 4
};

[[nodiscard]] const CodecInfo& info(CodecId id) noexcept;
/// By a=rtpmap name and clock rate; nullopt if we do not have it.
[[nodiscard]] std::optional<CodecId> codec_by_name(std::string_view name, std::uint32_t rtp_clock_rate) noexcept;
/// For payload types 0, 8 and 9 that come without a=rtpmap.
[[nodiscard]] std::optional<CodecId> codec_by_static_payload_type(std::uint8_t payload_type) noexcept;

}  // namespace parley::codec
