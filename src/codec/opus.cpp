#include <algorithm>

#include <opus/opus.h>

#include <base/assert.hpp>
#include <codec/opus.hpp>

namespace parley::codec {
namespace {

// Speech without audible loss (RFC 7587 §3.1.1: wide band 16 to 20 kbit/s upwards, full band 28 to 40).
constexpr opus_int32 kWideBandBits = 32000, kFullBandBits = 40000;

class OpusPayloadDecoder final : public Decoder {
 public:
  explicit OpusPayloadDecoder(std::uint32_t rate) : rate_(rate) {
    int error = 0;
    state_ = opus_decoder_create(static_cast<opus_int32>(rate), 1, &error);
    PARLEY_ASSERT(error == OPUS_OK);
  }
  ~OpusPayloadDecoder() override { opus_decoder_destroy(state_); }
  OpusPayloadDecoder(const OpusPayloadDecoder&) = delete;
  OpusPayloadDecoder& operator=(const OpusPayloadDecoder&) = delete;

  std::uint32_t sample_rate() const override { return rate_; }
  std::size_t decode(BytesView payload, std::span<std::int16_t> pcm) override {
    if (opus_duration(payload) == 0) return 0;
    const int samples = opus_decode(state_, payload.data(), static_cast<opus_int32>(payload.size()), pcm.data(),
                                    static_cast<int>(std::min(pcm.size(), std::size_t{rate_} * 12 / 100)), 0);
    return samples < 0 ? 0 : static_cast<std::size_t>(samples);
  }
  bool conceal(std::span<std::int16_t> pcm, BytesView next) override {
    const int samples = opus_decode(state_, next.empty() ? nullptr : next.data(), static_cast<opus_int32>(next.size()),
                                    pcm.data(), static_cast<int>(pcm.size()), next.empty() ? 0 : 1);
    return samples == static_cast<int>(pcm.size());
  }

 private:
  std::uint32_t rate_;
  ::OpusDecoder* state_ = nullptr;
};

class OpusPayloadEncoder final : public Encoder {
 public:
  explicit OpusPayloadEncoder(std::uint32_t rate) : rate_(rate) {
    int error = 0;
    state_ = opus_encoder_create(static_cast<opus_int32>(rate), 1, OPUS_APPLICATION_VOIP, &error);
    PARLEY_ASSERT(error == OPUS_OK);
    opus_encoder_ctl(state_, OPUS_SET_BITRATE(rate > 16000 ? kFullBandBits : kWideBandBits));
    opus_encoder_ctl(state_, OPUS_SET_COMPLEXITY(5));
    opus_encoder_ctl(state_, OPUS_SET_INBAND_FEC(1));
    opus_encoder_ctl(state_, OPUS_SET_PACKET_LOSS_PERC(5));
  }
  ~OpusPayloadEncoder() override { opus_encoder_destroy(state_); }
  OpusPayloadEncoder(const OpusPayloadEncoder&) = delete;
  OpusPayloadEncoder& operator=(const OpusPayloadEncoder&) = delete;

  std::uint32_t sample_rate() const override { return rate_; }
  std::size_t encode(std::span<const std::int16_t> pcm, std::span<std::uint8_t> payload) override {
    const opus_int32 bytes = opus_encode(state_, pcm.data(), static_cast<int>(pcm.size()), payload.data(),
                                         static_cast<opus_int32>(std::min(payload.size(), kMaxPayload)));
    return bytes < 0 ? 0 : static_cast<std::size_t>(bytes);
  }

 private:
  std::uint32_t rate_;
  ::OpusEncoder* state_ = nullptr;
};

}  // namespace

std::unique_ptr<Decoder> make_opus_decoder(std::uint32_t rate) { return std::make_unique<OpusPayloadDecoder>(rate); }
std::unique_ptr<Encoder> make_opus_encoder(std::uint32_t rate) { return std::make_unique<OpusPayloadEncoder>(rate); }

std::uint32_t opus_duration(BytesView payload) noexcept {
  if (payload.empty() || payload.size() > kMaxPayload) return 0;
  const unsigned char* frames[48];
  opus_int16 sizes[48];
  unsigned char toc = 0;
  const auto size = static_cast<opus_int32>(payload.size());
  if (opus_packet_parse(payload.data(), size, &toc, frames, sizes, nullptr) < 1) return 0;
  const int samples = opus_packet_get_nb_samples(payload.data(), size, 48000);
  return samples < 0 ? 0 : static_cast<std::uint32_t>(samples);
}

}  // namespace parley::codec
