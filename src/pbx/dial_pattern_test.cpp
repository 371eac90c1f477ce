#include <gtest/gtest.h>

#include <pbx/dial_pattern.hpp>

namespace parley::pbx {
namespace {

bool matches(std::string_view pattern, std::string_view number) {
  return DialPattern::compile(pattern).value().matches(number);
}

TEST(DialPattern, MatchesWhatTheNotationSays) {
  struct Case {
    std::string_view pattern;
    std::vector<std::string_view> yes, no;
  };
  const Case cases[] = {
      {"112", {"112"}, {"11", "1123", "", "113"}},
      {"5XX", {"500", "599"}, {"50", "5000", "5*0", "400"}},
      {"Z.", {"10", "91234"}, {"1", "0123", "+1"}},
      {"N!", {"2", "29"}, {"1", "", "12"}},
      {"[1-3579]x", {"10", "29", "57", "90"}, {"40", "6", "80"}},
      {"[24]z", {"21", "49"}, {"20", "31"}},
      {"*9#", {"*9#"}, {"*9", "9"}},
      {"+49.", {"+491", "+4930123"}, {"+49", "0049"}},
      {".", {"1", "*", "+49"}, {"", "anna", "1a"}},
      {"!", {"1", "112"}, {"", "anna"}},
  };
  for (const auto& [pattern, yes, no] : cases) {
    for (const auto number : yes) EXPECT_TRUE(matches(pattern, number)) << pattern << " " << number;
    for (const auto number : no) EXPECT_FALSE(matches(pattern, number)) << pattern << " " << number;
  }
}

TEST(DialPattern, SaysWhereItIsWrongAndWhatToDo) {
  struct Case {
    std::string pattern;
    std::size_t offset;
  };
  const Case cases[] = {{"", 0},
                        {"_0.", 0},
                        {"0.1", 2},
                        {"0-1", 1},
                        {"12a", 2},
                        {"1[", 1},
                        {"1[]2", 1},
                        {"1[5-3]", 2},
                        {"[1-", 2},
                        {"[12", 0},
                        {"[X]", 1},
                        {"0!!", 2},
                        {std::string(65, '1'), 64},
                        {"9[1-a]", 2}};
  for (const auto& [pattern, offset] : cases) {
    const auto made = DialPattern::compile(pattern);
    ASSERT_FALSE(made) << pattern;
    EXPECT_EQ(made.error().offset, offset) << pattern << ": " << made.error().what;
    EXPECT_FALSE(made.error().remedy.empty()) << pattern;
  }
  EXPECT_TRUE(DialPattern::compile(std::string(64, 'X') + "."));
}

TEST(DialPattern, TheMoreSpecificComesFirst) {
  const char* in_order[] = {"0112", "01[12]X", "01X",   "0N!", "0X", "0X.", "0X!",
                            "0.",   "0!",      "[01]1", "X",   "X.", ".",   "!"};
  for (std::size_t i = 0; i < std::size(in_order); ++i)
    for (std::size_t j = 0; j < std::size(in_order); ++j) {
      const auto order =
          DialPattern::compile(in_order[i]).value().specificity(DialPattern::compile(in_order[j]).value());
      EXPECT_EQ(order < 0, i < j) << in_order[i] << " " << in_order[j];
      EXPECT_EQ(order == 0, i == j) << in_order[i] << " " << in_order[j];
    }
}

TEST(DialPattern, KnowsWhenItMeansOneNumberOnly) {
  for (const auto* one : {"112", "1[1]2", "*9"}) EXPECT_TRUE(DialPattern::compile(one)->is_one_number()) << one;
  for (const auto* many : {"11X", "112!", ".", "1[12]"})
    EXPECT_FALSE(DialPattern::compile(many)->is_one_number()) << many;
}

}  // namespace
}  // namespace parley::pbx
