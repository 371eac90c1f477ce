#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <base/result.hpp>
#include <speech/models.hpp>

namespace parley::speech {

/// The recogniser's 32,000 word pieces, one per line of vocab.txt; the line number is the token. Immutable.
class Vocabulary {
 public:
  static constexpr std::size_t kSize = 32'000;

  /// Errors: NotFound, Corrupt (another count of lines).
  [[nodiscard]] static Result<Vocabulary> open(const ModelFolder& folder);
  [[nodiscard]] static Result<Vocabulary> from_lines(std::vector<std::string> lines);

  /// Text of a token: U+2581 is a space, <0x41> a byte; special tokens are empty.
  [[nodiscard]] std::string piece(std::int64_t token) const;

 private:
  std::vector<std::string> lines_;
};

/// What people read: valid UTF-8 without control characters, single spaces, no space before and no doubled punctuation.
[[nodiscard]] std::string tidy_text(std::string_view text);

}  // namespace parley::speech
