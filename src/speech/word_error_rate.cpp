#include <algorithm>
#include <array>
#include <utility>

#include <speech/numbers.hpp>
#include <speech/word_error_rate.hpp>

namespace parley::speech {
namespace {

constexpr std::array<std::string_view, 8> kFillers{"uh", "um", "ah", "er", "hmm", "mm", "mhm", "uhm"};
constexpr std::array<std::pair<std::string_view, std::string_view>, 17> kSame{{{"mr", "mister"},
                                                                               {"mrs", "missus"},
                                                                               {"dr", "doctor"},
                                                                               {"ok", "okay"},
                                                                               {"alright", "all right"},
                                                                               {"yknow", "you know"},
                                                                               {"centre", "center"},
                                                                               {"em", "them"},
                                                                               {"seatbelts", "seat belts"},
                                                                               {"etcetera", "etc"},
                                                                               {"firefox", "fire fox"},
                                                                               {"pm", "p m"},
                                                                               {"voicemail", "voice mail"},
                                                                               {"gonna", "going to"},
                                                                               {"wanna", "want to"},
                                                                               {"won't", "will not"},
                                                                               {"can't", "can not"}}};
constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kEndings{
    {{"n't", " not"}, {"'ll", " ll"}, {"'ve", " ve"}, {"'re", " re"}, {"'d", " d"}, {"'m", " m"}, {"'s", " s"}}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return c >= 'a' && c <= 'z'; }

std::string figures_in_words(std::string_view digits, NumberReading reading) {
  constexpr std::size_t kLongestValue = 9;
  if (reading == NumberReading::Digits || digits.size() > kLongestValue || digits[0] == '0')
    return digits_in_words(digits);
  std::uint64_t value = 0;
  for (const char c : digits) value = value * 10 + static_cast<unsigned>(c - '0');
  const bool year = value > 1100 && value < 2000;
  return number_in_words(value, year);
}

/// Lower case, letters, figures and apostrophes; everything else parts words. "$5" becomes "5 dollars", "p.m." "pm".
std::string plain(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] - 'A' + 'a') : text[i];
    const std::string_view rest = text.substr(i);
    const bool in_thousands = c == ',' && i > 0 && is_digit(text[i - 1]) && rest.size() > 3 && is_digit(rest[1]) &&
                              is_digit(rest[2]) && is_digit(rest[3]);
    const bool in_pm = c == '.' && out.ends_with(" p") && rest.size() > 1 && (rest[1] == 'm' || rest[1] == 'M');
    if (is_letter(c) || is_digit(c) || c == '\'') {
      out += c;
    } else if (rest.starts_with("\xE2\x80\x99")) {  // the typographic apostrophe
      out += '\'';
      i += 2;
    } else if (in_thousands || in_pm) {
      // 1,000 is one number, p.m. one word.
    } else if (c == '$' && rest.size() > 1 && is_digit(rest[1])) {
      std::size_t end = 1;
      while (end < rest.size() && (is_digit(rest[end]) || rest[end] == ',')) ++end;
      out += ' ' + plain(rest.substr(1, end - 1)) + " dollars ";
      i += end - 1;
    } else {
      out += ' ';
    }
  }
  return out;
}

/// Calls `use` with each space-separated word.
template <class Use>
void each_word(std::string_view text, Use use) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end > 0) use(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

/// "b2b" is "b two b".
std::string figures_apart(std::string_view text, NumberReading reading) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    if (!is_digit(text[i])) {
      out += text[i++];
      continue;
    }
    std::size_t end = i;
    while (end < text.size() && is_digit(text[end])) ++end;
    out += ' ' + figures_in_words(text.substr(i, end - i), reading) + ' ';
    i = end;
  }
  return out;
}

std::string unfolded(std::string word) {
  for (const auto& [from, to] : kSame)
    if (word == from) return std::string(to);
  for (const auto& [ending, to] : kEndings)
    if (word.size() > ending.size() && word.ends_with(ending)) {
      word.replace(word.size() - ending.size(), ending.size(), to);
      break;
    }
  std::erase(word, '\'');
  return word;
}

}  // namespace

std::vector<std::string> comparable_words(std::string_view text, NumberReading reading) {
  std::vector<std::string> out;
  each_word(figures_apart(plain(text), reading), [&](std::string_view found) {
    while (found.starts_with('\'')) found.remove_prefix(1);
    while (found.ends_with('\'')) found.remove_suffix(1);
    if (found.empty() || std::ranges::find(kFillers, found) != kFillers.end()) return;
    std::string word(found);
    if (reading == NumberReading::Digits && (word == "o" || word == "oh")) word = "zero";
    each_word(unfolded(std::move(word)), [&](std::string_view part) { out.emplace_back(part); });
  });
  return out;
}

WordErrors& WordErrors::operator+=(const WordErrors& more) {
  words += more.words;
  substituted += more.substituted;
  deleted += more.deleted;
  inserted += more.inserted;
  return *this;
}

WordErrors count_errors(const std::vector<std::string>& said, const std::vector<std::string>& heard) {
  std::vector<WordErrors> row(heard.size() + 1);
  for (std::size_t j = 0; j < row.size(); ++j) row[j].inserted = j;
  for (std::size_t i = 1; i <= said.size(); ++i) {
    WordErrors diagonal = row[0];
    row[0].deleted = i;
    for (std::size_t j = 1; j <= heard.size(); ++j) {
      WordErrors replaced = diagonal;
      if (said[i - 1] != heard[j - 1]) ++replaced.substituted;
      WordErrors without_said = row[j];
      ++without_said.deleted;
      WordErrors with_heard = row[j - 1];
      ++with_heard.inserted;
      diagonal = row[j];
      row[j] = replaced;
      if (without_said.total() < row[j].total()) row[j] = without_said;
      if (with_heard.total() < row[j].total()) row[j] = with_heard;
    }
  }
  WordErrors out = row.back();
  out.words = said.size();
  return out;
}

}  // namespace parley::speech
