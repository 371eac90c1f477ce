#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace parley::codec {

/// Puts something plausible in the place of lost audio of a codec that has no means of its own (G.711, G.722): the last
/// pitch period goes on, falling silent within 60 ms, and fades over into what comes next.
/// Source: the idea of ITU-T G.711 Appendix I, without its extra delay.
/// Pure. Thread: one at a time. No allocation after construction.
class Concealer {
 public:
  explicit Concealer(std::uint32_t sample_rate);
  /// What came, in order; its beginning is changed when something was lost before it.
  void heard(std::span<std::int16_t> pcm) noexcept;
  /// In the place of what did not come.
  void fill(std::span<std::int16_t> pcm) noexcept;

 private:
  [[nodiscard]] std::size_t find_period() const noexcept;
  [[nodiscard]] std::int16_t next() noexcept;

  std::size_t rate_, longest_;  // longest_: of a pitch period, in samples
  std::vector<std::int16_t> past_;
  std::size_t period_ = 0, at_ = 0, made_ = 0;  // made_: samples since the loss began; 0: nothing is lost
};

}  // namespace parley::codec
