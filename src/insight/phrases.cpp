#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include <insight/phrases.hpp>

namespace parley::insight {
namespace {

using Named = std::pair<std::string_view, unsigned>;

constexpr std::array<Named, 30> kCardinals{
    {{"zero", 0},      {"one", 1},       {"two", 2},       {"three", 3},    {"four", 4},      {"five", 5},
     {"six", 6},       {"seven", 7},     {"eight", 8},     {"nine", 9},     {"ten", 10},      {"eleven", 11},
     {"twelve", 12},   {"thirteen", 13}, {"fourteen", 14}, {"fifteen", 15}, {"sixteen", 16},  {"seventeen", 17},
     {"eighteen", 18}, {"nineteen", 19}, {"twenty", 20},   {"thirty", 30},  {"forty", 40},    {"fifty", 50},
     {"sixty", 60},    {"seventy", 70},  {"eighty", 80},   {"ninety", 90},  {"hundred", 100}, {"thousand", 1000}}};
constexpr std::array<Named, 22> kOrdinals{
    {{"first", 1},      {"second", 2},       {"third", 3},       {"fourth", 4},      {"fifth", 5},
     {"sixth", 6},      {"seventh", 7},      {"eighth", 8},      {"ninth", 9},       {"tenth", 10},
     {"eleventh", 11},  {"twelfth", 12},     {"thirteenth", 13}, {"fourteenth", 14}, {"fifteenth", 15},
     {"sixteenth", 16}, {"seventeenth", 17}, {"eighteenth", 18}, {"nineteenth", 19}, {"twentieth", 20},
     {"thirtieth", 30}, {"thirty-first", 31}}};
constexpr std::array<std::string_view, 7> kWeekdays{"monday", "tuesday",  "wednesday", "thursday",
                                                    "friday", "saturday", "sunday"};
constexpr std::array<std::string_view, 12> kMonths{"january",   "february", "march",    "april",
                                                   "may",       "june",     "july",     "august",
                                                   "september", "october",  "november", "december"};
constexpr std::array<std::string_view, 4> kDayParts{"morning", "afternoon", "evening", "night"};
constexpr std::array<std::string_view, 14> kUnits{"second", "seconds", "minute", "minutes", "hour",   "hours", "day",
                                                  "days",   "week",    "weeks",  "month",   "months", "year",  "years"};

template <std::size_t N>
std::optional<unsigned> value_in(const std::array<Named, N>& names, std::string_view word) {
  for (const auto& [name, value] : names)
    if (name == word) return value;
  return std::nullopt;
}
template <std::size_t N>
bool in(const std::array<std::string_view, N>& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool all_digits(std::string_view text) { return !text.empty() && std::ranges::all_of(text, is_digit); }

std::string_view word_at(const Sentence& sentence, std::size_t at) {
  return at < sentence.tokens.size() ? std::string_view(sentence.tokens[at].word) : std::string_view();
}
bool pause_before(const Sentence& sentence, std::size_t at) { return at > 0 && sentence.tokens[at - 1].pause_after; }

/// Figures with thousands' commas or an ordinal ending: "1,250", "3rd".
std::optional<SpokenNumber> written_number(std::string_view word) {
  bool ordinal = false;
  for (const std::string_view ending : {"st", "nd", "rd", "th"})
    if (word.size() > 2 && word.ends_with(ending) && is_digit(word[0])) {
      word.remove_suffix(2);
      ordinal = true;
      break;
    }
  std::string digits(word);
  std::erase(digits, ',');
  constexpr std::size_t kLongest = 15;
  if (!all_digits(digits) || digits.size() > kLongest) return std::nullopt;
  SpokenNumber out{0, digits, 1, ordinal};
  for (const char c : digits) out.value = out.value * 10 + static_cast<unsigned>(c - '0');
  return out;
}

std::string_view before_hyphen(std::string_view word) { return word.substr(0, word.find('-')); }

/// Up to 999,999 in words, with "twenty-seven" and "a hundred".
std::optional<SpokenNumber> number_in_words_at(const Sentence& sentence, std::size_t at) {
  std::uint64_t whole = 0;  // closed by "thousand"
  std::uint64_t part = 0;   // below it
  unsigned last = 1000;     // the size of what came last: each next must be smaller
  SpokenNumber out;
  std::size_t i = at;
  const auto take = [&](std::string_view word) {
    if (const auto ordinal = value_in(kOrdinals, word);
        ordinal && *ordinal < last && (last > 19 || i == at) && word != "second") {
      part += *ordinal;
      out.ordinal = true;
      return true;
    }
    const auto value = value_in(kCardinals, word);
    if (!value) return false;
    if (*value == 100 || *value == 1000) {
      if (part == 0 || (*value == 100 && part > 99)) return false;
      if (*value == 100)
        part *= 100;
      else
        whole += part * 1000, part = 0;
      last = 100;
      return true;
    }
    const bool fits = i == at || (last == 100) || (last >= 20 && last <= 90 && *value < 10 && *value > 0);
    if (!fits) return false;
    part += *value;
    last = *value == 0 ? 0 : *value;
    return true;
  };
  if (word_at(sentence, at) == "a" &&
      (word_at(sentence, at + 1) == "hundred" || word_at(sentence, at + 1) == "thousand")) {
    part = 1;
    ++i;
  }
  while (i < sentence.tokens.size() && !out.ordinal) {
    const std::string_view word = word_at(sentence, i);
    if (i > at && pause_before(sentence, i)) break;
    const std::size_t hyphen = word.find('-');
    if (hyphen != std::string_view::npos) {
      if (!take(word.substr(0, hyphen)) || !take(word.substr(hyphen + 1))) break;
    } else if (word == "and" && last == 100 && i > at &&
               value_in(kCardinals, before_hyphen(word_at(sentence, i + 1)))) {
      // "one hundred and five"
    } else if (!take(word)) {
      break;
    }
    ++i;
  }
  if (i == at) return std::nullopt;
  out.value = whole + part;
  out.words = i - at;
  return out;
}

std::string joined_text(const Sentence& sentence, std::size_t at, std::size_t words) {
  std::string out;
  for (std::size_t i = at; i < at + words; ++i)
    out += (out.empty() ? "" : " ") + std::string(sentence.tokens[i].bare());
  return out;
}

/// "415-555-0142" is "415 555 0142".
std::string grouped(std::string_view written) {
  std::string out;
  for (const char c : written) {
    if (is_digit(c))
      out += c;
    else if (!out.empty() && out.back() != ' ')
      out += ' ';
  }
  while (out.ends_with(' ')) out.pop_back();
  return out;
}

}  // namespace

std::optional<SpokenNumber> number_at(const Sentence& sentence, std::size_t at) {
  if (at >= sentence.tokens.size()) return std::nullopt;
  if (auto written = written_number(sentence.tokens[at].word)) return written;
  return number_in_words_at(sentence, at);
}

std::optional<Phrase> figures_at(const Sentence& sentence, std::size_t at) {
  constexpr std::size_t kFewest = 5;
  constexpr std::size_t kMost = 20;
  std::string out;
  std::size_t figures = 0;
  std::size_t i = at;
  unsigned times = 1;
  for (; i < sentence.tokens.size() && figures < kMost; ++i) {
    const std::string_view word = word_at(sentence, i);
    if (word == "double" || word == "triple") {
      times = word == "double" ? 2 : 3;
      if (!out.empty() && pause_before(sentence, i)) out += ' ';
      continue;
    }
    std::string digits;
    if (const auto value = value_in(kCardinals, word); value && *value < 10)
      digits = std::to_string(*value);
    else if ((word == "oh" || word == "o") && figures > 0)
      digits = "0";
    else if (word.find_first_not_of("0123456789-.+()") == std::string_view::npos)
      digits = grouped(word);
    if (digits.empty()) break;
    if (!out.empty() && times == 1 && pause_before(sentence, i)) out += ' ';
    for (; times > 0; --times) out += digits;
    times = 1;
    figures = static_cast<std::size_t>(std::ranges::count_if(out, is_digit));
  }
  if (figures < kFewest) return std::nullopt;
  // An amount of money or a count with a unit is no number to call.
  if (word_at(sentence, i) == "dollars" || sentence.tokens[at].raw.starts_with('$')) return std::nullopt;
  return Phrase{out, i - at};
}

std::optional<Phrase> money_at(const Sentence& sentence, std::size_t at) {
  if (at >= sentence.tokens.size()) return std::nullopt;
  std::string word = sentence.tokens[at].word;
  if (word.starts_with('$')) {
    std::erase(word, ',');
    const std::string_view amount = std::string_view(word).substr(1);
    const bool fine =
        !amount.empty() && amount.size() <= 12 && amount.find_first_not_of("0123456789.") == std::string_view::npos;
    return fine && is_digit(amount[0]) ? std::optional(Phrase{word, 1}) : std::nullopt;
  }
  const auto number = number_at(sentence, at);
  if (!number || number->ordinal) return std::nullopt;
  const std::string_view unit = word_at(sentence, at + number->words);
  if (unit == "cents")
    return Phrase{fmt::format("${}.{:02}", number->value / 100, number->value % 100), number->words + 1};
  if (unit == "euros" || unit == "pounds") return Phrase{fmt::format("{} {}", number->value, unit), number->words + 1};
  if (unit != "dollars" && unit != "dollar" && unit != "bucks") return std::nullopt;
  std::size_t end = at + number->words + 1;
  const std::size_t cents_at = word_at(sentence, end) == "and" ? end + 1 : end;
  if (const auto cents = number_at(sentence, cents_at);
      cents && cents->value < 100 && (word_at(sentence, cents_at + cents->words) == "cents"))
    return Phrase{fmt::format("${}.{:02}", number->value, cents->value), cents_at + cents->words + 1 - at};
  return Phrase{fmt::format("${}", number->value), end - at};
}

std::optional<Phrase> date_at(const Sentence& sentence, std::size_t at) {
  const std::string_view word = word_at(sentence, at);
  const std::string_view next = word_at(sentence, at + 1);
  const auto said = [&](std::size_t words) { return std::optional(Phrase{joined_text(sentence, at, words), words}); };
  const auto with_day_part = [&](std::size_t words) {
    return said(words + (in(kDayParts, word_at(sentence, at + words)) ? 1 : 0));
  };
  if (in(kWeekdays, word) || word == "tomorrow" || word == "to-morrow" || word == "yesterday") return with_day_part(1);
  if (word == "today" || word == "tonight") return said(1);
  if (word == "this" && in(kDayParts, next)) return said(2);
  if (word == "last" && (next == "night" || next == "week" || next == "month" || in(kWeekdays, next))) return said(2);
  if ((word == "next" || word == "this") &&
      (next == "week" || next == "month" || next == "weekend" || in(kWeekdays, next)))
    return in(kWeekdays, next) ? with_day_part(2) : said(2);
  if (word == "end" && next == "of" && (word_at(sentence, at + 3) == "day" || word_at(sentence, at + 3) == "week"))
    return said(4);
  if (in(kMonths, word) && (word != "may" || sentence.tokens[at].capital)) {
    if (const auto day = number_at(sentence, at + 1); day && day->value >= 1 && day->value <= 31)
      return said(1 + day->words);
    const bool alone = word != "may" && word != "march";
    return alone || (at > 0 && word_at(sentence, at - 1) == "in") ? said(1) : std::nullopt;
  }
  if (word == "the") {  // the third of March
    const auto day = number_at(sentence, at + 1);
    if (day && day->ordinal && day->value <= 31 && word_at(sentence, at + 1 + day->words) == "of" &&
        in(kMonths, word_at(sentence, at + 2 + day->words)))
      return said(3 + day->words);
    return std::nullopt;
  }
  const std::size_t count_at = word == "in" || word == "within" ? at + 1 : at;
  const auto count = number_at(sentence, count_at);
  const std::size_t words =
      count ? count->words : (word_at(sentence, count_at) == "a" || word_at(sentence, count_at) == "an" ? 1 : 0);
  if (words == 0 || !in(kUnits, word_at(sentence, count_at + words))) return std::nullopt;
  const std::size_t after = count_at + words + 1;
  if (word_at(sentence, after) == "ago") return said(after + 1 - at);
  return count_at > at ? said(after - at) : std::nullopt;
}

std::optional<Phrase> time_at(const Sentence& sentence, std::size_t at) {
  const std::string_view word = word_at(sentence, at);
  const auto said = [&](std::size_t words) { return std::optional(Phrase{joined_text(sentence, at, words), words}); };
  if (word == "noon" || word == "midnight" || word == "midday") return said(1);
  if ((word == "half" || word == "quarter") &&
      (word_at(sentence, at + 1) == "past" || word_at(sentence, at + 1) == "to"))
    if (const auto hour = number_at(sentence, at + 2); hour && hour->value >= 1 && hour->value <= 12)
      return said(2 + hour->words);
  if (word == "between") {
    const auto from = number_at(sentence, at + 1);
    if (!from || from->value < 1 || from->value > 24 || word_at(sentence, at + 1 + from->words) != "and")
      return std::nullopt;
    const std::size_t to_at = at + 2 + from->words;
    const auto to = number_at(sentence, to_at);
    if (!to || to->value < 1 || to->value > 24) return std::nullopt;
    const std::string_view after = word_at(sentence, to_at + to->words);
    if (after == "dollars" || after == "percent" || in(kUnits, after)) return std::nullopt;
    return Phrase{fmt::format("between {} and {}", from->value, to->value), to_at + to->words - at};
  }
  const auto half_of_day = [&](std::size_t place) -> std::pair<std::string, std::size_t> {
    const std::string_view mark = word_at(sentence, place);
    if (mark == "am" || mark == "a.m" || mark == "pm" || mark == "p.m")
      return {mark.starts_with('a') ? " am" : " pm", 1};
    if ((mark == "a" || mark == "p") && word_at(sentence, place + 1) == "m") return {mark == "a" ? " am" : " pm", 2};
    return {"", 0};
  };
  if (const std::size_t colon = word.find(':'); colon != std::string_view::npos) {
    const bool fine = all_digits(word.substr(0, colon)) && colon <= 2 && all_digits(word.substr(colon + 1)) &&
                      word.size() == colon + 3;
    if (!fine) return std::nullopt;
    const auto [half, words] = half_of_day(at + 1);
    return Phrase{std::string(word) + half, 1 + words};
  }
  const auto hour = number_at(sentence, at);
  if (!hour || hour->ordinal || hour->value > 24 || !(hour->digits.empty() || hour->digits.size() <= 2))
    return std::nullopt;
  std::size_t end = at + hour->words;
  if (word_at(sentence, end) == "o'clock")
    return Phrase{fmt::format("{}:00{}", hour->value, half_of_day(end + 1).first),
                  hour->words + 1 + half_of_day(end + 1).second};
  std::uint64_t minute = 0;
  bool has_minute = false;
  const std::size_t minute_at = word_at(sentence, end) == "oh" ? end + 1 : end;
  if (const auto minutes = number_at(sentence, minute_at);
      minutes && hour->value >= 1 && hour->value <= 12 && minutes->value < 60 &&
      (minutes->value >= 10 || minute_at > end) && !pause_before(sentence, minute_at)) {
    minute = minutes->value;
    has_minute = true;
    end = minute_at + minutes->words;
  }
  const auto [half, words] = half_of_day(end);
  const bool behind_at = at > 0 && (word_at(sentence, at - 1) == "at" || word_at(sentence, at - 1) == "by" ||
                                    word_at(sentence, at - 1) == "until");
  const std::string_view after = word_at(sentence, end);
  const bool counts_things = in(kUnits, after) || after == "dollars" || after == "percent" || after == "least";
  if (words == 0 &&
      (!behind_at || hour->value > 12 || hour->value == 0 ||
       (!has_minute && !sentence.tokens[end - 1].pause_after && end < sentence.tokens.size()) || counts_things))
    return std::nullopt;
  return Phrase{fmt::format("{}:{:02}{}", hour->value, minute, half), end + words - at};
}

std::optional<Phrase> when_at(const Sentence& sentence, std::size_t at) {
  auto first = date_at(sentence, at);
  if (!first) return time_at(sentence, at);
  std::size_t behind = at + first->words;
  const bool small_word =
      word_at(sentence, behind) == "at" || word_at(sentence, behind) == "around" || word_at(sentence, behind) == "by";
  const auto second = time_at(sentence, small_word ? behind + 1 : behind);
  if (!second) return first;
  first->text += (small_word ? " " + std::string(word_at(sentence, behind)) : "") + " " + second->text;
  first->words += (small_word ? 1 : 0) + second->words;
  return first;
}

}  // namespace parley::insight
