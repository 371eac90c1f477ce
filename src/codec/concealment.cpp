#include <algorithm>

#include <codec/concealment.hpp>

namespace parley::codec {

namespace {
// Pitch of voices: 66 to 400 Hz.
constexpr std::size_t kLongestPitchMs = 15, kShortestPer2Ms = 5, kComparedMs = 10;
constexpr std::size_t kFullMs = 10, kSilentMs = 60, kBlendMs = 5;
}  // namespace

Concealer::Concealer(std::uint32_t sample_rate)
    : rate_(sample_rate / 1000), longest_(kLongestPitchMs * rate_), past_((kLongestPitchMs + kComparedMs) * rate_) {}

void Concealer::heard(std::span<std::int16_t> pcm) noexcept {
  if (made_ > 0) {
    const std::size_t blend = std::min(kBlendMs * rate_, pcm.size());
    for (std::size_t i = 0; i < blend; ++i) {
      const auto part = static_cast<std::int32_t>(i);
      const auto all = static_cast<std::int32_t>(blend);
      pcm[i] = static_cast<std::int16_t>((next() * (all - part) + pcm[i] * part) / all);
    }
    made_ = 0;
  }
  if (pcm.size() >= past_.size()) {
    std::ranges::copy(pcm.last(past_.size()), past_.begin());
  } else {
    std::copy(past_.begin() + static_cast<std::ptrdiff_t>(pcm.size()), past_.end(), past_.begin());
    std::ranges::copy(pcm, past_.end() - static_cast<std::ptrdiff_t>(pcm.size()));
  }
}

/// The shift at which the last 10 ms are most like what was before.
std::size_t Concealer::find_period() const noexcept {
  const std::size_t compared = kComparedMs * rate_;
  const std::int16_t* const last = past_.data() + past_.size() - compared;
  std::size_t best = longest_;
  float best_likeness = 0;
  for (std::size_t shift = kShortestPer2Ms * rate_ / 2; shift <= longest_; ++shift) {
    float cross = 0, energy = 1;
    for (std::size_t i = 0; i < compared; ++i) {
      const auto now = static_cast<float>(last[i]), before = static_cast<float>((last - shift)[i]);
      cross += now * before;
      energy += before * before;
    }
    const float likeness = cross > 0 ? cross * cross / energy : 0;
    if (likeness <= best_likeness) continue;
    best_likeness = likeness;
    best = shift;
  }
  return best;
}

std::int16_t Concealer::next() noexcept {
  const std::size_t full = kFullMs * rate_, silent = kSilentMs * rate_;
  const std::int32_t sample = past_[past_.size() - period_ + at_];
  at_ = at_ + 1 == period_ ? 0 : at_ + 1;
  ++made_;
  if (made_ <= full) return static_cast<std::int16_t>(sample);
  if (made_ >= silent) return 0;
  return static_cast<std::int16_t>(sample * static_cast<std::int32_t>(silent - made_) /
                                   static_cast<std::int32_t>(silent - full));
}

void Concealer::fill(std::span<std::int16_t> pcm) noexcept {
  if (made_ == 0) {
    period_ = find_period();
    at_ = 0;
  }
  for (auto& sample : pcm) sample = next();
}

}  // namespace parley::codec
