#include <gtest/gtest.h>

#include <media/outgoing_stream.hpp>

namespace parley::media {
namespace {
using namespace std::chrono_literals;
using Position = OutgoingStream::Position;

struct Fixture {
  FakeClock clock;
  OutgoingStream stream{1, 65530, 0xFFFFFF00};
  std::optional<OutgoingStream::Place> place(std::uint64_t segment, std::uint64_t sequence, std::uint32_t timestamp,
                                             std::uint32_t rate = 8000, std::uint32_t out_rate = 8000) {
    return stream.place({segment, sequence, timestamp, rate, false}, out_rate, clock.now());
  }
};

TEST(OutgoingStream, BeginsAtItsRandomNumbersWithTheMarker) {
  Fixture f;
  const auto first = f.place(1, 70000, 5);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->sequence_number, 65530);
  EXPECT_EQ(first->timestamp, 0xFFFFFF00U);
  EXPECT_TRUE(first->marker);
  const auto second = f.place(1, 70001, 165);
  EXPECT_EQ(second->sequence_number, 65531);
  EXPECT_EQ(second->timestamp, 0xFFFFFF00U + 160);
  EXPECT_FALSE(second->marker);
}

TEST(OutgoingStream, KeepsGapsAndOrderOfTheSource) {
  Fixture f;
  (void)f.place(1, 100, 0);
  EXPECT_EQ(f.place(1, 103, 480)->sequence_number, 65533);
  EXPECT_EQ(f.place(1, 102, 320)->sequence_number, 65532);
  EXPECT_EQ(f.place(1, 102, 320)->timestamp, 0xFFFFFF00U + 320);
  EXPECT_EQ(f.place(1, 104, 640)->sequence_number, 65534);
}

TEST(OutgoingStream, AnotherSourceGoesOnByOneAndByTheTimeThatPassed) {
  Fixture f;
  (void)f.place(1, 100, 0);
  f.clock.advance(500ms);
  const auto next = f.place(2, 7, 123456);
  EXPECT_EQ(next->sequence_number, 65531);
  EXPECT_EQ(next->timestamp, 0xFFFFFF00U + 4000);
  EXPECT_TRUE(next->marker);
  EXPECT_EQ(f.place(2, 8, 123616)->timestamp, 0xFFFFFF00U + 4160);
}

TEST(OutgoingStream, TheShiftOfASegmentIsThatOfItsPackets) {
  Fixture f;
  (void)f.place(1, 100, 0);
  (void)f.place(2, 7, 123456);
  const auto shift = f.stream.shift(2);
  ASSERT_TRUE(shift);
  for (const std::uint32_t number : {8U, 9U, 12U}) {
    const auto timestamp = 123456 + (number - 7) * 160;
    const auto place = f.place(2, number, timestamp);
    EXPECT_EQ(place->sequence_number, static_cast<std::uint16_t>(number + shift->sequence_number));
    EXPECT_EQ(place->timestamp, timestamp + shift->timestamp);
    EXPECT_EQ(f.stream.shift(2)->timestamp, shift->timestamp);
  }
  EXPECT_FALSE(f.stream.shift(1));  // it is over
  (void)f.place(3, 1, 0, 8000, 48000);
  EXPECT_FALSE(f.stream.shift(3));  // no sum: time is counted at another rate
}

TEST(OutgoingStream, ALatePacketBeforeTheSegmentIsNotSent) {
  Fixture f;
  (void)f.place(1, 100, 0);
  (void)f.place(2, 50, 0);
  EXPECT_FALSE(f.place(2, 49, 0U - 160));
  EXPECT_EQ(f.place(2, 51, 160)->sequence_number, 65532);
}

TEST(OutgoingStream, LeftOutPacketsLeaveNoGap) {
  Fixture f;
  (void)f.place(1, 100, 0);
  f.stream.leave_out(1, 101);
  f.stream.leave_out(1, 102);
  EXPECT_EQ(f.place(1, 103, 480)->sequence_number, 65531);
  EXPECT_FALSE(f.place(1, 100, 0));  // its place is not known any more
}

TEST(OutgoingStream, ScalesTimeBetweenClockRates) {
  Fixture f;
  (void)f.place(1, 1, 1000, 48000, 8000);
  EXPECT_EQ(f.place(1, 2, 1960, 48000, 8000)->timestamp, 0xFFFFFF00U + 160);
  EXPECT_EQ(f.place(1, 3, 2920, 48000, 8000)->timestamp, 0xFFFFFF00U + 320);
}

TEST(OutgoingStream, TimeGoesOnForDays) {
  Fixture f;
  std::uint32_t in = 0, last = f.place(1, 1, in)->timestamp;
  for (std::uint64_t i = 2; i < 40; ++i) {
    in += 1U << 28U;  // 39 steps of over nine hours: several wraps
    const auto place = f.place(1, i, in);
    EXPECT_EQ(place->timestamp - last, 1U << 28U);
    last = place->timestamp;
  }
}

}  // namespace
}  // namespace parley::media
