// G.711: all codes of both laws by their tables, and what follows from them.
#include <cmath>
#include <numbers>

#include <fmt/format.h>

#include <codec/g711.hpp>

#include "check.hpp"

namespace parley::vectors {
namespace {

struct Law {
  const char* name;
  std::int16_t (*decode)(std::uint8_t) noexcept;
  std::uint8_t (*encode)(std::int16_t) noexcept;
  int negative_zero;  // the code that may come back as another
};
constexpr Law kLaws[] = {{"ulaw", codec::g711::decode_ulaw, codec::g711::encode_ulaw, 0x7F},
                         {"alaw", codec::g711::decode_alaw, codec::g711::encode_alaw, -1}};

std::string check_table(const Law& law, const json::array& table) {
  if (table.size() != 256) return "has not 256 values";
  for (unsigned code = 0; code < 256; ++code) {
    const auto got = law.decode(static_cast<std::uint8_t>(code));
    if (got != table[code].to_number<std::int64_t>())
      return fmt::format("code {:#04x}: {} instead of {}", code, got, table[code].to_number<std::int64_t>());
  }
  return {};
}

std::string check_round_trip(const Law& law) {
  for (int code = 0; code < 256; ++code) {
    const auto back = law.encode(law.decode(static_cast<std::uint8_t>(code)));
    if (back != code && code != law.negative_zero) return fmt::format("code {:#04x} comes back as {:#04x}", code, back);
  }
  return {};
}

std::string check_monotonic(const Law& law) {
  for (int sample = -32768; sample < 32767; ++sample)
    if (law.decode(law.encode(static_cast<std::int16_t>(sample))) >
        law.decode(law.encode(static_cast<std::int16_t>(sample + 1))))
      return fmt::format("falls behind {}", sample);
  return {};
}

std::string check_noise(const Law& law) {
  const double peak = 32768 / std::pow(10, (3.17 + 10) / 20);  // -10 dBm0
  double signal = 0, noise = 0;
  for (int i = 0; i < 8000; ++i) {
    const double wave = peak * std::sin(2 * std::numbers::pi * 1004 * i / 8000.0);
    const double error = law.decode(law.encode(static_cast<std::int16_t>(std::lround(wave)))) - wave;
    signal += wave * wave;
    noise += error * error;
  }
  const double ratio = 10 * std::log10(signal / noise);
  return ratio >= 37 ? "" : fmt::format("{:.1f} dB", ratio);
}

}  // namespace

void check_g711(const std::filesystem::path& folder, Rows& rows) {
  const auto tables = read(folder / "tables.json");
  for (const auto& law : kLaws) {
    const std::string name = law.name;
    add(rows, "g711", name + " decodes as its table says", check_table(law, tables.at(name + "_decode").as_array()));
    add(rows, "g711", name + " encodes what it decoded back", check_round_trip(law));
    add(rows, "g711", name + " is monotonic", check_monotonic(law));
    add(rows, "g711", name + " keeps 37 dB of a sine", check_noise(law));
  }
}

}  // namespace parley::vectors
