#pragma once
#include <array>
#include <memory>
#include <optional>
#include <span>

#include <codec/codec.hpp>
#include <codec/stream_resampler.hpp>

namespace parley::media {

/// Payloads of one format to another, as they come: no jitter buffer, because time stamps and gaps are kept and the
/// receiver has one. Between the laws of G.711 a packet stays a packet; otherwise 20 ms frames come out.
/// Pure. Thread: the media thread's. No allocation after construction.
class Transcoder {
 public:
  struct Frame {
    BytesView payload;            // valid until the next feed
    std::uint64_t sequence = 0;   // gaps of the input stay gaps
    std::uint32_t timestamp = 0;  // in units of the input's RTP clock
  };

  Transcoder(codec::CodecId from, codec::CodecId to);
  ~Transcoder();
  Transcoder(const Transcoder&) = delete;
  Transcoder& operator=(const Transcoder&) = delete;

  /// Packets in order only (late ones would confuse codecs with memory).
  [[nodiscard]] std::span<const Frame> feed(std::uint64_t sequence, std::uint32_t timestamp, BytesView payload);

 private:
  static constexpr std::size_t kMaxFrames = 8, kMaxFrameBytes = 480;

  [[nodiscard]] std::span<const Frame> map_g711(std::uint64_t sequence, std::uint32_t timestamp, BytesView payload);

  codec::CodecId from_, to_;
  bool direct_;
  std::unique_ptr<codec::Decoder> decoder_;
  std::unique_ptr<codec::Encoder> encoder_;
  std::optional<codec::StreamResampler> resampler_;
  std::array<std::int16_t, codec::kMaxPacketSamples> decoded_{};
  std::array<std::int16_t, 2 * codec::kMaxPacketSamples + 512> waiting_{};  // PCM at the encoder's rate
  std::size_t waiting_count_ = 0;
  std::uint32_t waiting_timestamp_ = 0;  // of waiting_[0]
  std::uint32_t expected_timestamp_ = 0;
  std::uint64_t last_in_ = 0, next_out_ = 0;
  bool started_ = false;
  std::array<std::array<std::uint8_t, kMaxFrameBytes>, kMaxFrames> payloads_{};
  std::array<std::uint8_t, 960> mapped_{};
  std::array<Frame, kMaxFrames> frames_{};
};

}  // namespace parley::media
