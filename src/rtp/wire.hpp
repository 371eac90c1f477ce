#pragma once
#include <cstdint>

/// Big-endian numbers at a place that the caller has checked to be inside the buffer.
namespace parley::rtp {

[[nodiscard]] constexpr std::uint16_t get16(const std::uint8_t* at) noexcept {
  return static_cast<std::uint16_t>((at[0] << 8) | at[1]);
}
[[nodiscard]] constexpr std::uint32_t get32(const std::uint8_t* at) noexcept {
  return (std::uint32_t{get16(at)} << 16) | get16(at + 2);
}
constexpr void put16(std::uint8_t* at, std::uint16_t value) noexcept {
  at[0] = static_cast<std::uint8_t>(value >> 8);
  at[1] = static_cast<std::uint8_t>(value);
}
constexpr void put32(std::uint8_t* at, std::uint32_t value) noexcept {
  put16(at, static_cast<std::uint16_t>(value >> 16));
  put16(at + 2, static_cast<std::uint16_t>(value));
}

}  // namespace parley::rtp
