#include <gtest/gtest.h>

#include <speech/segmenter.hpp>

namespace parley::speech {
namespace {

constexpr std::size_t kWindow = Segmenter::kWindow;

/// Feeds windows whose samples hold their own number, so that a test sees which ones came out.
struct Feed {
  Segmenter segmenter;
  std::vector<Segment> segments;
  std::size_t windows = 0;

  void windows_of(std::size_t count, float probability) {
    for (std::size_t i = 0; i < count; ++i, ++windows) {
      const std::vector<float> window(kWindow, static_cast<float>(windows));
      if (auto segment = segmenter.push(window, probability)) segments.push_back(std::move(*segment));
    }
  }
  void end() {
    if (auto segment = segmenter.finish()) segments.push_back(std::move(*segment));
  }
};

TEST(Segmenter, GivesSpeechWithQuietAroundIt) {
  Feed feed;
  feed.windows_of(50, 0.0F);
  feed.windows_of(30, 0.9F);
  feed.windows_of(50, 0.1F);
  ASSERT_EQ(feed.segments.size(), 1U);
  const Segment& segment = feed.segments[0];
  EXPECT_EQ(segment.speech_first, 50 * kWindow);
  EXPECT_EQ(segment.speech_end, 80 * kWindow);
  EXPECT_EQ(segment.first, 44 * kWindow);
  EXPECT_EQ(segment.samples.size(), 42 * kWindow);
  EXPECT_EQ(segment.samples.front(), 44.0F);
  EXPECT_EQ(segment.samples.back(), 85.0F);
}

TEST(Segmenter, KeepsShortPausesInside) {
  Feed feed;
  feed.windows_of(10, 0.9F);
  feed.windows_of(17, 0.1F);  // 0.54 s
  feed.windows_of(10, 0.9F);
  feed.windows_of(30, 0.1F);
  ASSERT_EQ(feed.segments.size(), 1U);
  EXPECT_EQ(feed.segments[0].speech_end, 37 * kWindow);
}

TEST(Segmenter, PartsAtLongerPauses) {
  Feed feed;
  feed.windows_of(10, 0.9F);
  feed.windows_of(25, 0.1F);  // 0.8 s
  feed.windows_of(10, 0.9F);
  feed.end();
  ASSERT_EQ(feed.segments.size(), 2U);
  EXPECT_EQ(feed.segments[1].speech_first, 35 * kWindow);
  EXPECT_EQ(feed.segments[1].first, 29 * kWindow);
}

TEST(Segmenter, HoldsOnThroughDoubtfulWindows) {
  Feed feed;
  feed.windows_of(10, 0.9F);
  feed.windows_of(100, 0.4F);  // neither a beginning nor an end
  feed.windows_of(20, 0.1F);
  ASSERT_EQ(feed.segments.size(), 1U);
  EXPECT_EQ(feed.segments[0].speech_end, 110 * kWindow);
}

TEST(Segmenter, DropsClicks) {
  Feed feed;
  feed.windows_of(20, 0.0F);
  feed.windows_of(3, 0.9F);
  feed.windows_of(40, 0.0F);
  feed.end();
  EXPECT_TRUE(feed.segments.empty());
}

TEST(Segmenter, CutsLongSpeechAtItsQuietestPlaceAndLosesNothing) {
  Feed feed;
  feed.windows_of(300, 0.9F);
  feed.windows_of(6, 0.4F);
  feed.windows_of(300, 0.9F);
  feed.end();
  ASSERT_EQ(feed.segments.size(), 2U);
  EXPECT_EQ(feed.segments[0].speech_end, feed.segments[1].speech_first);
  EXPECT_GE(feed.segments[0].speech_end, 300 * kWindow);
  EXPECT_LE(feed.segments[0].speech_end, 306 * kWindow);
  EXPECT_EQ(feed.segments[0].samples.size() + feed.segments[1].samples.size(), 606 * kWindow);
}

TEST(Segmenter, BoundsASegmentThatNeverEnds) {
  Feed feed;
  feed.windows_of(10'000, 0.9F);
  feed.end();
  for (const Segment& segment : feed.segments) EXPECT_LE(segment.samples.size(), 16'000U * 15);
}

TEST(Segmenter, HasNothingToFinishInSilence) {
  Feed feed;
  feed.windows_of(100, 0.0F);
  feed.end();
  EXPECT_TRUE(feed.segments.empty());
}

}  // namespace
}  // namespace parley::speech
