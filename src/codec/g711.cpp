#include <algorithm>
#include <array>

#include <codec/g711.hpp>

namespace parley::codec::g711 {
namespace {

// Both laws are a sign, 3 bits of segment and 4 bits of step; the formulas give the middle of each step.
constexpr std::int16_t ulaw_value(std::uint8_t code) {
  const unsigned bits = static_cast<std::uint8_t>(~code);
  const int magnitude = static_cast<int>(((bits & 0x0FU) << 3U) + 0x84U) << (bits >> 4U & 7U);
  return static_cast<std::int16_t>((bits & 0x80U) != 0 ? 0x84 - magnitude : magnitude - 0x84);
}

constexpr std::int16_t alaw_value(std::uint8_t code) {
  const unsigned bits = code ^ 0x55U;
  const unsigned segment = bits >> 4U & 7U;
  unsigned magnitude = (bits & 0x0FU) << 4U;
  magnitude = segment == 0 ? magnitude + 8 : (magnitude + 0x108) << (segment - 1);
  return static_cast<std::int16_t>((bits & 0x80U) != 0 ? static_cast<int>(magnitude) : -static_cast<int>(magnitude));
}

constexpr std::uint8_t ulaw_code(int sample) {
  const unsigned sign = sample < 0 ? 0x80U : 0U;
  const int magnitude = std::min(sample < 0 ? -sample : sample, 32635) + 0x84;
  unsigned segment = 7;
  while (segment > 0 && magnitude < (0x80 << segment)) --segment;
  const auto step = static_cast<unsigned>(magnitude >> (segment + 3)) & 0x0FU;
  return static_cast<std::uint8_t>(~(sign | segment << 4U | step));
}

constexpr std::uint8_t alaw_code(int sample) {
  const unsigned sign = sample >= 0 ? 0x80U : 0U;
  // Negative values count from -1 (G.711: the step 0 of either sign has the same width).
  const int magnitude = sample >= 0 ? sample : -sample - 1;
  unsigned segment = 7;
  while (segment > 0 && magnitude < (0x80 << segment)) --segment;
  const auto step = static_cast<unsigned>(magnitude >> (segment == 0 ? 4 : segment + 3)) & 0x0FU;
  return static_cast<std::uint8_t>((sign | segment << 4U | step) ^ 0x55U);
}

template <class Value, class Make>
constexpr auto table_of(Make make) {
  std::array<Value, 256> table{};
  for (unsigned code = 0; code < 256; ++code) table[code] = make(static_cast<std::uint8_t>(code));
  return table;
}

constexpr auto kUlaw = table_of<std::int16_t>(ulaw_value);
constexpr auto kAlaw = table_of<std::int16_t>(alaw_value);
constexpr auto kUlawToAlaw = table_of<std::uint8_t>([](std::uint8_t code) { return alaw_code(ulaw_value(code)); });
constexpr auto kAlawToUlaw = table_of<std::uint8_t>([](std::uint8_t code) { return ulaw_code(alaw_value(code)); });

}  // namespace

std::int16_t decode_ulaw(std::uint8_t code) noexcept { return kUlaw[code]; }
std::int16_t decode_alaw(std::uint8_t code) noexcept { return kAlaw[code]; }
std::uint8_t encode_ulaw(std::int16_t sample) noexcept { return ulaw_code(sample); }
std::uint8_t encode_alaw(std::int16_t sample) noexcept { return alaw_code(sample); }
std::uint8_t ulaw_to_alaw(std::uint8_t code) noexcept { return kUlawToAlaw[code]; }
std::uint8_t alaw_to_ulaw(std::uint8_t code) noexcept { return kAlawToUlaw[code]; }

}  // namespace parley::codec::g711
