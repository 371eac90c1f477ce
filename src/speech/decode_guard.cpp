#include <algorithm>
#include <cmath>
#include <numeric>

#include <speech/decode_guard.hpp>

namespace parley::speech {
namespace {

constexpr double kSureOfSilence = 0.9;
constexpr double kInventedLogProbability = -1.5;
constexpr std::size_t kInventedWords = 2;
constexpr std::size_t kRepetitions = 4;
constexpr std::size_t kLongestBlock = 8;

std::int64_t best_of(std::span<const float> logits, std::size_t from, std::size_t to) {
  return std::max_element(logits.begin() + static_cast<std::ptrdiff_t>(from),
                          logits.begin() + static_cast<std::ptrdiff_t>(to)) -
         logits.begin();
}

}  // namespace

std::int64_t DecodeGuard::next(std::span<const float> logits) {
  std::int64_t best = best_of(logits, 0, logits.size());
  const float top = logits[static_cast<std::size_t>(best)];
  double sum = 0;
  for (const float logit : logits) sum += std::exp(logit - top);
  if (best == kEndToken && tokens_.empty() && 1 / sum < kSureOfSilence) {
    best = best_of(logits, 3, Vocabulary::kSize);
    guarded_ = true;
  }
  log_probabilities_.push_back(logits[static_cast<std::size_t>(best)] - top - static_cast<float>(std::log(sum)));
  if (best == kEndToken) {
    finished_ = true;
    return best;
  }
  tokens_.push_back(best);
  cut_repetition();
  if (tokens_.size() >= limit_) finished_ = repeated_ = true;
  return best;
}

void DecodeGuard::cut_repetition() {
  for (std::size_t block = 1; block <= kLongestBlock && tokens_.size() >= kRepetitions * block; ++block) {
    const auto last = tokens_.end() - static_cast<std::ptrdiff_t>(block);
    bool same = true;
    for (std::size_t k = 1; k < kRepetitions && same; ++k)
      same = std::equal(last, tokens_.end(), last - static_cast<std::ptrdiff_t>(k * block));
    if (!same) continue;
    tokens_.resize(tokens_.size() - (kRepetitions - 1) * block);
    log_probabilities_.resize(tokens_.size());
    finished_ = repeated_ = true;
    return;
  }
}

Recognition DecodeGuard::recognition(const Vocabulary& vocabulary) const {
  Recognition out;
  out.guarded = guarded_;
  out.repeated = repeated_;
  std::string text;
  std::vector<double> sums;
  std::vector<unsigned> counts;
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    const std::string piece = vocabulary.piece(tokens_[i]);
    if (sums.empty() || piece.starts_with(' ')) {
      sums.push_back(0);
      counts.push_back(0);
    }
    sums.back() += std::exp(log_probabilities_[i]);
    ++counts.back();
    text += piece;
  }
  const double mean = log_probabilities_.empty()
                          ? 0
                          : std::accumulate(log_probabilities_.begin(), log_probabilities_.end(), 0.0) /
                                static_cast<double>(log_probabilities_.size());
  const bool invented = guarded_ && mean < kInventedLogProbability && sums.size() <= kInventedWords;
  if (invented) return out;
  out.text = tidy_text(text);
  out.confidence = out.text.empty() ? 0 : std::exp(mean) * (guarded_ || repeated_ ? 0.5 : 1.0);
  const auto words = static_cast<std::size_t>(std::ranges::count(out.text, ' ')) + (out.text.empty() ? 0 : 1);
  out.word_confidence.assign(words, static_cast<float>(out.confidence));
  if (words == sums.size())
    for (std::size_t i = 0; i < words; ++i) out.word_confidence[i] = static_cast<float>(sums[i] / counts[i]);
  return out;
}

}  // namespace parley::speech
