#include <gtest/gtest.h>

#include <speech/turns.hpp>

namespace parley::speech {
namespace {

RecognisedSegment segment(Speaker speaker, double start, double end, std::string text, double confidence = 0.9) {
  RecognisedSegment out{speaker, start, end, {}};
  out.recognition.text = std::move(text);
  out.recognition.confidence = confidence;
  return out;
}

TEST(Turns, JoinsOneSpeakersSegmentsUntilTheOtherSpeaks) {
  const auto turns =
      build_turns({segment(Speaker::Callee, 6, 7, "Yes."), segment(Speaker::Caller, 0, 2, "Hello."),
                   segment(Speaker::Caller, 3, 5, "Is this the shop?"), segment(Speaker::Caller, 7.2, 8, "Good.")});
  ASSERT_EQ(turns.size(), 3U);
  EXPECT_EQ(turns[0].text, "Hello. Is this the shop?");
  EXPECT_EQ(turns[0].words.size(), 5U);
  EXPECT_DOUBLE_EQ(turns[0].end_s, 5);
  EXPECT_EQ(turns[1].speaker, Speaker::Callee);
}

TEST(Turns, PartsAtALongPause) {
  EXPECT_EQ(build_turns({segment(Speaker::Caller, 0, 2, "One."), segment(Speaker::Caller, 4, 5, "Two.")}).size(), 2U);
}

TEST(Turns, KeepsOverlapsApart) {
  const auto turns =
      build_turns({segment(Speaker::Caller, 0, 5, "A long story."), segment(Speaker::Callee, 2, 2.5, "Mm-hmm."),
                   segment(Speaker::Caller, 5.2, 8, "And more.")});
  ASSERT_EQ(turns.size(), 3U);
  EXPECT_LT(turns[1].start_s, turns[0].end_s);
}

TEST(Turns, LeavesOutSegmentsInWhichNothingWasSaid) {
  EXPECT_TRUE(build_turns({segment(Speaker::Caller, 0, 1, "")}).empty());
}

TEST(Turns, SpreadsWordsInOrderOverTheSegment) {
  const auto words = spread_words(segment(Speaker::Caller, 10, 12, "Well, this is extraordinary."));
  ASSERT_EQ(words.size(), 4U);
  EXPECT_DOUBLE_EQ(words.front().start_s, 10);
  EXPECT_LE(words.back().end_s, 12.0);
  for (std::size_t i = 0; i + 1 < words.size(); ++i) EXPECT_LE(words[i].end_s, words[i + 1].start_s);
  EXPECT_GT(words[3].end_s - words[3].start_s, words[2].end_s - words[2].start_s);
}

TEST(TranscriptJson, ComesBackAsItWent) {
  Transcript transcript{"moonshine-base/1", "en", 12.5,
                        build_turns({segment(Speaker::Callee, 1, 2, "Say \"hi\".", 0.5)})};
  const auto back = transcript_from_json(to_json(transcript));
  ASSERT_TRUE(back);
  EXPECT_EQ(to_json(*back), to_json(transcript));
  EXPECT_EQ(back->turns[0].text, "Say \"hi\".");
}

TEST(TranscriptJson, RefusesWhatIsNotATranscript) {
  for (
      const char* text :
      {"", "[]", "{}", R"({"engine":"x","language":"en","seconds":1})",
       R"({"engine":"x","language":"en","seconds":1,"turns":[{}]})",
       R"({"engine":"x","language":"en","seconds":1,"turns":[{"speaker":"agent","start_s":0,"end_s":1,"text":"","confidence":1}]})",
       R"({"engine":"x","language":"en","seconds":1e999,"turns":[]})"})
    EXPECT_FALSE(transcript_from_json(text)) << text;
}

}  // namespace
}  // namespace parley::speech
