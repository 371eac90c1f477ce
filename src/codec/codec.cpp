#include <algorithm>

#include <base/assert.hpp>
#include <codec/codec.hpp>
#include <codec/g711.hpp>
#include <codec/g722.hpp>
#include <codec/opus.hpp>

namespace parley::codec {
namespace {

template <std::int16_t (*Decode)(std::uint8_t) noexcept>
class G711Decoder final : public Decoder {
 public:
  std::uint32_t sample_rate() const override { return 8000; }
  std::size_t decode(BytesView payload, std::span<std::int16_t> pcm) override {
    if (payload.size() > std::min(pcm.size(), kMaxPayload)) return 0;
    std::ranges::transform(payload, pcm.begin(), Decode);
    return payload.size();
  }
};

template <std::uint8_t (*Encode)(std::int16_t) noexcept>
class G711Encoder final : public Encoder {
 public:
  std::uint32_t sample_rate() const override { return 8000; }
  std::size_t encode(std::span<const std::int16_t> pcm, std::span<std::uint8_t> payload) override {
    if (pcm.size() > payload.size()) return 0;
    std::ranges::transform(pcm, payload.begin(), Encode);
    return pcm.size();
  }
};

}  // namespace

std::unique_ptr<Decoder> make_decoder(CodecId codec) {
  switch (codec) {
    case CodecId::Pcmu: return std::make_unique<G711Decoder<g711::decode_ulaw>>();
    case CodecId::Pcma: return std::make_unique<G711Decoder<g711::decode_alaw>>();
    case CodecId::G722: return make_g722_decoder();
    case CodecId::Opus: return make_opus_decoder();
  }
  assertion_failed("a codec of the enumeration", __FILE__, __LINE__);
}

std::unique_ptr<Encoder> make_encoder(CodecId codec) {
  switch (codec) {
    case CodecId::Pcmu: return std::make_unique<G711Encoder<g711::encode_ulaw>>();
    case CodecId::Pcma: return std::make_unique<G711Encoder<g711::encode_alaw>>();
    case CodecId::G722: return make_g722_encoder();
    case CodecId::Opus: return make_opus_encoder();
  }
  assertion_failed("a codec of the enumeration", __FILE__, __LINE__);
}

std::uint32_t widest_rate(CodecId codec) noexcept { return codec == CodecId::Opus ? 48000 : info(codec).sample_rate; }

std::unique_ptr<Decoder> make_widest_decoder(CodecId codec) {
  return codec == CodecId::Opus ? make_opus_decoder(widest_rate(codec)) : make_decoder(codec);
}

std::unique_ptr<Encoder> make_widest_encoder(CodecId codec) {
  return codec == CodecId::Opus ? make_opus_encoder(widest_rate(codec)) : make_encoder(codec);
}

std::uint32_t duration_of(CodecId codec, BytesView payload) noexcept {
  if (codec == CodecId::Opus) return opus_duration(payload);
  constexpr std::size_t kLongest = 960;  // 120 ms: a byte is a tick of 8000 Hz in all three
  return payload.size() <= kLongest ? static_cast<std::uint32_t>(payload.size()) : 0;
}

}  // namespace parley::codec
