#include <cmath>
#include <numbers>
#include <vector>

#include <gtest/gtest.h>

#include <codec/concealment.hpp>

namespace parley::codec {
namespace {

std::vector<std::int16_t> sine(double hertz, std::uint32_t rate, std::size_t count) {
  std::vector<std::int16_t> out(count);
  for (std::size_t i = 0; i < count; ++i)
    out[i] = static_cast<std::int16_t>(8000 * std::sin(2 * std::numbers::pi * hertz * static_cast<double>(i) / rate));
  return out;
}

double rms(std::span<const std::int16_t> pcm) {
  double sum = 0;
  for (const auto sample : pcm) sum += static_cast<double>(sample) * sample;
  return std::sqrt(sum / static_cast<double>(pcm.size()));
}

TEST(Concealer, ALostFrameOfATonGoesOnAsIfItHadCome) {
  for (const std::uint32_t rate : {8000U, 16000U}) {
    for (const double hertz : {100.0, 160.0, 250.0}) {
      const std::size_t frame = rate / 50;
      auto whole = sine(hertz, rate, frame * 10);
      const auto said = whole;
      Concealer concealer(rate);
      for (std::size_t i = 0; i < 10; ++i) {
        const auto part = std::span(whole).subspan(i * frame, frame);
        if (i == 5)
          concealer.fill(part);
        else
          concealer.heard(part);
      }
      std::vector<std::int16_t> wrong(frame / 2);
      for (std::size_t i = 0; i < wrong.size(); ++i)
        wrong[i] = static_cast<std::int16_t>(whole[5 * frame + i] - said[5 * frame + i]);
      EXPECT_LT(rms(wrong), 0.3 * rms(said)) << rate << " Hz, tone " << hertz;
      // No step where it begins and ends.
      for (std::size_t i = 5 * frame - 2; i < 6 * frame + 2; ++i)
        EXPECT_LT(std::abs(whole[i] - whole[i - 1]), 3500) << i;
    }
  }
}

TEST(Concealer, ALongLossFallsSilent) {
  Concealer concealer(8000);
  auto said = sine(200, 8000, 800);
  concealer.heard(said);
  std::vector<std::int16_t> frame(160);
  for (int i = 0; i < 3; ++i) concealer.fill(frame);
  concealer.fill(frame);
  EXPECT_EQ(rms(frame), 0);
}

}  // namespace
}  // namespace parley::codec
