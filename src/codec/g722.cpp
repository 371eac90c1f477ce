#include <inttypes.h>
#include <spandsp/telephony.h>

#include <base/assert.hpp>
#include <codec/g722.hpp>
// telephony.h must come first.
#include <algorithm>

#include <spandsp/g722.h>

namespace parley::codec {
namespace {

constexpr int kBitsPerSecond = 64000;

class G722Decoder final : public Decoder {
 public:
  G722Decoder() : state_(g722_decode_init(nullptr, kBitsPerSecond, 0)) { PARLEY_ASSERT(state_ != nullptr); }
  ~G722Decoder() override { g722_decode_free(state_); }
  G722Decoder(const G722Decoder&) = delete;
  G722Decoder& operator=(const G722Decoder&) = delete;

  std::uint32_t sample_rate() const override { return 16000; }
  std::size_t decode(BytesView payload, std::span<std::int16_t> pcm) override {
    if (payload.size() * 2 > std::min(pcm.size(), kMaxPacketSamples)) return 0;
    return static_cast<std::size_t>(g722_decode(state_, pcm.data(), payload.data(), static_cast<int>(payload.size())));
  }

 private:
  g722_decode_state_t* state_;
};

class G722Encoder final : public Encoder {
 public:
  G722Encoder() : state_(g722_encode_init(nullptr, kBitsPerSecond, 0)) { PARLEY_ASSERT(state_ != nullptr); }
  ~G722Encoder() override { g722_encode_free(state_); }
  G722Encoder(const G722Encoder&) = delete;
  G722Encoder& operator=(const G722Encoder&) = delete;

  std::uint32_t sample_rate() const override { return 16000; }
  std::size_t encode(std::span<const std::int16_t> pcm, std::span<std::uint8_t> payload) override {
    if (pcm.size() % 2 != 0 || pcm.size() / 2 > payload.size()) return 0;
    return static_cast<std::size_t>(g722_encode(state_, payload.data(), pcm.data(), static_cast<int>(pcm.size())));
  }

 private:
  g722_encode_state_t* state_;
};

}  // namespace

std::unique_ptr<Decoder> make_g722_decoder() { return std::make_unique<G722Decoder>(); }
std::unique_ptr<Encoder> make_g722_encoder() { return std::make_unique<G722Encoder>(); }

}  // namespace parley::codec
