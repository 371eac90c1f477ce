#include <algorithm>
#include <array>

#include <boost/json.hpp>
#include <fmt/format.h>
#include <pthread.h>

#include <base/log.hpp>
#include <base/metrics.hpp>
#include <insight/pipeline.hpp>
#include <insight/stored_transcript.hpp>

namespace parley::insight {
namespace {

namespace json = boost::json;

constexpr std::string_view kTranscribe = "transcribe";
constexpr std::string_view kAnalyse = "analyse";
constexpr int kStoredStep = 10;  // percent between two notes in the database; events come more often

metrics::Counter& finished(std::string_view kind, std::string_view result) {
  return metrics::counter("parley_pipeline_jobs_total", "Transcriptions and analyses done",
                          {{"kind", kind}, {"result", result}});
}

/// Four times the length of the call, and never less than two minutes: a hundred times what it takes on a quiet
/// machine.
std::chrono::seconds time_limit_of(double seconds) {
  constexpr double kLeast = 120;
  constexpr double kMost = 24 * 3600;
  return std::chrono::seconds(static_cast<long>(std::clamp(seconds * 4, kLeast, kMost)));
}

/// Trying again does not help when the thing is gone, damaged or refused.
bool is_hopeless(Errc code) {
  return code == Errc::NotFound || code == Errc::Corrupt || code == Errc::Invalid || code == Errc::Unsupported ||
         code == Errc::Limited || code == Errc::Forbidden;
}

}  // namespace

Pipeline::Pipeline(Parts parts, Options options) : parts_(std::move(parts)), options_(options) {
  if (!parts_.sound_so_far) return;
  live_.emplace(LiveTranscriber::Parts{parts_.transcripts, parts_.bus, parts_.sound_so_far, parts_.engine,
                                       *parts_.provider, parts_.clock},
                options_.live);
}

Pipeline::~Pipeline() { stop(); }

void Pipeline::start() {
  subscription_ = parts_.bus.subscribe(std::nullopt, [this](const store::Event& event) {
    if (live_) live_->notice(event);
    // Most calls leave no work behind; looking into the queue after each would be a good part of what a call costs.
    const bool work = event.type == "call.ended" && event.data.find(R"("follow_ups":0)") == std::string::npos;
    if (work || event.type == "transcript.ready") wake();
  });
  thread_ = std::jthread([this](const std::stop_token& stop) { loop(stop); });
  (void)::pthread_setname_np(thread_.native_handle(), "pipeline");
}

void Pipeline::stop() {
  subscription_.cancel();
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
}

void Pipeline::wake() {
  {
    const std::lock_guard lock(mutex_);
    woken_ = true;
  }
  wake_.notify_one();
}

Pipeline::Status Pipeline::status() const {
  const auto state = parts_.engine.available();
  return {state.recogniser, state.recogniser ? state.engine : "", state.reason};
}

void Pipeline::loop(const std::stop_token& stop) {
  TimePoint busy = parts_.clock.now();
  while (!stop.stop_requested()) {
    if (run_one(stop)) {
      busy = parts_.clock.now();
      continue;
    }
    if (parts_.clock.now() - busy >= options_.keep_engine) parts_.engine.close();
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, options_.poll, [this] { return woken_; });
    woken_ = false;
  }
  parts_.engine.close();
}

bool Pipeline::run_one(const std::stop_token& stop) {
  // Without models transcriptions wait: they neither fail nor use up their attempts.
  std::vector<std::string> kinds{std::string(kAnalyse)};
  if (parts_.engine.available().recogniser) kinds.emplace_back(kTranscribe);
  auto leased = parts_.jobs.lease(kinds, options_.lease);
  if (!leased) {
    log::warning("pipeline.no_jobs", {{"reason", leased.error().text}});
    return false;
  }
  if (!*leased) return live_ && live_->run_one(stop);
  store::LeasedJob& job = **leased;
  settle(job, job.job.kind == kTranscribe ? transcribe(job, stop) : analyse(job));
  return true;
}

void Pipeline::settle(const store::LeasedJob& job, const Outcome& outcome) {
  Result<void> done;
  switch (outcome.verdict) {
    case Verdict::Done:
      done = parts_.jobs.complete(job);
      finished(job.job.kind, "done").add();
      break;
    case Verdict::Stopped: done = parts_.jobs.release(job); break;
    case Verdict::Retry:
    case Verdict::Hopeless: {
      const auto state = parts_.jobs.fail(job, outcome.error, outcome.verdict == Verdict::Hopeless);
      if (!state) done = std::unexpected(state.error());
      const bool dead = state && *state == store::JobState::Dead;
      finished(job.job.kind, dead ? "dead" : "failed").add();
      log::warning(dead ? "pipeline.job_dead" : "pipeline.job_failed", {{"kind", job.job.kind},
                                                                        {"job", job.job.id.text()},
                                                                        {"attempt", job.job.attempts},
                                                                        {"reason", outcome.error}});
      break;
    }
  }
  // NotFound, Conflict: the call was erased meanwhile, and its jobs with it.
  if (!done && done.error().code != Errc::NotFound && done.error().code != Errc::Conflict)
    log::warning("pipeline.not_settled", {{"job", job.job.id.text()}, {"reason", done.error().text}});
}

