#pragma once
#include <cstdint>

/// ITU-T G.711, both laws. Bytes as they are on the wire (µ-law inverted, A-law with even bits inverted).
namespace parley::codec::g711 {

[[nodiscard]] std::int16_t decode_ulaw(std::uint8_t code) noexcept;
[[nodiscard]] std::int16_t decode_alaw(std::uint8_t code) noexcept;
[[nodiscard]] std::uint8_t encode_ulaw(std::int16_t sample) noexcept;
[[nodiscard]] std::uint8_t encode_alaw(std::int16_t sample) noexcept;
/// Straight from one law to the other, through linear.
[[nodiscard]] std::uint8_t ulaw_to_alaw(std::uint8_t code) noexcept;
[[nodiscard]] std::uint8_t alaw_to_ulaw(std::uint8_t code) noexcept;

}  // namespace parley::codec::g711
