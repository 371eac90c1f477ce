#pragma once
#include <cstdint>
#include <memory>
#include <span>

#include <base/bytes.hpp>
#include <codec/format.hpp>

namespace parley::codec {

constexpr std::size_t kMaxPacketSamples = 1920;    // 120 ms at 16 kHz: no format of ours has longer packets
constexpr std::size_t kMaxFullBandSamples = 5760;  // ... at 48 kHz
constexpr std::size_t kMaxPayload = 1400;

/// Payloads of one stream, in order, to mono PCM. Keeps the stream's memory (G.722, Opus): one decoder per SSRC.
/// Thread: one at a time. No allocation after construction.
class Decoder {
 public:
  virtual ~Decoder() = default;
  [[nodiscard]] virtual std::uint32_t sample_rate() const = 0;
  /// Returns the samples written to `pcm` (room for kMaxPacketSamples, at 48 kHz kMaxFullBandSamples); 0 for a payload
  /// that is none of this format.
  [[nodiscard]] virtual std::size_t decode(BytesView payload, std::span<std::int16_t> pcm) = 0;
  /// Fills `pcm` in the place of lost audio; `next` is the payload behind it, if that is there: it may hold a copy.
  /// False: the format has no means for that (codec/concealment.hpp has).
  [[nodiscard]] virtual bool conceal(std::span<std::int16_t>, BytesView) { return false; }
};

/// One frame of mono PCM at sample_rate() to one payload.
class Encoder {
 public:
  virtual ~Encoder() = default;
  [[nodiscard]] virtual std::uint32_t sample_rate() const = 0;
  /// `pcm` is 10, 20, 40 or 60 ms (G.711, G.722: any whole count). Returns the bytes written (room for kMaxPayload).
  [[nodiscard]] virtual std::size_t encode(std::span<const std::int16_t> pcm, std::span<std::uint8_t> payload) = 0;
};

[[nodiscard]] std::unique_ptr<Decoder> make_decoder(CodecId codec);
[[nodiscard]] std::unique_ptr<Encoder> make_encoder(CodecId codec);
/// The same at the widest band of the format: Opus at 48 kHz.
[[nodiscard]] std::uint32_t widest_rate(CodecId codec) noexcept;
[[nodiscard]] std::unique_ptr<Decoder> make_widest_decoder(CodecId codec);
[[nodiscard]] std::unique_ptr<Encoder> make_widest_encoder(CodecId codec);

/// Length of a payload in units of the RTP clock; 0 if it is none of this format (empty, too long, bad Opus framing).
[[nodiscard]] std::uint32_t duration_of(CodecId codec, BytesView payload) noexcept;

}  // namespace parley::codec
