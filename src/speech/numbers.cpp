#include <array>
#include <utility>

#include <speech/numbers.hpp>

namespace parley::speech {
namespace {

constexpr std::array<std::string_view, 20> kSmall{
    "zero", "one",    "two",    "three",    "four",     "five",    "six",     "seven",     "eight",    "nine",
    "ten",  "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"};
constexpr std::array<std::string_view, 10> kTens{"",      "",      "twenty",  "thirty", "forty",
                                                 "fifty", "sixty", "seventy", "eighty", "ninety"};
constexpr std::array<std::pair<std::uint64_t, std::string_view>, 4> kScales{
    {{1'000'000'000'000, "trillion"}, {1'000'000'000, "billion"}, {1'000'000, "million"}, {1'000, "thousand"}}};
constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kOrdinals{{{"one", "first"},
                                                                                  {"two", "second"},
                                                                                  {"three", "third"},
                                                                                  {"five", "fifth"},
                                                                                  {"eight", "eighth"},
                                                                                  {"nine", "ninth"},
                                                                                  {"twelve", "twelfth"},
                                                                                  {"ty", "tieth"}}};

}  // namespace

std::string number_in_words(std::uint64_t value, bool as_year) {
  const auto rest = [](std::uint64_t part) { return part == 0 ? std::string() : ' ' + number_in_words(part); };
  if (as_year && value > 1100 && value < 2100 && value / 100 != 20 && value % 100 != 0)
    return number_in_words(value / 100) + (value % 100 < 10 ? " oh" : "") + rest(value % 100);
  if (value < 20) return std::string(kSmall[value]);
  if (value < 100) return std::string(kTens[value / 10]) + rest(value % 10);
  if (value < 1000) return std::string(kSmall[value / 100]) + " hundred" + rest(value % 100);
  for (const auto& [scale, name] : kScales)
    if (value >= scale) return number_in_words(value / scale) + ' ' + std::string(name) + rest(value % scale);
  return {};
}

std::string digits_in_words(std::string_view digits) {
  std::string out;
  for (const char c : digits)
    if (c >= '0' && c <= '9') out += (out.empty() ? "" : " ") + std::string(kSmall[static_cast<std::size_t>(c - '0')]);
  return out;
}

std::string ordinal_in_words(std::uint64_t value) {
  std::string out = number_in_words(value);
  for (const auto& [ending, ordinal] : kOrdinals)
    if (out.ends_with(ending)) return out.replace(out.size() - ending.size(), ending.size(), ordinal);
  return out + "th";
}

}  // namespace parley::speech
