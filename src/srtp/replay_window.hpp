#pragma once
#include <algorithm>
#include <array>
#include <cstdint>

namespace parley::srtp {

/// Which packet indexes were taken already (RFC 3711 §3.3.2), as a ring of bits (RFC 6479). Pure.
class ReplayWindow {
 public:
  static constexpr std::uint64_t kSize = 128;  // what is further behind the highest is too old

  enum class Verdict : std::uint8_t { Fresh, Replayed, TooOld };
  [[nodiscard]] Verdict judge(std::uint64_t index) const noexcept {
    if (!any_ || index > highest_) return Verdict::Fresh;
    if (highest_ - index >= kSize) return Verdict::TooOld;
    return (word(index) >> (index % 64) & 1U) != 0 ? Verdict::Replayed : Verdict::Fresh;
  }
  /// Only what was judged fresh, and proven since.
  void take(std::uint64_t index) noexcept {
    if (!any_ || index > highest_) {
      const std::uint64_t last = index / 64, first = any_ ? highest_ / 64 + 1 : last;
      for (std::uint64_t i = 0; first + i <= last && i < kWords; ++i) bits_[(last - i) % kWords] = 0;
      highest_ = index;
      any_ = true;
    }
    bits_[index / 64 % kWords] |= std::uint64_t{1} << (index % 64);
  }
  [[nodiscard]] bool any() const noexcept { return any_; }
  [[nodiscard]] std::uint64_t highest() const noexcept { return highest_; }

 private:
  static constexpr std::uint64_t kWords = 4;  // one more than the window can touch
  [[nodiscard]] std::uint64_t word(std::uint64_t index) const noexcept { return bits_[index / 64 % kWords]; }
  std::array<std::uint64_t, kWords> bits_{};
  std::uint64_t highest_ = 0;
  bool any_ = false;
};

}  // namespace parley::srtp
