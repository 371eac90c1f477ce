#pragma once
#include <cstddef>
#include <memory>
#include <span>

#include <base/result.hpp>
#include <speech/models.hpp>

namespace parley::speech {

/// Says how likely a window of sound holds speech; remembers what came before. One object per channel. Thread: one at a
/// time.
class VoiceActivity {
 public:
  static constexpr std::size_t kWindow = 512;  // samples at kRecogniserRate: 32 ms

  virtual ~VoiceActivity() = default;
  /// 0..1 for the next window of exactly kWindow samples.
  [[nodiscard]] virtual Result<float> probability(std::span<const float> window) = 0;
  virtual void reset() = 0;

  /// Silero v6. Errors: Unavailable, Corrupt.
  [[nodiscard]] static Result<std::unique_ptr<VoiceActivity>> open(const ModelFolder& folder);
};

}  // namespace parley::speech
