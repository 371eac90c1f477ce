#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <speech/recogniser.hpp>
#include <speech/vocabulary.hpp>

namespace parley::speech {

inline constexpr std::int64_t kBeginToken = 1;
inline constexpr std::int64_t kEndToken = 2;

/// Greedy choice of tokens with the guards that the quantised models need, free of any engine:
/// - they say "end" at once on some real speech (whole phone numbers) without being sure: believed only from 0.9 on,
///   else the best other token opens the text, and the result is marked `guarded`;
/// - a guarded text of one or two words with a low mean probability is mostly invented: dropped;
/// - a block of 1..8 tokens four times running is a loop: cut to one, and the text ends there.
class DecodeGuard {
 public:
  explicit DecodeGuard(std::size_t token_limit) : limit_(token_limit) {}

  /// Takes the logits of one step and gives the token to feed next.
  std::int64_t next(std::span<const float> logits);
  [[nodiscard]] bool finished() const { return finished_; }
  [[nodiscard]] Recognition recognition(const Vocabulary& vocabulary) const;

 private:
  void cut_repetition();

  std::size_t limit_;
  std::vector<std::int64_t> tokens_;
  std::vector<float> log_probabilities_;  // of each token, and of the end where it came
  bool finished_ = false;
  bool guarded_ = false;
  bool repeated_ = false;
};

}  // namespace parley::speech
