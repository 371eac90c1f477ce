#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include <speech/recogniser.hpp>
#include <speech/transcript.hpp>
#include <speech/voice_activity.hpp>

namespace parley::speech {

/// Audio in, transcript out, in memory bounded by the open segments: sound is segmented by voice activity and
/// recognised as it comes, each party on its own channel, so that speakers are never guessed.
/// Thread: one at a time. Lifetime: one recording.
class Transcriber {
 public:
  struct Format {
    int rate = 8'000;    // Hz, 8000..48000
    int channels = 2;    // 1 or 2; a single channel is the caller's
    bool joined = true;  // else each segment stays a turn of its own, the empty ones too
  };
  using OnSegment = std::function<void(double seconds_done)>;

  /// `activity` makes one detector per channel. Errors: Invalid (format), and those of the factory.
  [[nodiscard]] static Result<std::unique_ptr<Transcriber>> make(
      Format format, Recogniser& recogniser, const std::function<Result<std::unique_ptr<VoiceActivity>>()>& activity);

  virtual ~Transcriber() = default;
  /// Interleaved frames, in any portion. Errors: those of the engines.
  [[nodiscard]] virtual Result<void> push(std::span<const std::int16_t> frames) = 0;
  /// Closes the open segments. Call once, last.
  [[nodiscard]] virtual Result<Transcript> finish() = 0;
  virtual void on_segment(OnSegment callback) = 0;
};

}  // namespace parley::speech
