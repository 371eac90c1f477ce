#pragma once
#include <codec/codec.hpp>

namespace parley::codec {

/// ITU-T G.722 at 64 kbit/s, by spandsp.
[[nodiscard]] std::unique_ptr<Decoder> make_g722_decoder();
[[nodiscard]] std::unique_ptr<Encoder> make_g722_encoder();

}  // namespace parley::codec
