#pragma once
#include <string>
#include <string_view>
#include <unordered_map>

#include <base/result.hpp>
#include <speech/models.hpp>

namespace parley::speech {

/// English words to the phones of the voice model: a dictionary, then its stems and compounds, then letter-to-sound
/// rules. Immutable once open; ≈ 12 MiB.
class Pronouncer {
 public:
  /// Reads kokoro/en-us.txt: WORD<TAB>phones[<TAB>other phones]…. Errors: NotFound, Corrupt (no entries).
  [[nodiscard]] static Result<Pronouncer> open(const ModelFolder& folder);
  [[nodiscard]] static Pronouncer from_entries(std::unordered_map<std::string, std::string> lower_case_entries);

  /// Phones of a speakable sentence: words parted by spaces, marks kept behind their word.
  [[nodiscard]] std::string phones(std::string_view sentence) const;
  /// Phones of one lower-case word. `before_vowel`: the next word begins with a vowel sound ("the" apple).
  [[nodiscard]] std::string word_phones(std::string_view word, bool before_vowel = false) const;

 private:
  [[nodiscard]] const std::string* find(std::string_view word) const;
  [[nodiscard]] std::string derived(std::string_view word) const;
  [[nodiscard]] std::string compound(std::string_view word) const;

  std::unordered_map<std::string, std::string> entries_;
};

}  // namespace parley::speech
