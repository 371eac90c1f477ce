#pragma once
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include <base/clock.hpp>
#include <insight/call_audio.hpp>
#include <insight/live_transcriber.hpp>
#include <insight/provider.hpp>
#include <insight/speech_engine.hpp>
#include <speech/models.hpp>
#include <store/events.hpp>
#include <store/jobs.hpp>
#include <store/transcripts.hpp>

namespace parley::store {
class Store;
}

namespace parley::insight {

/// The jobs that follow a recorded call: "transcribe" (decrypt in memory, recognise in a worker process, store, ask for
/// the analysis) and "analyse". Retries, back-off and the dead-letter state are the queue's. While the models are
/// missing, transcriptions wait in the queue and status() says why. While no job is due, the same engine hears calls
/// that are going on (LiveTranscriber). Events: transcript.progress {percent} (passing); transcript.ready and
/// analysis.ready come from the repositories. Thread: one of its own between start() and stop(); wake() and status()
/// from any.
class Pipeline {
 public:
  struct Options {
    std::chrono::milliseconds poll{2'000};          // for jobs that nobody announced: retries
    std::chrono::milliseconds lease{180'000};       // renewed while work goes on: so long waits a job whose server died
    std::chrono::milliseconds keep_engine{30'000};  // idle, before its memory is given back
    LiveTranscriber::Options live{};
  };
  struct Parts {
    store::JobQueue& jobs;
    store::TranscriptRepository& transcripts;
    store::EventBus& bus;
    OpenAudio audio;
    SpeechEngine engine;
    std::unique_ptr<AnalysisProvider> provider;
    const Clock& clock;
    OpenSoundSoFar sound_so_far{};  // empty: calls are heard only when they have ended
  };
  Pipeline(Parts parts, Options options);
  ~Pipeline();
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  void start();
  /// Ends the work in hand, which goes back to the queue, and joins.
  void stop();
  /// There may be a new job.
  void wake();

  struct Status {
    bool available = false;
    std::string engine;
    std::string reason;  // why not, or why only in part
  };
  [[nodiscard]] Status status() const;

  /// Does one job that is due, or hears on in one call, if there is one. What the thread does; called directly by
  /// tests.
  bool run_one(const std::stop_token& stop = {});

 private:
  enum class Verdict : unsigned char { Done, Retry, Hopeless, Stopped };
  struct Outcome {
    Verdict verdict = Verdict::Done;
    std::string error;
  };
  void loop(const std::stop_token& stop);
  Outcome transcribe(store::LeasedJob& job, const std::stop_token& stop);
  Outcome analyse(const store::LeasedJob& job);
  void tell_progress(const store::LeasedJob& job, int percent);
  void settle(const store::LeasedJob& job, const Outcome& outcome);

  Parts parts_;
  Options options_;
  std::optional<LiveTranscriber> live_;
  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  bool woken_ = false;
  std::jthread thread_;
  store::EventBus::Subscription subscription_;
};

/// The pipeline of a server: the store's recordings, a worker process with the models, the embedded provider.
[[nodiscard]] std::unique_ptr<Pipeline> make_pipeline(store::Store& store, const speech::ModelFolder& models,
                                                      Pipeline::Options options = {});

}  // namespace parley::insight
