#pragma once
#include <cstdint>
#include <string>
#include <string_view>

/// English number words, as they are spoken on the telephone.
namespace parley::speech {

/// 1250 is "one thousand two hundred fifty"; 1984 is "nineteen eighty four" when read as a year.
[[nodiscard]] std::string number_in_words(std::uint64_t value, bool as_year = false);
/// "407" is "four zero seven"; signs that are no figures are skipped.
[[nodiscard]] std::string digits_in_words(std::string_view digits);
/// 21 is "twenty first".
[[nodiscard]] std::string ordinal_in_words(std::uint64_t value);

}  // namespace parley::speech
