#include <gtest/gtest.h>

#include <rtp/reception.hpp>

namespace parley::rtp {
namespace {
using namespace std::chrono_literals;

TEST(SequenceTracker, UnwrapsOverTheEndOfSixteenBits) {
  SequenceTracker tracker;
  EXPECT_EQ(tracker.on_sequence_number(65534), Arrival::First);
  EXPECT_EQ(tracker.on_sequence_number(65535), Arrival::Next);
  EXPECT_EQ(tracker.on_sequence_number(0), Arrival::Next);
  EXPECT_EQ(tracker.on_sequence_number(2), Arrival::Gap);
  EXPECT_EQ(tracker.last(), 65536U + 65538);
  EXPECT_EQ(tracker.expected(), 5U);
  EXPECT_EQ(tracker.lost(), 1U);
}

TEST(SequenceTracker, TellsLateFromDuplicate) {
  SequenceTracker tracker;
  tracker.on_sequence_number(10);
  tracker.on_sequence_number(12);
  EXPECT_EQ(tracker.on_sequence_number(11), Arrival::Late);
  EXPECT_EQ(tracker.on_sequence_number(11), Arrival::Duplicate);
  EXPECT_EQ(tracker.on_sequence_number(12), Arrival::Duplicate);
  EXPECT_EQ(tracker.lost(), 0U);
  EXPECT_EQ(tracker.received(), 3U);
  EXPECT_EQ(tracker.late_or_duplicate(), 3U);
}

TEST(SequenceTracker, APacketBeforeTheFirstOneCounts) {
  SequenceTracker tracker;
  tracker.on_sequence_number(0);
  EXPECT_EQ(tracker.on_sequence_number(65535), Arrival::Late);
  EXPECT_EQ(tracker.expected(), 2U);
  EXPECT_EQ(tracker.lost(), 0U);
}

TEST(SequenceTracker, OneWildNumberIsDroppedTwoInARowAreARestart) {
  SequenceTracker tracker;
  tracker.on_sequence_number(100);
  EXPECT_EQ(tracker.on_sequence_number(40000), Arrival::Suspect);
  EXPECT_EQ(tracker.on_sequence_number(101), Arrival::Next);
  EXPECT_EQ(tracker.on_sequence_number(40001), Arrival::Suspect);
  EXPECT_EQ(tracker.on_sequence_number(40002), Arrival::Restart);
  EXPECT_EQ(tracker.on_sequence_number(40003), Arrival::Next);
  EXPECT_EQ(tracker.lost(), 0U);
}

TEST(Reception, NewSsrcStartsFreshAndTotalsGoOn) {
  Reception reception;
  FakeClock clock;
  reception.on_packet(1, 10, 0, 8000, clock.now());
  reception.on_packet(1, 13, 480, 8000, clock.now());
  EXPECT_EQ(reception.on_packet(2, 60000, 7, 8000, clock.now()), Arrival::First);
  EXPECT_EQ(reception.received(), 3U);
  EXPECT_EQ(reception.lost(), 2U);
  EXPECT_EQ(reception.ssrc(), 2U);
}

TEST(Reception, SteadyArrivalHasNoJitter) {
  Reception reception;
  FakeClock clock;
  for (std::uint16_t i = 0; i < 500; ++i) {
    reception.on_packet(1, i, i * 160U, 8000, clock.now());
    clock.advance(20ms);
  }
  EXPECT_LT(reception.jitter_ms(), 0.2);
}

TEST(Reception, AlternatingTenMillisecondsConvergesToTheirMean) {
  Reception reception;
  FakeClock clock;
  for (std::uint16_t i = 0; i < 1000; ++i) {
    reception.on_packet(1, i, i * 160U, 8000, clock.now() + (i % 2 == 0 ? 10ms : 0ms));
    clock.advance(20ms);
  }
  EXPECT_NEAR(reception.jitter_ms(), 10.0, 1.0);
}

TEST(Reception, ATimestampJumpIsNoJitter) {
  Reception reception;
  FakeClock clock;
  for (std::uint16_t i = 0; i < 100; ++i) {
    reception.on_packet(1, i, i * 160U + (i >= 50 ? 1'000'000'000U : 0U), 8000, clock.now());
    clock.advance(20ms);
  }
  EXPECT_LT(reception.jitter_ms(), 0.2);
}

TEST(Reception, ReportSaysLossSinceTheLastReport) {
  Reception reception;
  FakeClock clock;
  for (std::uint16_t i = 0; i < 100; ++i)
    if (i % 4 != 3) reception.on_packet(7, i, i * 160U, 8000, clock.now());
  reception.on_packet(7, 100, 16000, 8000, clock.now());
  reception.on_sender_report(7, std::uint64_t{0x12345678'9ABCDEF0}, clock.now());
  clock.advance(500ms);
  auto report = reception.report(clock.now());
  EXPECT_EQ(report.ssrc, 7U);
  EXPECT_NEAR(report.fraction_lost, 64, 1);
  EXPECT_EQ(report.cumulative_lost, 25);
  EXPECT_EQ(report.highest_sequence, 100U);
  EXPECT_EQ(report.last_sr, 0x56789ABCU);
  EXPECT_NEAR(report.delay_since_last_sr, 32768, 10);
  reception.on_packet(7, 101, 16160, 8000, clock.now());
  report = reception.report(clock.now());
  EXPECT_EQ(report.fraction_lost, 0);
  EXPECT_EQ(report.cumulative_lost, 25);
}

TEST(Reception, GoesOnAfterPacketsThatWereReceivedElsewhere) {
  Reception reception;
  FakeClock clock;
  for (std::uint16_t i = 0; i < 10; ++i) reception.on_packet(7, i, i * 160U, 8000, clock.now());
  const auto highest = reception.sequence().highest();
  // Elsewhere 10 to 19 came, but for 15 and 18; 12 came twice.
  reception.absorb({highest + 10, 0b1011101111 | ~std::uint64_t{1023}, 8, 1, 160});
  EXPECT_EQ(reception.received(), 18U);
  EXPECT_EQ(reception.lost(), 2U);
  EXPECT_EQ(reception.late_or_duplicate(), 1U);
  EXPECT_NEAR(reception.jitter_ms(), 1.25, 0.01);
  EXPECT_EQ(reception.on_packet(7, 19, 19 * 160U, 8000, clock.now()), Arrival::Duplicate);
  EXPECT_EQ(reception.on_packet(7, 15, 15 * 160U, 8000, clock.now()), Arrival::Late);
  EXPECT_EQ(reception.on_packet(7, 20, 20 * 160U, 8000, clock.now()), Arrival::Next);
  EXPECT_EQ(reception.lost(), 1U);
}

}  // namespace
}  // namespace parley::rtp
