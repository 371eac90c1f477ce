#include "telephone.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <codec/g711.hpp>
#include <codec/resampler.hpp>

namespace parley::bench {

Result<std::vector<std::int16_t>> through_telephone(std::span<const std::int16_t> samples, std::uint32_t rate) {
  auto narrow = codec::resample(samples, rate, 8000);
  if (!narrow) return narrow;
  // High-pass at 300 Hz, second-order Butterworth: the handset's side of a telephone channel.
  const double w = std::tan(std::numbers::pi * 300.0 / 8000);
  const double gain = 1 / (1 + std::numbers::sqrt2 * w + w * w);
  const double a1 = 2 * (w * w - 1) * gain;
  const double a2 = (1 - std::numbers::sqrt2 * w + w * w) * gain;
  double in1 = 0;
  double in2 = 0;
  double out1 = 0;
  double out2 = 0;
  for (std::int16_t& sample : *narrow) {
    const double in = sample;
    const double out = gain * (in - 2 * in1 + in2) - a1 * out1 - a2 * out2;
    in2 = in1, in1 = in, out2 = out1, out1 = out;
    const auto linear = static_cast<std::int16_t>(std::clamp(std::lround(out), -32768L, 32767L));
    sample = codec::g711::decode_ulaw(codec::g711::encode_ulaw(linear));
  }
  return narrow;
}

}  // namespace parley::bench
