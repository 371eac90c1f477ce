#include <gtest/gtest.h>

#include <net/pace.hpp>

namespace parley::net {
namespace {
using namespace std::chrono_literals;

/// `rate` datagrams a second for that long, one a turn; whether it looks by itself in the end.
bool after(Pace& pace, TimePoint& now, int rate, Duration length) {
  bool busy = false;
  const auto gap = std::chrono::duration_cast<TimePoint::duration>(1s) / rate;
  for (const auto end = now + length; now < end; now += gap) busy = pace.after(now, 1);
  return busy;
}

TEST(Pace, LooksByItselfWhileManyDatagramsCome) {
  Pace pace;
  TimePoint now{1h};
  EXPECT_FALSE(after(pace, now, 500, 200ms));
  EXPECT_TRUE(after(pace, now, 4000, 200ms));
  EXPECT_FALSE(after(pace, now, 500, 200ms));
}

TEST(Pace, DoesNotSwingBetweenTheTwo) {
  Pace pace;
  TimePoint now{1h};
  EXPECT_FALSE(after(pace, now, 1500, 200ms));
  EXPECT_TRUE(after(pace, now, 4000, 200ms));
  EXPECT_TRUE(after(pace, now, 1500, 200ms));
}

TEST(Pace, ABurstAfterSilenceIsNoRate) {
  Pace pace;
  TimePoint now{1h};
  (void)pace.after(now, 1);
  now += 10s;
  EXPECT_FALSE(pace.after(now, 50));
}

TEST(Pace, EndsSoonAfterTheLastDatagram) {
  Pace pace;
  TimePoint now{1h};
  ASSERT_TRUE(after(pace, now, 4000, 200ms));
  int looks = 0;
  while (pace.after(now += Pace::kEvery, 0)) ++looks;
  EXPECT_LE(looks, 40);
}

}  // namespace
}  // namespace parley::net
