#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include <base/ascii.hpp>
#include <speech/numbers.hpp>
#include <speech/speakable.hpp>

namespace parley::speech {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 17> kAbbreviations{{{"mr.", "mister"},
                                                                                        {"mrs.", "missus"},
                                                                                        {"ms.", "miz"},
                                                                                        {"dr.", "doctor"},
                                                                                        {"st.", "street"},
                                                                                        {"ave.", "avenue"},
                                                                                        {"rd.", "road"},
                                                                                        {"no.", "number"},
                                                                                        {"vs.", "versus"},
                                                                                        {"etc.", "et cetera"},
                                                                                        {"a.m.", "a m"},
                                                                                        {"p.m.", "p m"},
                                                                                        {"am", "a m"},
                                                                                        {"pm", "p m"},
                                                                                        {"&", "and"},
                                                                                        {"+", "plus"},
                                                                                        {"ext.", "extension"}}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_mark(char c) { return std::string_view(",.!?;:").find(c) != std::string_view::npos; }
bool all_digits(std::string_view text) { return !text.empty() && std::ranges::all_of(text, is_digit); }

std::uint64_t value_of(std::string_view digits) {
  std::uint64_t value = 0;
  for (const char c : digits) value = value * 10 + static_cast<unsigned>(c - '0');
  return value;
}

std::string without(std::string_view text, char unwanted) {
  std::string out(text);
  std::erase(out, unwanted);
  return out;
}

/// 1,250 or 42 or 3.5
std::optional<std::string> plain_number(std::string_view text, bool as_year) {
  const std::string bare = without(text, ',');
  const std::size_t point = bare.find('.');
  const std::string_view whole = std::string_view(bare).substr(0, point);
  if (!all_digits(whole)) return std::nullopt;
  constexpr std::size_t kLongestNumber = 6;
  const bool code = (whole.size() > kLongestNumber && text.find(',') == std::string_view::npos) || whole.size() > 15 ||
                    (whole.size() > 1 && whole[0] == '0');
  std::string out = code ? digits_in_words(whole) : number_in_words(value_of(whole), as_year);
  if (point == std::string::npos) return out;
  const std::string_view fraction = std::string_view(bare).substr(point + 1);
  if (!all_digits(fraction)) return std::nullopt;
  return out + " point " + digits_in_words(fraction);
}

std::optional<std::string> money(std::string_view text) {
  if (!text.starts_with('$')) return std::nullopt;
  const std::string bare = without(text.substr(1), ',');
  const std::size_t point = bare.find('.');
  const std::string_view dollars = std::string_view(bare).substr(0, point);
  if (!all_digits(dollars) || dollars.size() > 15) return std::nullopt;
  std::string out = number_in_words(value_of(dollars)) + (value_of(dollars) == 1 ? " dollar" : " dollars");
  if (point == std::string::npos) return out;
  const std::string_view cents = std::string_view(bare).substr(point + 1);
  if (!all_digits(cents) || cents.size() != 2) return std::nullopt;
  if (value_of(cents) > 0)
    out += " and " + number_in_words(value_of(cents)) + (value_of(cents) == 1 ? " cent" : " cents");
  return out;
}

std::optional<std::string> time_of_day(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto hour = text.substr(0, colon);
  const auto minute = text.substr(colon + 1);
  if (!all_digits(hour) || hour.size() > 2 || !all_digits(minute) || minute.size() != 2) return std::nullopt;
  if (value_of(hour) > 24 || value_of(minute) > 59) return std::nullopt;
  std::string out = number_in_words(value_of(hour));
  if (value_of(minute) == 0) return out + " o'clock";
  return out + (minute[0] == '0' ? " oh " : " ") + number_in_words(value_of(minute));
}

/// 555-0142, (415) 555-0142 in parts: figures in groups, each group with a breath behind it.
std::optional<std::string> telephone_number(std::string_view text) {
  std::string out;
  std::size_t figures = 0;
  for (const char c : text) {
    if (is_digit(c)) {
      out += (out.empty() || out.ends_with(' ') ? "" : " ") + digits_in_words(std::string_view(&c, 1));
      ++figures;
    } else if (c == '-' || c == '(' || c == ')' || c == '.') {
      if (!out.empty() && !out.ends_with(", ")) out += ", ";
    } else if (c != '+') {
      return std::nullopt;
    }
  }
  while (out.ends_with(' ') || out.ends_with(',')) out.pop_back();
  return figures >= 5 && text.find_first_of("-().") != std::string_view::npos ? std::optional(out) : std::nullopt;
}

std::optional<std::string> ordinal(std::string_view text) {
  if (text.size() < 3 || !all_digits(text.substr(0, text.size() - 2)) || text.size() > 8) return std::nullopt;
  const std::string ending = ascii_lower(text.substr(text.size() - 2));
  if (ending != "st" && ending != "nd" && ending != "rd" && ending != "th") return std::nullopt;
  return ordinal_in_words(value_of(text.substr(0, text.size() - 2)));
}

std::string spelled_address(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '@')
      out += " at ";
    else if (c == '.')
      out += " dot ";
    else if (c == '-' || c == '_')
      out += c == '-' ? " dash " : " underscore ";
    else
      out += c;
  }
  return out;
}

