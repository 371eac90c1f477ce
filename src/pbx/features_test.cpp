#include <gtest/gtest.h>

#include <pbx/features.hpp>

namespace parley::pbx {
namespace {

using std::chrono::seconds;

TEST(FeatureCodes, StarOneTogglesAndStarTwoStops) {  // PBX-4
  FakeClock clock;
  FeatureCodes codes;
  EXPECT_EQ(codes.on_digit('*', clock.now()), std::nullopt);
  EXPECT_EQ(codes.on_digit('1', clock.now()), Feature::ToggleRecordingPause);
  EXPECT_EQ(codes.on_digit('1', clock.now()), std::nullopt);
  (void)codes.on_digit('*', clock.now());
  EXPECT_EQ(codes.on_digit('2', clock.now()), Feature::StopRecording);
}

TEST(FeatureCodes, LateDigitOrOtherDigitBetweenIsNoCode) {
  FakeClock clock;
  FeatureCodes codes;
  (void)codes.on_digit('*', clock.now());
  clock.advance(seconds(4));
  EXPECT_EQ(codes.on_digit('1', clock.now()), std::nullopt);
  (void)codes.on_digit('*', clock.now());
  (void)codes.on_digit('5', clock.now());
  EXPECT_EQ(codes.on_digit('1', clock.now()), std::nullopt);
}

TEST(FeatureCodes, SecondStarStartsAgain) {
  FakeClock clock;
  FeatureCodes codes;
  (void)codes.on_digit('*', clock.now());
  (void)codes.on_digit('*', clock.now());
  EXPECT_EQ(codes.on_digit('1', clock.now()), Feature::ToggleRecordingPause);
}

TEST(DigitOfInfo, ReadsBothBodyTypesAndRefusesOthers) {
  EXPECT_EQ(digit_of_info("application/dtmf-relay", "Signal=5\r\nDuration=160\r\n"), '5');
  EXPECT_EQ(digit_of_info("application/dtmf-relay; charset=x", "Duration=160\r\nsignal= # \r\n"), '#');
  EXPECT_EQ(digit_of_info("Application/DTMF", "*\r\n"), '*');
  EXPECT_EQ(digit_of_info("application/dtmf-relay", "Signal=11\r\n"), '#');
  EXPECT_EQ(digit_of_info("application/dtmf-relay", "Signal=77"), std::nullopt);
  EXPECT_EQ(digit_of_info("text/plain", "5"), std::nullopt);
  EXPECT_EQ(digit_of_info("", ""), std::nullopt);
}

}  // namespace
}  // namespace parley::pbx
