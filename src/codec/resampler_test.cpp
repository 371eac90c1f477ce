#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

#include <codec/resampler.hpp>

namespace parley::codec {
namespace {

std::vector<float> tone(double hertz, std::uint32_t rate, std::size_t count) {
  std::vector<float> out(count);
  for (std::size_t i = 0; i < count; ++i)
    out[i] = static_cast<float>(0.5 * std::sin(2 * std::numbers::pi * hertz * static_cast<double>(i) / rate));
  return out;
}

TEST(Resampler, KeepsAToneInPlaceAndTime) {
  const auto out = resample(tone(1000, 8000, 8000), 8000, 16000);
  ASSERT_TRUE(out);
  EXPECT_NEAR(static_cast<double>(out->size()), 16000, 2);
  const auto expected = tone(1000, 16000, 16000);
  for (std::size_t i = 1000; i < 15000; ++i) ASSERT_NEAR((*out)[i], expected[i], 0.005) << i;
}

TEST(Resampler, GivesTheSameWhateverThePortions) {
  const auto in = tone(440, 16000, 4000);
  const auto whole = resample(in, 16000, 8000);
  auto resampler = Resampler::make(16000, 8000);
  ASSERT_TRUE(whole);
  ASSERT_TRUE(resampler);
  std::vector<float> parts;
  for (std::size_t at = 0; at < in.size(); at += 37)
    resampler->process(std::span(in).subspan(at, std::min<std::size_t>(37, in.size() - at)), parts);
  resampler->flush(parts);
  EXPECT_EQ(parts, *whole);
}

TEST(Resampler, RefusesOddRates) {
  EXPECT_FALSE(Resampler::make(0, 8000));
  EXPECT_FALSE(Resampler::make(8000, 1'000'000));
}

}  // namespace
}  // namespace parley::codec