/// One word without the marks around it.
std::string spoken(std::string_view word) {
  const bool year = word.size() == 4 && all_digits(word);
  if (auto said = money(word)) return *said;
  if (word.ends_with('%'))
    if (auto said = plain_number(word.substr(0, word.size() - 1), false)) return *said + " percent";
  if (auto said = time_of_day(word)) return *said;
  if (auto said = telephone_number(word)) return *said;
  if (auto said = plain_number(word, year)) return *said;
  if (auto said = ordinal(word)) return *said;
  if (word.find('@') != std::string_view::npos) return spelled_address(word);
  std::string out;
  for (const char c : word) {
    if (c == '-' || c == '/') {
      out += ' ';
      continue;
    }
    if (!is_letter(c) && !is_digit(c) && c != '\'') continue;
    const bool new_figure = is_digit(c) && !out.empty() && out.back() != ' ';
    const bool letter_behind_figure = is_letter(c) && !out.empty() && is_digit(out.back());
    if (new_figure || letter_behind_figure) out += ' ';
    out += c;
  }
  return out;
}

/// Words left as figures inside others ("B2B") become number words.
std::string figures_spoken(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i;
    while (end < text.size() && is_digit(text[end])) ++end;
    if (end > i)
      out += digits_in_words(std::string_view(text).substr(i, end - i));
    else
      out += text[end++];
    i = end;
  }
  return out;
}

std::string straight_quotes(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view rest = text.substr(i);
    if (rest.starts_with("\xE2\x80\x99"))
      out += '\'', i += 2;
    else if (rest.starts_with("\xE2\x80\x94") || rest.starts_with("\xE2\x80\x93"))
      out += ", ", i += 2;
    else if (static_cast<unsigned char>(text[i]) < 0x80)
      out += static_cast<unsigned char>(text[i]) < ' ' ? ' ' : text[i];
  }
  return out;
}

std::optional<std::string_view> abbreviation(std::string_view word) {
  const std::string small = ascii_lower(word);
  for (const auto& [from, to] : kAbbreviations)
    if (small == from) return to;
  return std::nullopt;
}

}  // namespace

std::vector<std::string> speakable_sentences(std::string_view text) {
  std::vector<std::string> sentences;
  std::string sentence;
  const auto end_sentence = [&] {
    if (std::ranges::any_of(sentence, is_letter)) sentences.push_back(sentence);
    sentence.clear();
  };
  const std::string clean = straight_quotes(text);
  bool after_number = false;
  for (std::size_t at = 0; at < clean.size();) {
    const std::size_t end = std::min(clean.find(' ', at), clean.size());
    std::string_view word = std::string_view(clean).substr(at, end - at);
    at = end + 1;
    while (!word.empty() && std::string_view("\"'[{").find(word[0]) != std::string_view::npos) word.remove_prefix(1);
    if (word.empty()) continue;
    std::string_view marks;
    std::string said;
    const auto known = abbreviation(word);
    if (known && (ascii_lower(word) != "am" || after_number)) {
      said = *known;
    } else {
      std::string_view bare = word;
      while (!bare.empty() &&
             (is_mark(bare.back()) || std::string_view("\"']})").find(bare.back()) != std::string_view::npos))
        bare.remove_suffix(1);
      marks = word.substr(bare.size());
      const auto short_form = abbreviation(bare);
      said = short_form && (ascii_lower(bare) != "am" || after_number) ? std::string(*short_form)
                                                                       : figures_spoken(spoken(bare));
      after_number = !bare.empty() && is_digit(bare.back());
    }
    if (!said.empty()) sentence += (sentence.empty() ? "" : " ") + said;
    for (const char mark : marks) {
      if (!is_mark(mark) || sentence.empty() || is_mark(sentence.back())) continue;
      sentence += mark;
      if (mark == '.' || mark == '!' || mark == '?') end_sentence();
    }
  }
  end_sentence();
  return sentences;
}

}  // namespace parley::speech
