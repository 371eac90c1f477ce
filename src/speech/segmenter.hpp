#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include <speech/voice_activity.hpp>

namespace parley::speech {

/// A stretch of one channel that holds speech, with a little quiet around it.
struct Segment {
  std::uint64_t first = 0;         // sample, at kRecogniserRate, of samples[0]
  std::uint64_t speech_first = 0;  // where speech itself begins and ends: without the quiet around it
  std::uint64_t speech_end = 0;
  std::vector<float> samples;
};

/// Cuts a channel into segments by the probabilities of its windows. Speech begins at 0.5 and ends below 0.35 for 0.6
/// s: shorter pauses stay inside, because a sentence that is cut in its middle is understood worse. At 14 s it is cut
/// at the quietest place of the second half. Pure; holds at most one segment.
class Segmenter {
 public:
  static constexpr std::size_t kWindow = VoiceActivity::kWindow;

  /// The next window of the channel, of exactly kWindow samples.
  [[nodiscard]] std::optional<Segment> push(std::span<const float> window, float probability);
  /// The open segment, at the end of the channel.
  [[nodiscard]] std::optional<Segment> finish();

 private:
  struct Window {
    std::vector<float> samples;
    float probability;
  };
  [[nodiscard]] std::optional<Segment> close(std::size_t speech_end, std::size_t keep_from);
  [[nodiscard]] std::size_t quietest(std::size_t from, std::size_t to) const;

  std::deque<Window> windows_;     // from the quiet before the open segment on; only the last few while there is none
  std::uint64_t first_index_ = 0;  // of windows_[0] in the channel
  std::size_t speech_begin_ = 0;   // index into windows_; valid while open_
  std::size_t silent_ = 0;         // windows of silence at the end
  bool open_ = false;
};

}  // namespace parley::speech
