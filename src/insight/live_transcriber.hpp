#pragma once
#include <array>
#include <chrono>
#include <mutex>
#include <optional>
#include <stop_token>
#include <vector>

#include <base/clock.hpp>
#include <insight/call_audio.hpp>
#include <insight/provider.hpp>
#include <insight/speech_engine.hpp>
#include <store/events.hpp>
#include <store/transcripts.hpp>

namespace parley::insight {

/// Transcript and analysis that grow while a call goes on. Every few seconds it reads on in the recording in progress,
/// keeps the segments that have surely ended, and stores what there is as provisional, sealed with the recording's key;
/// the final transcript after the call replaces it. Nothing is done while the recording is paused, nothing is stored
/// after its end, and whatever fails here leaves call and recording alone.
/// Events (passing, without text): transcript.partial {turns, seconds}, analysis.partial.
/// Limits: `calls` at a time, the oldest first; kMostWatched wait; kLongest of sound, what is beyond it comes with the
/// final transcript. Thread: notice() from any, run_one() from one.
class LiveTranscriber {
 public:
  static constexpr std::size_t kMostWatched = 1'000;
  static constexpr double kLongest = 4 * 3600;  // seconds

  struct Options {
    std::size_t calls = 2;                   // 0: none
    std::chrono::milliseconds every{8'000};  // longer in long calls: a recording is verified whole before it is read
  };
  struct Parts {
    store::TranscriptRepository& transcripts;
    store::EventBus& bus;
    OpenSoundSoFar sound;
    SpeechEngine engine;
    AnalysisProvider& provider;
    const Clock& clock;
  };
  LiveTranscriber(Parts parts, Options options);

  /// Beginning, pauses and end of recordings, from the event bus.
  void notice(const store::Event& event);
  /// Reads on in the recording that has waited longest, if one is due. False when there was nothing to do.
  bool run_one(const std::stop_token& stop = {});
  [[nodiscard]] std::size_t watched() const;

 private:
  struct Watched {
    OrganisationId organisation;
    CallId call;
    bool paused = false;
    TimePoint due;
  };
  /// What is known of a call whose recording is read; touched by run_one() alone.
  struct Heard {
    CallId call;
    RecordingId recording;
    std::array<double, 2> until{0, 0};  // seconds: from where each party is still to be heard
    std::vector<speech::Turn> pieces;
    unsigned failures = 0;
  };
  struct Window {
    double from = 0;
    double to = 0;
  };

  [[nodiscard]] std::optional<Watched> next();
  [[nodiscard]] Heard& heard_of(CallId call);
  [[nodiscard]] bool goes_on(CallId call) const;
  void forget(CallId call);
  void forget_ended();
  void again_in(CallId call, Duration wait);
  void failed(Heard& heard, const Error& error);
  [[nodiscard]] Result<speech::Transcript> listen(CallAudio& audio, const Heard& heard, const Window& window,
                                                  const std::stop_token& stop);
  static bool take(Heard& heard, speech::Transcript said, const Window& window);
  [[nodiscard]] Result<void> store(const Watched& watched, const Heard& heard, speech::Transcript transcript);
  void publish(const Watched& watched, std::string_view type, std::string data);

  Parts parts_;
  Options options_;
  mutable std::mutex mutex_;
  std::vector<Watched> watched_;  // in order of their beginning
  std::vector<Heard> heard_;      // at most `calls`, and those that ended since the last look
};

}  // namespace parley::insight
