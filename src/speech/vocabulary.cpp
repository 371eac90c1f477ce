#include <charconv>
#include <fstream>

#include <speech/vocabulary.hpp>

namespace parley::speech {
namespace {

constexpr std::string_view kSpace = "\xE2\x96\x81";  // U+2581

bool is_punctuation(char c) { return c == ',' || c == '.' || c == '!' || c == '?' || c == ';' || c == ':'; }

/// Length of the valid UTF-8 sequence at the front; 0: none.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  std::size_t length = 0;
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) length = 2;
  if (first >= 0xE0 && first <= 0xEF) length = 3;
  if (first >= 0xF0 && first <= 0xF4) length = 4;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xC0U) != 0x80) return 0;
  const bool overlong = (first == 0xE0 && byte(1) < 0xA0) || (first == 0xF0 && byte(1) < 0x90);
  const bool beyond = (first == 0xED && byte(1) > 0x9F) || (first == 0xF4 && byte(1) > 0x8F);
  return overlong || beyond ? 0 : length;
}

}  // namespace

Result<Vocabulary> Vocabulary::open(const ModelFolder& folder) {
  std::ifstream in(folder.file("vocab.txt"));
  if (!in) return fail(Errc::NotFound, folder.file("vocab.txt") + " is missing; tools/fetch-speech brings it");
  std::vector<std::string> lines;
  lines.reserve(kSize);
  for (std::string line; lines.size() <= kSize && std::getline(in, line);) lines.push_back(std::move(line));
  return from_lines(std::move(lines));
}

Result<Vocabulary> Vocabulary::from_lines(std::vector<std::string> lines) {
  if (lines.size() != kSize) return fail(Errc::Corrupt, "the recogniser's vocabulary does not have 32000 lines");
  Vocabulary vocabulary;
  vocabulary.lines_ = std::move(lines);
  return vocabulary;
}

std::string Vocabulary::piece(std::int64_t token) const {
  if (token < 3 || token >= static_cast<std::int64_t>(lines_.size())) return {};
  const std::string_view line = lines_[static_cast<std::size_t>(token)];
  if (line.size() == 6 && line.starts_with("<0x") && line.ends_with('>')) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(line.data() + 3, line.data() + 5, value, 16);
    if (error == std::errc{} && end == line.data() + 5) return std::string(1, static_cast<char>(value));
  }
  std::string out;
  for (std::size_t i = 0; i < line.size();) {
    const bool space = line.substr(i).starts_with(kSpace);
    out += space ? ' ' : line[i];
    i += space ? kSpace.size() : 1;
  }
  return out;
}

std::string tidy_text(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    const char c = text[0];
    if (length == 0) {
      text.remove_prefix(1);
      continue;
    }
    if (length > 1) {
      out += text.substr(0, length);
    } else if (static_cast<unsigned char>(c) <= ' ' || c == 0x7F) {
      if (!out.empty() && out.back() != ' ') out += ' ';
    } else if (is_punctuation(c)) {
      while (!out.empty() && out.back() == ' ') out.pop_back();
      if (out.empty()) {
        // Punctuation cannot open a text.
      } else if (!is_punctuation(out.back())) {
        out += c;
      } else if (c == '?' || c == '!') {
        out.back() = c;  // the stronger mark stays
      }
    } else {
      out += c;
    }
    text.remove_prefix(length);
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  // The model learnt from old books.
  for (const std::string_view old : {"o-morrow", "o-day", "o-night"})
    for (std::size_t at = 0; (at = out.find(old, at)) != std::string::npos;) out.erase(at + 1, 1);
  return out;
}

}  // namespace parley::speech
