#include <random>

#include <gtest/gtest.h>

#include <pbx/overload.hpp>

namespace parley::pbx {
namespace {

using std::chrono::milliseconds;

unsigned refused_of_100(Overload& overload, Work work) {
  unsigned count = 0;
  for (int i = 0; i < 100; ++i) count += overload.refuses(work, (i + 0.5) / 100);
  return count;
}

TEST(Overload, RefusesNothingWithoutPressure) {
  Overload overload;
  for (int i = 0; i < 100; ++i) overload.sample(milliseconds(50), 0.2);
  for (const auto work : {Work::Probe, Work::NewCall, Work::NewRegistration, Work::Refresh, Work::Emergency})
    EXPECT_EQ(refused_of_100(overload, work), 0U);
}

TEST(Overload, NewCallsGoFirstRefreshesLastEmergencyNever) {
  Overload overload;
  for (int i = 0; i < 3; ++i) overload.sample(milliseconds(1250), 0);
  EXPECT_NEAR(refused_of_100(overload, Work::NewCall), 50, 1);
  EXPECT_LT(refused_of_100(overload, Work::NewRegistration), 25U);
  EXPECT_EQ(refused_of_100(overload, Work::Refresh), 0U);
  for (int i = 0; i < 20; ++i) overload.sample(milliseconds(0), 1.0);
  EXPECT_EQ(refused_of_100(overload, Work::NewCall), 100U);
  EXPECT_GE(refused_of_100(overload, Work::Refresh), 99U);
  EXPECT_EQ(refused_of_100(overload, Work::Emergency), 0U);
}

/// A server of a certain capacity behind a queue, in virtual time.
struct Plant {
  double queue = 0, done = 0, refused = 0;
  Overload overload;
  std::minstd_rand fates;
  /// One tenth of a second: `offered` calls come, `capacity` can be served; a refusal costs a tenth of a call.
  void step(double offered, double capacity) {
    double left = capacity;
    for (int i = 0; i < static_cast<int>(offered); ++i) {
      if (overload.refuses(Work::NewCall, std::generate_canonical<double, 24>(fates))) {
        left -= 0.1;
        ++refused;
      } else {
        ++queue;
      }
    }
    const auto served = std::min(queue, std::max(0.0, left));
    queue -= served;
    done += served;
    overload.sample(Duration{}, std::min(1.0, queue / (10 * capacity)));  // the buffer holds what takes a second
  }
};

TEST(Overload, APauseIsNoOverloadWhatItLeftIsWorkedOff) {
  Plant plant;
  for (int i = 0; i < 20; ++i) plant.step(50, 100);
  plant.queue += 15 * 50;  // what came while nothing ran for a second and a half, and its late timer
  plant.overload.sample(milliseconds(1500), 1.0);
  for (int i = 0; i < 50; ++i) plant.step(50, 100);
  EXPECT_EQ(plant.refused, 0);
  EXPECT_EQ(plant.queue, 0);
}

TEST(Overload, TwiceTheCapacityLeavesNineTenthsOfItAndComesBackWithoutSwinging) {
  Plant plant;
  for (int i = 0; i < 100; ++i) plant.step(200, 100);  // settles
  plant.done = 0;
  double worst = 0;
  for (int i = 0; i < 600; ++i) {
    plant.step(200, 100);
    worst = std::max(worst, plant.queue / 1000);  // in seconds of work
  }
  EXPECT_GE(plant.done, 0.9 * 600 * 90);  // refusals take a tenth of the capacity
  EXPECT_LE(worst, 2.0);
  for (int i = 0; i < 100; ++i) plant.step(50, 100);
  plant.refused = 0;
  for (int i = 0; i < 100; ++i) plant.step(50, 100);
  EXPECT_EQ(plant.refused, 0);
}

}  // namespace
}  // namespace parley::pbx
