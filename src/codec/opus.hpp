#pragma once
#include <codec/codec.hpp>

namespace parley::codec {

/// RFC 6716/7587 by libopus, mono at 16 kHz (calls between Opus phones are relayed untouched, at full band) or 48.
[[nodiscard]] std::unique_ptr<Decoder> make_opus_decoder(std::uint32_t rate = 16000);
[[nodiscard]] std::unique_ptr<Encoder> make_opus_encoder(std::uint32_t rate = 16000);
/// Ticks of 48 kHz; 0 if the framing of RFC 6716 §3 is broken.
[[nodiscard]] std::uint32_t opus_duration(BytesView payload) noexcept;

}  // namespace parley::codec
