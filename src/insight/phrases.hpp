#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <insight/conversation.hpp>

/// Numbers, dates and times as people say them, found word by word. Each finder looks at one place and says how many
/// words it took. Pure.
namespace parley::insight {

struct SpokenNumber {
  std::uint64_t value = 0;
  std::string digits;  // as written or said figure by figure: "0142"; empty for "twenty seven"
  std::size_t words = 0;
  bool ordinal = false;
};

/// "twenty seven", "one hundred and twenty nine", "1,250", "third".
[[nodiscard]] std::optional<SpokenNumber> number_at(const Sentence& sentence, std::size_t at);

struct Phrase {
  std::string text;  // normalised
  std::size_t words = 0;
};

/// Five or more figures in a row, said one by one or written: "four one five, five five five", "555-0142".
[[nodiscard]] std::optional<Phrase> figures_at(const Sentence& sentence, std::size_t at);
/// "$85.50", "eighty five dollars and fifty cents"  ->  "$85.50"
[[nodiscard]] std::optional<Phrase> money_at(const Sentence& sentence, std::size_t at);
/// "Thursday morning", "tomorrow", "March third", "in two days", "two weeks ago", "this evening", "next week"
[[nodiscard]] std::optional<Phrase> date_at(const Sentence& sentence, std::size_t at);
/// "nine thirty am", "9:30", "half past nine", "ten o'clock", "between eight and ten", "noon"
[[nodiscard]] std::optional<Phrase> time_at(const Sentence& sentence, std::size_t at);
/// A date, a time, or one right behind the other: "tomorrow between 8 and 10".
[[nodiscard]] std::optional<Phrase> when_at(const Sentence& sentence, std::size_t at);

}  // namespace parley::insight
