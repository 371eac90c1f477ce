#include <algorithm>

#include <rtp/quality.hpp>

namespace parley::rtp {

double estimate_r(const QualityInput& input) noexcept {
  constexpr double kIe = 0, kBpl = 25.1;
  const double loss = std::clamp(input.loss_ratio, 0.0, 1.0) * 100;
  const double delay = std::max(input.one_way_delay_ms, 0.0);
  const double equipment = kIe + (95 - kIe) * loss / (loss + kBpl);
  const double impairment = 0.024 * delay + (delay > 177.3 ? 0.11 * (delay - 177.3) : 0);
  return std::clamp(93.2 - impairment - equipment, 0.0, 100.0);
}

double mos_of_r(double r) noexcept {
  if (r <= 0) return 1;
  if (r >= 100) return 4.5;
  return std::max(1.0, 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6);
}

}  // namespace parley::rtp
