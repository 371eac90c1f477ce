#include <map>

#include <gtest/gtest.h>

#include <speech/decode_guard.hpp>

namespace parley::speech {
namespace {

constexpr std::int64_t kHello = 100;
constexpr std::int64_t kWorld = 101;
constexpr std::int64_t kYou = 102;

Vocabulary vocabulary() {
  std::vector<std::string> lines(Vocabulary::kSize, "x");
  lines[kHello] = "\xE2\x96\x81Hello";
  lines[kWorld] = "\xE2\x96\x81world";
  lines[kYou] = "\xE2\x96\x81You";
  return *Vocabulary::from_lines(std::move(lines));
}

/// Logits in which the given tokens stand out; the rest is far below.
std::vector<float> logits(const std::map<std::int64_t, float>& high) {
  std::vector<float> out(32'768, -100.0F);
  for (const auto& [token, value] : high) out[static_cast<std::size_t>(token)] = value;
  return out;
}

TEST(DecodeGuard, TakesTheBestTokensUntilTheEnd) {
  DecodeGuard guard(10);
  EXPECT_EQ(guard.next(logits({{kHello, 10}})), kHello);
  EXPECT_EQ(guard.next(logits({{kWorld, 10}})), kWorld);
  EXPECT_EQ(guard.next(logits({{kEndToken, 10}})), kEndToken);
  EXPECT_TRUE(guard.finished());
  const auto heard = guard.recognition(vocabulary());
  EXPECT_EQ(heard.text, "Hello world");
  EXPECT_NEAR(heard.confidence, 1, 0.01);
  EXPECT_EQ(heard.word_confidence.size(), 2U);
  EXPECT_FALSE(heard.guarded);
}

TEST(DecodeGuard, DoesNotBelieveAnUnsureEndAsTheFirstToken) {
  DecodeGuard guard(10);
  EXPECT_EQ(guard.next(logits({{kEndToken, 1.0F}, {kHello, 0.9F}})), kHello);
  EXPECT_EQ(guard.next(logits({{kEndToken, 10}})), kEndToken);
  const auto heard = guard.recognition(vocabulary());
  EXPECT_EQ(heard.text, "Hello");
  EXPECT_TRUE(heard.guarded);
  EXPECT_LT(heard.confidence, 0.5);
}

TEST(DecodeGuard, BelievesASureEnd) {
  DecodeGuard guard(10);
  EXPECT_EQ(guard.next(logits({{kEndToken, 10}, {kHello, 1}})), kEndToken);
  EXPECT_TRUE(guard.recognition(vocabulary()).text.empty());
}

TEST(DecodeGuard, DropsAWordThatItWasTalkedIntoAndHardlyBelieves) {
  DecodeGuard guard(10);
  EXPECT_EQ(guard.next(logits({{kEndToken, 5.0F}, {kYou, 1.0F}, {kWorld, 0.9F}, {kHello, 4.0F}})), kHello);
  EXPECT_EQ(guard.next(
                logits({{kYou, 0.2F}, {kWorld, 0.1F}, {kHello, 0.1F}, {40, 0.1F}, {41, 0.1F}, {42, 0.1F}, {43, 0.1F}})),
            kYou);
  EXPECT_EQ(
      guard.next(logits({{kEndToken, 1.0F}, {kYou, 0.9F}, {kWorld, 0.9F}, {kHello, 0.9F}, {40, 0.9F}, {41, 0.9F}})),
      kEndToken);
  const auto heard = guard.recognition(vocabulary());
  EXPECT_TRUE(heard.guarded);
  EXPECT_EQ(heard.text, "");
  EXPECT_EQ(heard.confidence, 0);
}

TEST(DecodeGuard, CutsALoopToOneOfItsBlocks) {
  DecodeGuard guard(100);
  for (int i = 0; i < 4; ++i) {
    ASSERT_FALSE(guard.finished());
    (void)guard.next(logits({{kHello, 10}}));
    (void)guard.next(logits({{kWorld, 10}}));
  }
  EXPECT_TRUE(guard.finished());
  const auto heard = guard.recognition(vocabulary());
  EXPECT_EQ(heard.text, "Hello world");
  EXPECT_TRUE(heard.repeated);
}

TEST(DecodeGuard, StopsAtItsLimit) {
  DecodeGuard guard(2);
  (void)guard.next(logits({{kHello, 10}}));
  (void)guard.next(logits({{kWorld, 10}}));
  EXPECT_TRUE(guard.finished());
  EXPECT_TRUE(guard.recognition(vocabulary()).repeated);
}

TEST(TidyText, MakesSpacesAndMarksSingle) {
  EXPECT_EQ(tidy_text("  Hello ,,  world . "), "Hello, world.");
  EXPECT_EQ(tidy_text(", So what.?"), "So what?");
  EXPECT_EQ(tidy_text("a\n\tb\x7F"), "a b");
  EXPECT_EQ(tidy_text("caf\xC3\xA9 \xFF\xC0\x80ok"), "caf\xC3\xA9 ok");
  EXPECT_EQ(tidy_text(" ,. "), "");
  EXPECT_EQ(tidy_text("To-morrow or to-night"), "Tomorrow or tonight");
}

TEST(Vocabulary, TurnsPiecesIntoText) {
  std::vector<std::string> lines(Vocabulary::kSize, "x");
  lines[10] = "<0x41>";
  lines[11] = "\xE2\x96\x81so\xE2\x96\x81on";
  const auto words = Vocabulary::from_lines(lines);
  ASSERT_TRUE(words);
  EXPECT_EQ(words->piece(10), "A");
  EXPECT_EQ(words->piece(11), " so on");
  EXPECT_EQ(words->piece(2), "");
  EXPECT_EQ(words->piece(32'700), "");
  lines.pop_back();
  EXPECT_FALSE(Vocabulary::from_lines(lines));
}

}  // namespace
}  // namespace parley::speech
