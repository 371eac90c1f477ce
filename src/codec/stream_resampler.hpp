#pragma once
#include <cstdint>
#include <memory>
#include <span>

namespace parley::codec {

/// Changes the sample rate of one mono stream on the media path: block by block, a few milliseconds of lag, no
/// allocation after construction (codec/resampler.hpp is the one for whole sounds). By speexdsp, quality 5 of 10.
/// Thread: one at a time.
class StreamResampler {
 public:
  StreamResampler(std::uint32_t from_rate, std::uint32_t to_rate);
  ~StreamResampler();
  StreamResampler(StreamResampler&&) noexcept;
  StreamResampler& operator=(StreamResampler&&) noexcept;

  /// Takes all of `in`; returns the samples written. `out` needs room for output_bound(in.size()).
  [[nodiscard]] std::size_t process(std::span<const std::int16_t> in, std::span<std::int16_t> out);
  [[nodiscard]] std::size_t output_bound(std::size_t in) const noexcept;
  /// Samples of the output rate by which it lags.
  [[nodiscard]] std::size_t latency() const noexcept;
  /// Forgets the stream.
  void reset();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace parley::codec
