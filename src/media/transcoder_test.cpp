#include <gtest/gtest.h>

#include <media/fake_phone.hpp>
#include <media/transcoder.hpp>

namespace parley::media {
namespace {
using codec::CodecId;

Bytes payload_of(CodecId id, unsigned ms) {
  Bytes out(codec::kMaxPayload);
  const std::uint32_t rate = codec::info(id).sample_rate;
  const auto pcm = fake::voice(1, rate, 0.2);
  out.resize(codec::make_encoder(id)->encode(std::span(pcm).first(rate * ms / 1000), out));
  return out;
}

TEST(Transcoder, BetweenTheLawsAPacketStaysAPacket) {
  Transcoder transcoder(CodecId::Pcmu, CodecId::Pcma);
  const Bytes odd(173, 0xFF);
  const auto frames = transcoder.feed(9, 1234, odd);
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(frames[0].payload.size(), 173U);
  EXPECT_EQ(frames[0].sequence, 9U);
  EXPECT_EQ(frames[0].timestamp, 1234U);
}

TEST(Transcoder, MakesTwentyMillisecondFramesOfAnyPacketTime) {
  for (const unsigned ms : {10U, 20U, 40U, 60U}) {
    Transcoder transcoder(CodecId::Pcmu, CodecId::G722);
    const Bytes payload = payload_of(CodecId::Pcmu, ms);
    std::uint32_t timestamp = 0;
    std::vector<std::uint32_t> stamps;
    for (std::uint64_t i = 0; i < 240 / ms; ++i, timestamp += ms * 8)
      for (const auto& frame : transcoder.feed(i, timestamp, payload)) {
        EXPECT_EQ(frame.payload.size(), 160U);
        EXPECT_EQ(frame.sequence, stamps.size());
        stamps.push_back(frame.timestamp);
      }
    ASSERT_EQ(stamps.size(), 12U) << ms;
    for (std::size_t i = 1; i < stamps.size(); ++i) EXPECT_EQ(stamps[i] - stamps[i - 1], 160U);
  }
}

TEST(Transcoder, LossStaysLossAndPausesStayPauses) {
  Transcoder transcoder(CodecId::G722, CodecId::Pcmu);
  const Bytes payload = payload_of(CodecId::G722, 20);
  const auto one = [&](std::uint64_t sequence, std::uint32_t timestamp) {
    const auto frames = transcoder.feed(sequence, timestamp, payload);
    EXPECT_EQ(frames.size(), 1U);
    return frames[0];
  };
  EXPECT_EQ(one(1, 0).sequence, 0U);
  EXPECT_EQ(one(2, 160).sequence, 1U);
  const auto after_loss = one(5, 640);  // two packets lost
  EXPECT_EQ(after_loss.sequence, 4U);
  EXPECT_EQ(after_loss.timestamp, 640U);
  const auto after_pause = one(6, 8640);  // silence left out by the sender
  EXPECT_EQ(after_pause.sequence, 5U);
  EXPECT_EQ(after_pause.timestamp, 8640U);
}

TEST(Transcoder, BadPayloadsGiveNothing) {
  Transcoder transcoder(CodecId::Opus, CodecId::Pcmu);
  EXPECT_TRUE(transcoder.feed(1, 0, Bytes{0x03, 0xFF}).empty());
  EXPECT_TRUE(transcoder.feed(2, 0, {}).empty());
}

}  // namespace
}  // namespace parley::media
