#include <cmath>
#include <numbers>
#include <vector>

#include <base/assert.hpp>
#include <pbx/ringback.hpp>

namespace parley::pbx {

std::shared_ptr<const media::Prompt> ringback() {
  static const auto made = [] {
    constexpr std::size_t kRate = 8000;
    constexpr double kHertz = 425, kLoud = 3000;  // about -20 dBm0
    std::vector<std::int16_t> pcm(5 * kRate);
    for (std::size_t i = 0; i < kRate; ++i)
      pcm[i] =
          static_cast<std::int16_t>(kLoud * std::sin(2 * std::numbers::pi * kHertz * static_cast<double>(i) / kRate));
    auto prompt = media::Prompt::from_pcm(pcm, kRate);
    PARLEY_ASSERT(prompt.has_value());
    return *prompt;
  }();
  return made;
}

}  // namespace parley::pbx
