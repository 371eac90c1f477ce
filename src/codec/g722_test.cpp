#include <inttypes.h>
#include <spandsp/telephony.h>
// telephony.h must come first.
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <spandsp/g722.h>
#include <spandsp/private/g722.h>

namespace {

/// ITU-T G.722 appendix II: 16-bit big-endian words; bit 0 set means "reset".
std::vector<std::uint16_t> words(const std::string& file) {
  std::ifstream in(std::string(std::getenv("PARLEY_G722_VECTORS")) + "/" + file, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  std::vector<std::uint16_t> out(bytes.size() / 2);
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = static_cast<std::uint16_t>(static_cast<std::uint8_t>(bytes[2 * i]) << 8 |
                                        static_cast<std::uint8_t>(bytes[2 * i + 1]));
  return out;
}

class G722 : public testing::Test {
 protected:
  void SetUp() override {
    if (std::getenv("PARLEY_G722_VECTORS") == nullptr) GTEST_SKIP() << "PARLEY_G722_VECTORS names no folder";
  }
};

TEST_F(G722, ItuSequencesOfTheEncoder) {
  const auto in = words("bt1c1.xmt"), wanted = words("bt2r1.cod");
  ASSERT_EQ(in.size(), wanted.size());
  ASSERT_GT(in.size(), 16000U);
  auto* state = g722_encode_init(nullptr, 64000, 0);
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < in.size(); ++i) {
    if ((in[i] & 1U) != 0) {
      g722_encode_init(state, 64000, 0);
      state->itu_test_mode = 1;
      continue;
    }
    const auto sample = static_cast<std::int16_t>(in[i]);
    std::uint8_t code = 0;
    ASSERT_EQ(g722_encode(state, &code, &sample, 1), 1);
    wrong += code != wanted[i] >> 8U ? 1 : 0;
  }
  g722_encode_free(state);
  EXPECT_EQ(wrong, 0U);
}

TEST_F(G722, ItuSequencesOfTheDecoderInAllModes) {
  const auto in = words("bt2r1.cod"), high = words("bt3h1.rc0");
  for (const unsigned mode : {1U, 2U, 3U}) {
    const auto low = words("bt3l1.rc" + std::to_string(mode));
    ASSERT_EQ(in.size(), low.size());
    const int rate = mode == 1 ? 64000 : mode == 2 ? 56000 : 48000;
    const unsigned unused_bits = mode == 1 ? 8 : mode == 2 ? 9 : 10;  // below the code of 8, 7 or 6 bits
    auto* state = g722_decode_init(nullptr, rate, 0);
    std::size_t wrong_low = 0, wrong_high = 0;
    for (std::size_t i = 0; i < in.size(); ++i) {
      if ((in[i] & 1U) != 0) {
        g722_decode_init(state, rate, 0);
        state->itu_test_mode = 1;
        continue;
      }
      const auto code = static_cast<std::uint8_t>(std::uint32_t{in[i]} >> unused_bits);
      std::int16_t pcm[2] = {0, 0};
      ASSERT_EQ(g722_decode(state, pcm, &code, 1), 2);
      wrong_low += static_cast<std::uint16_t>(pcm[0]) != (low[i] & 0xFFFEU) ? 1 : 0;
      wrong_high += static_cast<std::uint16_t>(pcm[1]) != (high[i] & 0xFFFEU) ? 1 : 0;
    }
    g722_decode_free(state);
    EXPECT_EQ(wrong_low, 0U) << "mode " << mode;
    EXPECT_EQ(wrong_high, 0U) << "mode " << mode;
  }
}

}  // namespace
