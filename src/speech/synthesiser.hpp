#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <base/result.hpp>
#include <speech/models.hpp>

namespace parley::speech {

struct Sound {
  int rate = 0;                // Hz
  std::vector<float> samples;  // mono, -1..1

  [[nodiscard]] double seconds() const { return rate > 0 ? static_cast<double>(samples.size()) / rate : 0; }
};

struct VoiceOptions {
  std::string voice = "af_heart";  // natural: a file of kokoro/voices; instant: "slt" or "rms"
  double speed = 1.0;              // 0.5..2
};

/// Speaks text. Thread: one at a time.
class Synthesiser {
 public:
  static constexpr std::size_t kMaxText = 20'000;  // bytes

  virtual ~Synthesiser() = default;
  /// Errors: NotFound (voice), Limited (text too long), Invalid (nothing to say in it).
  [[nodiscard]] virtual Result<Sound> speak(std::string_view text, const VoiceOptions& options) = 0;

  /// Kokoro: natural, about half a second of work for a second of speech. Errors: Unavailable, Corrupt.
  [[nodiscard]] static Result<std::unique_ptr<Synthesiser>> open_natural(const ModelFolder& folder);
  /// flite: plain, a hundredth of that, always there.
  [[nodiscard]] static std::unique_ptr<Synthesiser> open_instant();
};

}  // namespace parley::speech
