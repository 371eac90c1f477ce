#include <algorithm>

#include <store/text.hpp>

namespace parley::store {
namespace {

constexpr std::size_t kShortestWord = 2;
constexpr std::size_t kLongestWord = 64;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool in_word(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
}

}  // namespace

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> out;
  std::size_t at = 0;
  while (at < text.size()) {
    while (at < text.size() && !in_word(text[at])) ++at;
    const std::size_t begin = at;
    // An apostrophe within a word belongs to it ("don't"), so that it is found as it is spoken.
    while (at < text.size() &&
           (in_word(text[at]) || (text[at] == '\'' && at + 1 < text.size() && in_word(text[at + 1]))))
      ++at;
    const std::size_t length = at - begin;
    if (length >= kShortestWord && length <= kLongestWord) out.push_back(lower(text.substr(begin, length)));
  }
  std::ranges::sort(out);
  out.erase(std::ranges::unique(out).begin(), out.end());
  return out;
}

std::string number_of(std::string_view text) {
  if (const auto colon = text.find(':'); colon != std::string_view::npos) text.remove_prefix(colon + 1);
  text = text.substr(0, text.find('@'));
  std::string digits;
  for (const char c : text) {
    if (is_digit(c) || c == '*' || c == '#') digits.push_back(c);
  }
  return digits.empty() ? lower(text) : digits;
}

std::vector<std::string> number_forms(std::string_view text) {
  const std::string whole = number_of(text);
  std::vector<std::string> out;
  if (whole.empty()) return out;
  out.push_back(whole);
  for (const std::size_t size : {4U, 7U, 10U}) {
    if (whole.size() > size) out.push_back(whole.substr(whole.size() - size));
  }
  return out;
}

}  // namespace parley::store
