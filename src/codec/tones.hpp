#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include <base/clock.hpp>

namespace parley::codec {

/// One stretch of a tone: up to two frequencies (0: none), or silence.
struct ToneStep {
  double first_hz = 0, second_hz = 0;
  Duration length{};
};

/// PCM of the steps one after the other, at -13 dBm0 per frequency, with 5 ms edges so that nothing clicks.
[[nodiscard]] std::vector<std::int16_t> make_tone(std::span<const ToneStep> steps, std::uint32_t sample_rate);

/// One period of the call progress tones (ITU-T E.180; 440+480 Hz and 480+620 Hz), to be repeated.
[[nodiscard]] std::vector<std::int16_t> ringback_tone(std::uint32_t sample_rate);  // 2 s on, 4 s off
[[nodiscard]] std::vector<std::int16_t> busy_tone(std::uint32_t sample_rate);      // 0.5 s on, 0.5 s off
[[nodiscard]] std::vector<std::int16_t> beep(std::uint32_t sample_rate);           // 1 kHz, 0.2 s
[[nodiscard]] std::vector<std::int16_t> silence(std::uint32_t sample_rate, Duration length);

}  // namespace parley::codec
