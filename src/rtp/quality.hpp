#pragma once
#include <cstdint>

namespace parley::rtp {

/// Speech quality of one direction as listeners would rate it, 1 (bad) to 4.5.
/// Source: ITU-T G.107 with its default values: R = 93.2 - Id - Ie,eff. Equipment terms: G.113 appendix I for G.711
/// with
///         concealment (Ie 0, Bpl 25.1), also taken for G.722 and Opus, which is on the low side for them.
struct QualityInput {
  double loss_ratio = 0;        // 0 to 1
  double one_way_delay_ms = 0;  // network, packetisation and the listener's jitter buffer
};
[[nodiscard]] double estimate_r(const QualityInput& input) noexcept;
[[nodiscard]] double mos_of_r(double r) noexcept;
[[nodiscard]] inline double estimate_mos(const QualityInput& input) noexcept { return mos_of_r(estimate_r(input)); }

}  // namespace parley::rtp
