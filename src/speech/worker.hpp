#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include <base/clock.hpp>
#include <base/result.hpp>
#include <speech/recogniser.hpp>
#include <speech/synthesiser.hpp>
#include <speech/transcript.hpp>

/// Speech runs in child processes, so that an engine can neither delay a packet nor take the server down: sound goes in
/// over a socket pair, a transcript comes back. The child has no keys, no database, no environment; it opens the model
/// files and nothing else. See worker_frame.hpp for the wire form.
namespace parley::speech {

/// The child's whole life: serves requests on `socket` until the other end closes it. Returns the exit status.
int serve_worker(int socket, const ModelFolder& models);
/// `parleyd worker MODELS`: lowers its priority, forbids core dumps (they would hold speech), then serves descriptor 3.
int worker_main(std::span<char* const> arguments);

struct WorkerOptions {
  ModelFolder models;
  std::vector<std::string> command = {"/proc/self/exe", "worker"};  // the models' folder is appended
  std::chrono::seconds stall_limit{60};                             // without a sign of life from the child
};

struct TranscribeRequest {
  int rate = 8'000;
  int channels = 2;
  double seconds = 0;  // expected, for the progress; 0: unknown
  Recogniser::Model model = Recogniser::Model::Best;
  bool joined = true;  // segments to turns; else each stays one of its own (Transcriber::Format)
  std::chrono::seconds time_limit{3600};
};

/// Fills `out` with interleaved frames and returns the count of samples written; 0 ends the recording.
using PcmSource = std::function<Result<std::size_t>(std::span<std::int16_t> out)>;
/// 0..1 of the work done, never going back.
using Progress = std::function<void(double)>;

/// One child process: started at first use, kept while used, started afresh after a crash, a stall or a time-out.
/// Thread: one at a time (a job thread: calls block). Lifetime: its end stops the child.
class WorkerClient {
 public:
  explicit WorkerClient(WorkerOptions options, const Clock& clock = system_clock());
  WorkerClient(const WorkerClient&) = delete;
  WorkerClient& operator=(const WorkerClient&) = delete;
  ~WorkerClient();

  /// Errors: Unavailable (models missing, or stopped by `stop`), Timeout (stall or time limit: the child was killed),
  /// Internal (it crashed), and whatever `source` returned. The next call starts from a clean child.
  [[nodiscard]] Result<Transcript> transcribe(const TranscribeRequest& request, const PcmSource& source,
                                              const Progress& progress = {}, std::stop_token stop = {});
  [[nodiscard]] Result<Sound> speak(std::string_view text, const VoiceOptions& options, std::stop_token stop = {});

  /// Ends the child, which gives its memory back; the next call starts one.
  void close();
  [[nodiscard]] bool running() const;
  [[nodiscard]] unsigned starts() const;  // how many children there have been

 private:
  class Child;
  class Exchange;
  [[nodiscard]] Result<void> start();
  [[nodiscard]] Error abandon(const Error& error, bool lost);

  WorkerOptions options_;
  const Clock& clock_;
  std::unique_ptr<Child> child_;
  unsigned starts_ = 0;
};

}  // namespace parley::speech
