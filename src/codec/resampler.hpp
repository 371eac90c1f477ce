#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <base/result.hpp>

namespace parley::codec {

/// Changes the sample rate of one channel, in any portions, with the quality of a studio (speexdsp, 10 of 10).
/// The filter's delay is taken out: sample n of the output is at the same time as sample n * from / to of the input.
/// Thread: one at a time.
class Resampler {
 public:
  /// Errors: Unsupported for rates outside 4000 to 192000.
  [[nodiscard]] static Result<Resampler> make(std::uint32_t from, std::uint32_t to);

  /// Appends to `out`.
  void process(std::span<const float> in, std::vector<float>& out);
  void process(std::span<const std::int16_t> in, std::vector<std::int16_t>& out);
  /// Appends what the filter still holds, after the last portion.
  void flush(std::vector<float>& out);
  void flush(std::vector<std::int16_t>& out);

 private:
  struct Free {
    void operator()(void* state) const noexcept;
  };
  template <class Sample>
  void run(std::span<const Sample> in, std::vector<Sample>& out);

  std::unique_ptr<void, Free> state_;
};

/// A whole sound at once.
[[nodiscard]] Result<std::vector<float>> resample(std::span<const float> in, std::uint32_t from, std::uint32_t to);
[[nodiscard]] Result<std::vector<std::int16_t>> resample(std::span<const std::int16_t> in, std::uint32_t from,
                                                         std::uint32_t to);

}  // namespace parley::codec
