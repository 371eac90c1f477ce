#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include <base/result.hpp>
#include <codec/wav.hpp>

namespace parley::bench {

/// What a voice goes through on a G.711 leg: 8 kHz, nothing below 300 Hz, mu-law and back.
[[nodiscard]] Result<std::vector<std::int16_t>> through_telephone(std::span<const std::int16_t> samples,
                                                                  std::uint32_t rate);

}  // namespace parley::bench
