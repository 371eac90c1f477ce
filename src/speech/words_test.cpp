#include <gmock/gmock.h>

#include <speech/letter_sounds.hpp>
#include <speech/models.hpp>
#include <speech/numbers.hpp>
#include <speech/pronouncer.hpp>
#include <speech/recogniser.hpp>
#include <speech/speakable.hpp>
#include <speech/synthesiser.hpp>
#include <speech/voice_activity.hpp>
#include <speech/word_error_rate.hpp>

namespace parley::speech {
namespace {

using ::testing::ElementsAre;

TEST(Numbers, AreSpoken) {
  EXPECT_EQ(number_in_words(0), "zero");
  EXPECT_EQ(number_in_words(1'250), "one thousand two hundred fifty");
  EXPECT_EQ(number_in_words(2'000'001), "two million one");
  EXPECT_EQ(number_in_words(1984, true), "nineteen eighty four");
  EXPECT_EQ(number_in_words(1907, true), "nineteen oh seven");
  EXPECT_EQ(digits_in_words("40-7"), "four zero seven");
  EXPECT_EQ(ordinal_in_words(21), "twenty first");
  EXPECT_EQ(ordinal_in_words(30), "thirtieth");
  EXPECT_EQ(ordinal_in_words(11), "eleventh");
}

TEST(Speakable, ReadsWhatIsWritten) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"The part costs $85.50.", "The part costs eighty five dollars and fifty cents."},
      {"Call 555-0142 now", "Call five five five, zero one four two now"},
      {"At 9:30 a.m. on the 3rd", "At nine thirty a m on the third"},
      {"I am here at 10 am", "I am here at ten a m"},
      {"Write to laura@example.com", "Write to laura at example dot com"},
      {"Only 5% of 1,200", "Only five percent of one thousand two hundred"},
      {"Mr. Bennett\xE2\x80\x99s house", "mister Bennett's house"},
      {"in 1984", "in nineteen eighty four"},
      {"a 24V line", "a two four V line"},
  };
  for (const auto& [written, spoken] : cases)
    EXPECT_THAT(speakable_sentences(written), ElementsAre(std::string(spoken)));
}

TEST(Speakable, PartsSentencesAndFindsNothingInMarks) {
  EXPECT_THAT(speakable_sentences("Hello! How are you? Fine."), ElementsAre("Hello!", "How are you?", "Fine."));
  EXPECT_TRUE(speakable_sentences(" ... !? \n").empty());
  EXPECT_TRUE(speakable_sentences("").empty());
}

TEST(Pronouncer, LooksUpDerivesAndSpells) {
  const auto words = Pronouncer::from_entries(
      {{"heater", "hˈitɜɹ"}, {"call", "kˈɔl"}, {"back", "bˈæk"}, {"apple", "ˈæpəl"}, {"record", "ɹəkˈɔɹd"}});
  EXPECT_EQ(words.word_phones("heater"), "hˈitɜɹ");
  EXPECT_EQ(words.word_phones("heaters"), "hˈitɜɹz");
  EXPECT_EQ(words.word_phones("calling"), "kˈɔlɪŋ");
  EXPECT_EQ(words.word_phones("callback"), "kˈɔlbˌæk");
  EXPECT_EQ(words.word_phones("pstn"), "pˈiˈɛstˈiˈɛn");
  EXPECT_EQ(words.phones("The apple, the call."), "ði ˈæpəl, ðə kˈɔl.");
  EXPECT_EQ(words.phones("the record"), "ðə ɹˈɛkɜɹd");
  EXPECT_FALSE(words.word_phones("zwickelmann").empty());
}

TEST(LetterSounds, PronounceNewNames) {
  EXPECT_EQ(sound_of_letters("brightwater"), "bɹˈItwætɜɹ");
  EXPECT_EQ(sound_of_letters("nake"), "nˈAk");
  EXPECT_EQ(sound_of_letters("phish"), "fˈɪʃ");
  EXPECT_EQ(sound_of_letters(""), "");
}

TEST(WordErrorRate, ComparesWhatWasMeant) {
  EXPECT_EQ(comparable_words("It's $23, OK?", NumberReading::Values),
            comparable_words("it s twenty three dollars okay", NumberReading::Values));
  EXPECT_EQ(comparable_words("Don\xE2\x80\x99t, uh, go", NumberReading::Values),
            comparable_words("do not go", NumberReading::Values));
  EXPECT_EQ(comparable_words("oh 415", NumberReading::Digits),
            comparable_words("zero four one five", NumberReading::Digits));
  EXPECT_EQ(comparable_words("1,000 people at 3 p.m.", NumberReading::Values),
            comparable_words("one thousand people at three pm", NumberReading::Values));
}

TEST(WordErrorRate, CountsTheFewestEdits) {
  const auto errors = count_errors({"a", "b", "c", "d"}, {"a", "x", "d", "e"});
  EXPECT_EQ(errors.total(), 3U);
  EXPECT_EQ(errors.words, 4U);
  EXPECT_DOUBLE_EQ(errors.rate(), 0.75);
  EXPECT_EQ(count_errors({}, {"a"}).inserted, 1U);
  EXPECT_EQ(count_errors({"a"}, {}).deleted, 1U);
  EXPECT_EQ(count_errors({}, {}).rate(), 0);
}

TEST(Available, SaysWhatIsMissing) {
  const auto nothing = available({"/nowhere"});
  EXPECT_FALSE(nothing.recogniser);
  EXPECT_FALSE(nothing.synthesiser);
  EXPECT_NE(nothing.reason.find("fetch-speech"), std::string::npos) << nothing.reason;
  EXPECT_FALSE(Recogniser::open({"/nowhere"}));
  EXPECT_FALSE(VoiceActivity::open({"/nowhere"}));
  EXPECT_FALSE(Synthesiser::open_natural({"/nowhere"}));
}

TEST(InstantVoice, SpeaksWithoutFiles) {
  const auto voice = Synthesiser::open_instant();
  const auto sound = voice->speak("Please hold the line.", {"slt", 1});
  ASSERT_TRUE(sound);
  EXPECT_GT(sound->seconds(), 0.7);
  EXPECT_LT(sound->seconds(), 4);
  const auto faster = voice->speak("Please hold the line.", {"slt", 1.5});
  ASSERT_TRUE(faster);
  EXPECT_LT(faster->seconds(), sound->seconds());
  EXPECT_EQ(voice->speak("Hello", {"nobody", 1}).error().code, Errc::NotFound);
  EXPECT_EQ(voice->speak(" ... ", {"slt", 1}).error().code, Errc::Invalid);
  EXPECT_EQ(voice->speak(std::string(30'000, 'a'), {"slt", 1}).error().code, Errc::Limited);
}

}  // namespace
}  // namespace parley::speech