void Pipeline::tell_progress(const store::LeasedJob& job, int percent) {
  store::Event event;
  event.id = EventId::make();
  event.type = "transcript.progress";
  event.organisation = job.job.organisation;
  event.time = parts_.clock.wall();
  event.call_id = job.job.call;
  event.data = json::serialize(json::object{{"percent", percent}});
  parts_.bus.publish(event);
}

Pipeline::Outcome Pipeline::transcribe(store::LeasedJob& job, const std::stop_token& stop) {
  const auto failed = [&](const Error& error) -> Outcome {
    if (stop.stop_requested()) return {Verdict::Stopped, {}};
    return {is_hopeless(error.code) ? Verdict::Hopeless : Verdict::Retry, error.text};
  };
  if (!job.job.call || !job.job.recording) return {Verdict::Hopeless, "the job names no recording"};
  auto audio = parts_.audio(job.job);
  if (!audio) return failed(audio.error());

  const TimePoint began = parts_.clock.now();
  TimePoint renewed = began;
  std::optional<Error> lost;  // the lease: somebody else has the job, or it was erased with its call
  const auto renew = [&] {
    if (lost || parts_.clock.now() - renewed < options_.lease / 4) return;
    renewed = parts_.clock.now();
    if (auto held = parts_.jobs.extend(job, options_.lease); !held) lost = held.error();
  };
  int told = -1;
  int stored = 0;
  const auto progress = [&](double share) {
    const int percent = static_cast<int>(share * 100);
    if (percent > told) tell_progress(job, told = percent);
    if (percent < stored + kStoredStep) return renew();
    stored = percent;
    if (auto noted = parts_.jobs.progress(job, percent, "transcribing"); !noted && !lost) lost = noted.error();
    renew();
  };
  speech::TranscribeRequest request;
  request.rate = (*audio)->rate();
  request.channels = (*audio)->channels();
  request.seconds = (*audio)->seconds();
  request.time_limit = time_limit_of(request.seconds);
  progress(0);
  auto heard = parts_.engine.transcribe(
      request,
      [&](std::span<std::int16_t> out) -> Result<std::size_t> {
        renew();
        if (lost) return std::unexpected(*lost);
        return (*audio)->read(out);
      },
      progress, stop);
  if (!heard) return failed(heard.error());

  store::NewJob next;
  next.kind = kAnalyse;
  next.organisation = job.job.organisation;
  next.call = job.job.call;
  next.recording = job.job.recording;
  next.idempotency_key = job.job.recording->text();
  store::Transcript transcript = to_stored(*heard);
  transcript.id = TranscriptId::make();
  transcript.organisation = job.job.organisation;
  transcript.call = *job.job.call;
  transcript.recording = *job.job.recording;
  std::vector<store::NewJob> follow_ups;
  follow_ups.push_back(std::move(next));
  if (auto saved = parts_.transcripts.save(transcript, std::move(follow_ups)); !saved) return failed(saved.error());
  log::info("pipeline.transcribed", {{"call", job.job.call->text()},
                                     {"engine", heard->engine},
                                     {"seconds", heard->seconds},
                                     {"took_s", std::chrono::duration<double>(parts_.clock.now() - began).count()},
                                     {"turns", heard->turns.size()}});
  return {};
}

Pipeline::Outcome Pipeline::analyse(const store::LeasedJob& job) {
  const auto failed = [](const Error& error) -> Outcome {
    return {is_hopeless(error.code) ? Verdict::Hopeless : Verdict::Retry, error.text};
  };
  if (!job.job.call) return {Verdict::Hopeless, "the job names no call"};
  const auto stored = parts_.transcripts.find(job.job.organisation, *job.job.call);
  if (!stored) return failed(stored.error());
  const auto made = parts_.provider->analyse(from_stored(*stored));
  if (!made) return failed(made.error());
  store::Analysis analysis;
  analysis.id = AnalysisId::make();
  analysis.organisation = job.job.organisation;
  analysis.call = *job.job.call;
  analysis.recording = stored->recording;
  analysis.engine = made->engine;
  analysis.headline = headline(*made);
  analysis.document = to_json(*made);
  if (auto saved = parts_.transcripts.save(analysis); !saved) return failed(saved.error());
  log::info("pipeline.analysed", {{"call", job.job.call->text()}, {"engine", made->engine}});
  return {};
}

}  // namespace parley::insight
