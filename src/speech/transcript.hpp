#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <base/result.hpp>

/// What was said, by whom and when. Personal data: never logged. Times are seconds from the start of the recording.
namespace parley::speech {

enum class Speaker : std::uint8_t { Caller, Callee };  // channel 0, channel 1

[[nodiscard]] std::string_view to_string(Speaker speaker) noexcept;

struct Word {
  std::string text;
  double start_s = 0;
  double end_s = 0;
  double confidence = 0;

  friend bool operator==(const Word&, const Word&) = default;
};

/// One party's uninterrupted stretch of speech. Turns are ordered by start_s; turns of two speakers may overlap.
struct Turn {
  Speaker speaker = Speaker::Caller;
  double start_s = 0;
  double end_s = 0;
  std::string text;
  double confidence = 0;  // 0..1
  std::vector<Word> words;

  friend bool operator==(const Turn&, const Turn&) = default;
};

struct Transcript {
  std::string engine;           // "moonshine-base/1"
  std::string language = "en";  // BCP 47
  double seconds = 0;           // of audio, silence included
  std::vector<Turn> turns;

  friend bool operator==(const Transcript&, const Transcript&) = default;
};

[[nodiscard]] std::string to_json(const Transcript& transcript);
/// Errors: Invalid with what is wrong. Limits: kMaxTranscriptBytes of text, kMaxTurns turns.
[[nodiscard]] Result<Transcript> transcript_from_json(std::string_view text);

inline constexpr std::size_t kMaxTranscriptBytes = 64U << 20U;
inline constexpr std::size_t kMaxTurns = 100'000;

}  // namespace parley::speech
