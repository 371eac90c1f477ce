#pragma once
#include <array>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <codec/codec.hpp>
#include <codec/concealment.hpp>
#include <codec/stream_resampler.hpp>
#include <media/jitter_buffer.hpp>

namespace parley::media {

constexpr std::size_t kMixFrame = 960;  // samples of 20 ms at 48 kHz, the most

/// What one party says, from its packets to 20 ms of PCM a tick: jitter buffer, decoder, concealment of what was lost.
/// Pure. Thread: one at a time. No allocation after construction.
class MixInput {
 public:
  /// `formats`: what may come; `rate`: of the PCM.
  MixInput(std::span<const codec::CodecId> formats, std::uint32_t rate);

  /// Another `segment` is another SSRC, or one that began anew.
  void put(codec::CodecId codec, std::uint64_t segment, std::uint64_t sequence, std::uint32_t timestamp,
           BytesView payload) noexcept;
  /// The next 20 ms; false: nothing is there, and `frame` is as it was. Once a tick.
  [[nodiscard]] bool take(std::span<std::int16_t> frame) noexcept;
  /// In the place of take() where nobody listens: costs nothing.
  void discard() noexcept;
  [[nodiscard]] const JitterBuffer::Figures& figures() const noexcept { return buffer_.figures(); }

 private:
  /// One format's decoder and what makes the room's rate of it.
  struct Stream {
    std::unique_ptr<codec::Decoder> decoder;
    std::optional<codec::StreamResampler> resampler;
    std::optional<codec::Concealer> concealer;
  };
  void fill(Stream& stream, std::size_t samples);
  void append(Stream& stream, const JitterBuffer::Taken& taken, std::size_t samples);
  void leave_out(std::size_t samples) noexcept;

  std::array<std::optional<Stream>, 4> streams_;  // by CodecId
  JitterBuffer buffer_;
  std::optional<codec::CodecId> codec_;  // of what is in the buffer
  std::uint64_t segment_ = 0;
  std::vector<std::int16_t> pcm_;  // decoded, at the decoder's rate
  std::size_t count_ = 0;
  std::vector<std::int16_t> resampled_;
};

}  // namespace parley::media
