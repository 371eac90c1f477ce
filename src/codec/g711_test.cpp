#include <cmath>
#include <fstream>
#include <iterator>
#include <numbers>

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <codec/g711.hpp>

namespace parley::codec::g711 {
namespace {

boost::json::value tables() {
  std::ifstream in("tests/data/media/g711/tables.json");
  return boost::json::parse(std::string{std::istreambuf_iterator<char>(in), {}});
}

TEST(G711, DecodesAllCodesOfBothLawsBitExactly) {
  const auto vectors = tables();
  for (unsigned code = 0; code < 256; ++code) {
    EXPECT_EQ(decode_ulaw(static_cast<std::uint8_t>(code)), vectors.at("ulaw_decode").at(code).as_int64()) << code;
    EXPECT_EQ(decode_alaw(static_cast<std::uint8_t>(code)), vectors.at("alaw_decode").at(code).as_int64()) << code;
  }
}

TEST(G711, EncodingADecodedCodeGivesItBack) {
  for (unsigned code = 0; code < 256; ++code) {
    const auto byte = static_cast<std::uint8_t>(code);
    EXPECT_EQ(encode_alaw(decode_alaw(byte)), byte);
    EXPECT_EQ(encode_ulaw(decode_ulaw(byte)), byte == 0x7F ? 0xFF : byte);  // -0 is 0
  }
}

TEST(G711, EncodingIsMonotonic) {
  for (int sample = -32768; sample < 32767; ++sample) {
    const auto here = static_cast<std::int16_t>(sample), above = static_cast<std::int16_t>(sample + 1);
    ASSERT_LE(decode_ulaw(encode_ulaw(here)), decode_ulaw(encode_ulaw(above))) << sample;
    ASSERT_LE(decode_alaw(encode_alaw(here)), decode_alaw(encode_alaw(above))) << sample;
  }
}

TEST(G711, SineKeepsThirtySevenDecibel) {
  const double peak = 32768 / std::pow(10, (3.17 + 10) / 20);  // -10 dBm0
  const auto ratio = [&](auto encode, auto decode) {
    double signal = 0, noise = 0;
    for (int i = 0; i < 8000; ++i) {
      const double wave = peak * std::sin(2 * std::numbers::pi * 1004 * i / 8000.0);
      const auto sample = static_cast<std::int16_t>(std::lround(wave));
      const double error = decode(encode(sample)) - wave;
      signal += wave * wave;
      noise += error * error;
    }
    return 10 * std::log10(signal / noise);
  };
  EXPECT_GE(ratio(encode_ulaw, decode_ulaw), 37);
  EXPECT_GE(ratio(encode_alaw, decode_alaw), 37);
}

TEST(G711, LawToLawIsByLinear) {
  for (unsigned code = 0; code < 256; ++code) {
    const auto byte = static_cast<std::uint8_t>(code);
    EXPECT_EQ(ulaw_to_alaw(byte), encode_alaw(decode_ulaw(byte)));
    EXPECT_EQ(alaw_to_ulaw(byte), encode_ulaw(decode_alaw(byte)));
  }
}

}  // namespace
}  // namespace parley::codec::g711
