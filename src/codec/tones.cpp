#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include <codec/tones.hpp>

namespace parley::codec {
namespace {
using namespace std::chrono_literals;
constexpr double kAmplitude = 5000;  // -13 dBm0 of a sine, full scale being +3.17 dBm0 (G.711)
}  // namespace

std::vector<std::int16_t> make_tone(std::span<const ToneStep> steps, std::uint32_t sample_rate) {
  std::vector<std::int16_t> out;
  const double edge = 0.005 * sample_rate;
  for (const ToneStep& step : steps) {
    const auto count =
        static_cast<std::size_t>(std::lround(std::chrono::duration<double>(step.length).count() * sample_rate));
    for (std::size_t i = 0; i < count; ++i) {
      const double t = 2 * std::numbers::pi * static_cast<double>(i) / sample_rate;
      const double from_edge = std::min(static_cast<double>(i), static_cast<double>(count - i));
      const double wave = (step.first_hz > 0 ? std::sin(t * step.first_hz) : 0) +
                          (step.second_hz > 0 ? std::sin(t * step.second_hz) : 0);
      out.push_back(static_cast<std::int16_t>(std::lround(kAmplitude * std::min(1.0, from_edge / edge) * wave)));
    }
  }
  return out;
}

std::vector<std::int16_t> ringback_tone(std::uint32_t sample_rate) {
  return make_tone(std::array{ToneStep{440, 480, 2s}, ToneStep{0, 0, 4s}}, sample_rate);
}
std::vector<std::int16_t> busy_tone(std::uint32_t sample_rate) {
  return make_tone(std::array{ToneStep{480, 620, 500ms}, ToneStep{0, 0, 500ms}}, sample_rate);
}
std::vector<std::int16_t> beep(std::uint32_t sample_rate) {
  return make_tone(std::array{ToneStep{1000, 0, 200ms}}, sample_rate);
}
std::vector<std::int16_t> silence(std::uint32_t sample_rate, Duration length) {
  return make_tone(std::array{ToneStep{0, 0, length}}, sample_rate);
}

}  // namespace parley::codec
