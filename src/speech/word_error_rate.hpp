#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// How transcripts are compared with what was said: used by the benchmark and by tests.
namespace parley::speech {

enum class NumberReading : unsigned char {
  Values,  // 23 is "twenty three"
  Digits,  // 23 is "two three", "oh" is "zero": telephone numbers
};

/// Words that mean the same become the same: case, punctuation, hyphens, figures, contractions, titles and fillers
/// ("uh") make no difference.
[[nodiscard]] std::vector<std::string> comparable_words(std::string_view text, NumberReading reading);

struct WordErrors {
  std::size_t words = 0;  // of the reference
  std::size_t substituted = 0;
  std::size_t deleted = 0;
  std::size_t inserted = 0;

  [[nodiscard]] std::size_t total() const { return substituted + deleted + inserted; }
  /// Of 1; may pass 1 when much was invented.
  [[nodiscard]] double rate() const {
    return words == 0 ? 0 : static_cast<double>(total()) / static_cast<double>(words);
  }
  WordErrors& operator+=(const WordErrors& more);
};

/// The fewest edits (Levenshtein) that make `heard` from `said`.
[[nodiscard]] WordErrors count_errors(const std::vector<std::string>& said, const std::vector<std::string>& heard);

}  // namespace parley::speech
