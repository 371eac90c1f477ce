#include <base/bytes.hpp>
#include <base/ids.hpp>

namespace parley {

Uuid Uuid::make(const Clock& clock, Random& random) {
  Uuid id;
  random.fill(id.bytes);
  const auto milliseconds = static_cast<std::uint64_t>(clock.wall().time_since_epoch().count());
  for (std::size_t i = 0; i < 6; ++i) id.bytes[i] = static_cast<std::uint8_t>(milliseconds >> (40 - 8 * i));
  id.bytes[6] = static_cast<std::uint8_t>(0x70 | (id.bytes[6] & 0x0f));
  id.bytes[8] = static_cast<std::uint8_t>(0x80 | (id.bytes[8] & 0x3f));
  return id;
}

std::optional<Uuid> Uuid::parse(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  std::string digits;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash != (text[i] == '-')) return std::nullopt;
    if (!dash) digits.push_back(text[i]);
  }
  const auto bytes = from_hex(digits);
  if (!bytes) return std::nullopt;
  Uuid id;
  std::copy(bytes->begin(), bytes->end(), id.bytes.begin());
  return id;
}

std::string Uuid::text() const {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out(36, '-');
  std::size_t at = 0;
  for (const auto byte : bytes) {
    if (at == 8 || at == 13 || at == 18 || at == 23) ++at;
    out[at++] = kDigits[byte >> 4U];
    out[at++] = kDigits[byte & 15U];
  }
  return out;
}

}  // namespace parley
