#include <gtest/gtest.h>

#include <speech/worker_frame.hpp>

namespace parley::speech {
namespace {

TEST(WorkerFrame, IsReadWhateverThePortions) {
  Bytes stream = encode_frame(FrameKind::Progress, as_bytes("abc"));
  const Bytes second = encode_frame(FrameKind::EndOfSound, {});
  stream.insert(stream.end(), second.begin(), second.end());
  FrameReader reader;
  std::vector<Frame> frames;
  for (const std::uint8_t byte : stream) {
    reader.feed({&byte, 1});
    auto frame = reader.next();
    ASSERT_TRUE(frame);
    if (*frame) frames.push_back(**frame);
  }
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_EQ(frames[0].kind, FrameKind::Progress);
  EXPECT_EQ(frames[0].text(), "abc");
  EXPECT_EQ(frames[1].kind, FrameKind::EndOfSound);
}

TEST(WorkerFrame, RefusesTooLongAndUnknownFrames) {
  FrameReader longer(100);
  longer.feed(Bytes{101, 0, 0, 0, 6});
  EXPECT_EQ(longer.next().error().code, Errc::Limited);
  EXPECT_FALSE(longer.next());
  FrameReader unknown;
  unknown.feed(Bytes{0, 0, 0, 0, 99});
  EXPECT_EQ(unknown.next().error().code, Errc::Invalid);
}

TEST(WorkerFrame, CarriesSoundUnchanged) {
  const std::vector<std::int16_t> samples{0, 1, -1, 32767, -32768};
  EXPECT_EQ(*decode_sound(encode_sound(samples)), samples);
  EXPECT_FALSE(decode_sound(Bytes{1, 2, 3}));
}

}  // namespace
}  // namespace parley::speech
