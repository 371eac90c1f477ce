#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <insight/analysis.hpp>

namespace parley::insight {

/// One space-separated word of a turn.
struct Token {
  std::string word;          // lower case, without the marks around it, straight apostrophes: "i'll"
  std::string_view raw;      // as it stands in the turn's text
  std::size_t index = 0;     // which word of the turn
  bool capital = false;      // begins with a capital letter
  bool pause_after = false;  // a mark behind it: , ; : . ! ?

  /// Without marks, in its own case: "Bennett".
  [[nodiscard]] std::string_view bare() const;
};

struct Sentence {
  std::size_t turn = 0;
  Speaker speaker = Speaker::Caller;
  std::vector<Token> tokens;  // never empty, at most kLongest
  bool question = false;
  double position = 0;  // 0..1: where in the conversation it begins

  static constexpr std::size_t kLongest = 80;
  /// True when the words stand at `at`: is(0, "thank you").
  [[nodiscard]] bool is(std::size_t at, std::string_view words) const;
  /// First place at or after `from` where the words stand; npos: nowhere.
  [[nodiscard]] std::size_t find(std::string_view words, std::size_t from = 0) const;
  [[nodiscard]] bool has(std::string_view words) const { return find(words) != std::string::npos; }
  /// Words `first` to `first + count`, in their own case, single-spaced, without the last mark.
  [[nodiscard]] std::string text(std::size_t first = 0, std::size_t count = std::string::npos) const;
};

/// A transcript cut into sentences and words. Lifetime: refers to the transcript, which outlives it.
class Conversation {
 public:
  explicit Conversation(const speech::Transcript& transcript);

  [[nodiscard]] const speech::Transcript& transcript() const { return transcript_; }
  [[nodiscard]] const std::vector<Sentence>& sentences() const { return sentences_; }
  /// Where words of a sentence were said, with their literal quote.
  [[nodiscard]] Evidence evidence(const Sentence& sentence, std::size_t first = 0,
                                  std::size_t count = std::string::npos) const;

 private:
  const speech::Transcript& transcript_;
  std::vector<Sentence> sentences_;
};

[[nodiscard]] std::string capitalised(std::string text);
[[nodiscard]] inline Speaker other(Speaker speaker) {
  return speaker == Speaker::Caller ? Speaker::Callee : Speaker::Caller;
}

}  // namespace parley::insight
