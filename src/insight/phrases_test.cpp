#include <gtest/gtest.h>

#include <insight/phrases.hpp>
#include <insight/test_conversations.hpp>

namespace parley::insight {
namespace {

/// What a finder makes of the first place where it finds something; "-": nowhere.
template <class Finder>
std::string first(Finder finder, const std::string& text) {
  const auto transcript = conversation({{Speaker::Caller, text}});
  const Conversation parsed(transcript);
  for (const Sentence& sentence : parsed.sentences())
    for (std::size_t at = 0; at < sentence.tokens.size(); ++at)
      if (const auto found = finder(sentence, at)) return found->text;
  return "-";
}

using Case = std::pair<std::string, std::string>;

TEST(Phrases, FindNumbersThatAreCalled) {
  for (const auto& [said, expected] :
       std::vector<Case>{{"it's four one five, five five five, zero one four two.", "415 555 0142"},
                         {"call 415-555-0142 please", "415 555 0142"},
                         {"double four, seven oh nine", "44 709"},
                         {"I have one two three", "-"},
                         {"about five thousand", "-"}})
    EXPECT_EQ(first(figures_at, said), expected) << said;
}

TEST(Phrases, FindMoney) {
  for (const auto& [said, expected] : std::vector<Case>{{"one hundred and twenty nine dollars", "$129"},
                                                        {"one hundred and twenty-nine dollars", "$129"},
                                                        {"eighty five dollars and fifty cents", "$85.50"},
                                                        {"it costs $1,250.00 today", "$1250.00"},
                                                        {"fifty cents", "$0.50"},
                                                        {"two thousand three hundred bucks", "$2300"},
                                                        {"a hundred dollars", "$100"},
                                                        {"twenty minutes", "-"}})
    EXPECT_EQ(first(money_at, said), expected) << said;
}

TEST(Phrases, FindDates) {
  for (const auto& [said, expected] : std::vector<Case>{{"on Thursday morning then", "Thursday morning"},
                                                        {"in two days", "in two days"},
                                                        {"it was two weeks ago", "two weeks ago"},
                                                        {"March third would be fine", "March third"},
                                                        {"the third of March", "the third of March"},
                                                        {"next Monday", "next Monday"},
                                                        {"this evening", "this evening"},
                                                        {"by the end of the week", "end of the week"},
                                                        {"you may come", "-"},
                                                        {"wait a second", "-"}})
    EXPECT_EQ(first(date_at, said), expected) << said;
}

TEST(Phrases, FindTimes) {
  for (const auto& [said, expected] : std::vector<Case>{{"at nine thirty.", "9:30"},
                                                        {"around 10 am", "10:00 am"},
                                                        {"at 2:15 pm", "2:15 pm"},
                                                        {"ten o'clock", "10:00"},
                                                        {"half past nine", "half past nine"},
                                                        {"between eight and ten", "between 8 and 10"},
                                                        {"between five and ten dollars", "-"},
                                                        {"at five percent", "-"},
                                                        {"four people", "-"}})
    EXPECT_EQ(first(time_at, said), expected) << said;
}

TEST(Phrases, JoinDateAndTime) {
  EXPECT_EQ(first(when_at, "tomorrow between eight and ten"), "tomorrow between 8 and 10");
  EXPECT_EQ(first(when_at, "Friday at 3 pm"), "Friday at 3:00 pm");
}

}  // namespace
}  // namespace parley::insight
