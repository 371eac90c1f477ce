#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <base/result.hpp>
#include <speech/models.hpp>

namespace parley::speech {

inline constexpr int kRecogniserRate =
    16'000;  // Hz; recognisers and voice activity take mono floats of -1..1 at this rate

/// What a recogniser made of one segment of speech.
struct Recognition {
  std::string text;                    // normalised: single spaces, no doubled punctuation; empty: nothing was said
  double confidence = 0;               // 0..1: the mean probability of a token, halved where a guard stepped in
  std::vector<float> word_confidence;  // one for each space-separated word of `text`
  bool guarded = false;                // the model wanted to say nothing without being sure of it
  bool repeated = false;               // a loop of repetitions was cut, or the length limit was reached
};

/// Turns a segment of at most 30 s into text. Thread: one at a time. Lifetime: holds the model (≈ 200-370 MiB).
class Recogniser {
 public:
  enum class Model : std::uint8_t { Best, Base, Tiny };  // Best: Base where its files are, else Tiny

  virtual ~Recogniser() = default;
  [[nodiscard]] virtual Result<Recognition> recognise(std::span<const float> pcm) = 0;
  [[nodiscard]] virtual std::string_view engine() const = 0;  // "moonshine-base/1"

  /// Errors: Unavailable (library or files missing: the text says which), Corrupt (a model of another shape).
  [[nodiscard]] static Result<std::unique_ptr<Recogniser>> open(const ModelFolder& folder, Model model = Model::Best);
};

}  // namespace parley::speech
