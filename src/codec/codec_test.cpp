#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <random>

#include <gtest/gtest.h>

#include <codec/codec.hpp>
#include <codec/stream_resampler.hpp>
#include <codec/tones.hpp>

namespace parley::codec {
namespace {
using namespace std::chrono_literals;

/// Noise-like speech substitute: a sum of tones that wander, band-limited to 300..3000 Hz.
std::vector<std::int16_t> wandering(std::uint32_t rate, double seconds) {
  std::vector<std::int16_t> out(static_cast<std::size_t>(rate * seconds));
  for (std::size_t i = 0; i < out.size(); ++i) {
    const double t = static_cast<double>(i) / rate;
    out[i] = static_cast<std::int16_t>(4000 * std::sin(2 * M_PI * (400 * t + 60 * std::sin(3 * t))) +
                                       3000 * std::sin(2 * M_PI * (1700 * t + 90 * std::sin(5 * t))));
  }
  return out;
}

/// Best correlation over a lag of up to 40 ms.
double likeness(std::span<const std::int16_t> sent, std::span<const std::int16_t> got, std::uint32_t rate) {
  double best = 0;
  for (std::size_t lag = 0; lag < rate / 25; ++lag) {
    double cross = 0, a = 0, b = 0;
    for (std::size_t i = 0; i + lag < got.size() && i < sent.size(); ++i) {
      cross += double{sent[i] * 1.0} * got[i + lag];
      a += double{sent[i] * 1.0} * sent[i];
      b += double{got[i + lag] * 1.0} * got[i + lag];
    }
    best = std::max(best, cross / std::sqrt(a * b + 1));
  }
  return best;
}

TEST(Codec, EveryFormatGivesBackWhatWentIn) {
  for (const CodecId id : {CodecId::Pcmu, CodecId::Pcma, CodecId::G722, CodecId::Opus}) {
    const auto encoder = make_encoder(id);
    const auto decoder = make_decoder(id);
    const std::uint32_t rate = info(id).sample_rate;
    ASSERT_EQ(encoder->sample_rate(), rate);
    ASSERT_EQ(decoder->sample_rate(), rate);
    const auto pcm = wandering(rate, 1.0);
    std::vector<std::int16_t> got, block(kMaxPacketSamples);
    std::vector<std::uint8_t> payload(kMaxPayload);
    const std::size_t frame = rate / 50;
    for (std::size_t at = 0; at + frame <= pcm.size(); at += frame) {
      const std::size_t bytes = encoder->encode(std::span(pcm).subspan(at, frame), payload);
      ASSERT_GT(bytes, 0U) << info(id).name;
      const BytesView view(payload.data(), bytes);
      EXPECT_EQ(duration_of(id, view), info(id).rtp_clock_rate / 50) << info(id).name;
      ASSERT_EQ(decoder->decode(view, block), frame) << info(id).name;
      got.insert(got.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(frame));
    }
    EXPECT_GT(likeness(pcm, got, rate), 0.95) << info(id).name;
  }
}

TEST(Codec, RefusesPayloadsThatAreNoneOfTheFormat) {
  std::vector<std::int16_t> pcm(kMaxPacketSamples);
  const Bytes bad_opus{0x03, 0xFF};  // code 3, 63 frames, no data
  EXPECT_EQ(duration_of(CodecId::Opus, bad_opus), 0U);
  EXPECT_EQ(make_decoder(CodecId::Opus)->decode(bad_opus, pcm), 0U);
  const Bytes huge(1400, 0);
  for (const CodecId id : {CodecId::Pcmu, CodecId::Pcma, CodecId::G722}) {
    EXPECT_EQ(duration_of(id, huge), 0U);
    EXPECT_EQ(duration_of(id, {}), 0U);
    EXPECT_EQ(duration_of(id, Bytes(159, 0)), 159U);  // odd, but legal
  }
}

TEST(Codec, NoBytesOfAnyKindCrashADecoder) {
  std::mt19937 random(1);
  std::vector<std::int16_t> pcm(kMaxPacketSamples);
  for (const CodecId id : {CodecId::Pcmu, CodecId::Pcma, CodecId::G722, CodecId::Opus}) {
    const auto decoder = make_decoder(id);
    for (int i = 0; i < 2000; ++i) {
      Bytes payload(random() % 400);
      for (auto& byte : payload) byte = static_cast<std::uint8_t>(random());
      EXPECT_LE(decoder->decode(payload, pcm), kMaxPacketSamples);
    }
  }
}

TEST(Codec, NamesAndStaticTypesAreThoseOfTheRfc) {
  EXPECT_EQ(codec_by_name("pcmu", 8000), CodecId::Pcmu);
  EXPECT_EQ(codec_by_name("OPUS", 48000), CodecId::Opus);
  EXPECT_FALSE(codec_by_name("opus", 8000));
  EXPECT_FALSE(codec_by_name("G729", 8000));
  EXPECT_EQ(codec_by_static_payload_type(9), CodecId::G722);
  EXPECT_FALSE(codec_by_static_payload_type(18));
}

TEST(StreamResampler, KeepsSoundInTwentyMillisecondBlocks) {
  for (const auto [from, to] : {std::pair{8000U, 16000U}, std::pair{16000U, 8000U}, std::pair{8000U, 8000U}}) {
    const auto in = wandering(from, 1.0);
    StreamResampler resampler(from, to);
    std::vector<std::int16_t> out, block(resampler.output_bound(from / 50));
    for (std::size_t at = 0; at < in.size(); at += from / 50) {
      const std::size_t made = resampler.process(std::span(in).subspan(at, from / 50), block);
      EXPECT_LE(made, block.size());
      out.insert(out.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(made));
    }
    EXPECT_NEAR(static_cast<double>(out.size()), to, 4);
    EXPECT_GT(likeness(wandering(to, 1.0), out, to), 0.99);
    EXPECT_LE(resampler.latency(), to / 100);  // at most 10 ms
  }
}

TEST(Tones, HaveTheirLengthAndEndQuietly) {
  const auto ring = ringback_tone(8000);
  EXPECT_EQ(ring.size(), 48000U);
  EXPECT_TRUE(std::all_of(ring.begin() + 16000, ring.end(), [](auto sample) { return sample == 0; }));
  EXPECT_GT(*std::ranges::max_element(ring), 8000);
  EXPECT_EQ(beep(16000).front(), 0);
  EXPECT_EQ(silence(16000, 20ms), std::vector<std::int16_t>(320));
}

}  // namespace
}  // namespace parley::codec
