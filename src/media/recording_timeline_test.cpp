#include <gtest/gtest.h>

#include <media/recording_timeline.hpp>

namespace parley::media::recording {
namespace {

PacketRecord packet(std::uint32_t sequence, std::uint32_t timestamp, Micros at, std::uint32_t source = 1) {
  return {Party::Caller, codec::CodecId::Pcmu, source, sequence, timestamp, at, {}};
}

TEST(Timeline, TiesASourceToItsFastestPackets) {
  Timeline timeline;
  timeline.add(packet(1, 0, 180'000));  // 80 ms late
  timeline.add(packet(2, 160, 120'000));
  timeline.add(packet(3, 320, 141'000));
  timeline.finish({});
  EXPECT_EQ(timeline.position(packet(1, 0, 0)), 100'000);
  EXPECT_EQ(timeline.position(packet(3, 320, 0)), 140'000);
  EXPECT_FALSE(timeline.position(packet(1, 0, 0, 9)));
}

TEST(Timeline, FollowsTimeStampsOverTheirWrap) {
  Timeline timeline;
  timeline.add(packet(1, 0xFFFFFF60, 0));
  timeline.add(packet(2, 0, 20'000));
  timeline.finish({});
  EXPECT_EQ(timeline.position(packet(2, 0, 0)), 20'000);
}

TEST(Timeline, TakesPausesOutOfTheSound) {
  Timeline timeline;
  timeline.add(MarkRecord{RecordKind::Pause, 1'000'000});
  timeline.add(MarkRecord{RecordKind::Resume, 3'000'000});
  timeline.add(MarkRecord{RecordKind::Pause, 5'000'000});
  timeline.finish(8'000'000);
  ASSERT_EQ(timeline.pauses().size(), 2U);
  EXPECT_EQ(timeline.length(), 3'000'000);
  EXPECT_EQ(timeline.played(500'000), 500'000);
  EXPECT_EQ(timeline.played(2'000'000), 1'000'000);
  EXPECT_EQ(timeline.played(4'000'000), 2'000'000);
  EXPECT_EQ(timeline.call_time(2'000'000), 4'000'000);
  EXPECT_TRUE(timeline.paused(1'000'000));
  EXPECT_FALSE(timeline.paused(3'000'000));
  EXPECT_EQ(timeline.cut(500'000), 1'000'000);
  EXPECT_EQ(timeline.cut(4'000'000), 5'000'000);
}

TEST(Timeline, MarksOfADamagedFileMakeNoNonsense) {
  Timeline timeline;
  timeline.add(MarkRecord{RecordKind::Resume, 1'000'000});
  timeline.add(MarkRecord{RecordKind::Pause, 2'000'000});
  timeline.add(MarkRecord{RecordKind::Pause, 3'000'000});
  timeline.add(MarkRecord{RecordKind::Resume, 4'000'000});
  timeline.add(MarkRecord{RecordKind::Pause, Micros{1} << 60U});
  timeline.finish(Micros{1} << 62U);
  EXPECT_EQ(timeline.pauses().size(), 1U);
  EXPECT_LE(timeline.length(), static_cast<std::int64_t>(kLongestCall));
}

TEST(Timeline, ASkewedClockIsTiedAnewBeforeItIsHalfASecondOff) {
  Timeline timeline;
  for (std::uint32_t i = 0; i < 200'000; ++i)  // 200 ppm fast for over an hour
    timeline.add(packet(i, i * 160, Micros{i} * 20'004));
  timeline.finish({});
  for (std::uint32_t i = 0; i < 200'000; i += 997)
    EXPECT_LT(std::abs(*timeline.position(packet(i, i * 160, 0)) - std::int64_t{i} * 20'004), 500'001);
}

}  // namespace
}  // namespace parley::media::recording
