#include <algorithm>

#include <boost/json.hpp>

#include <base/log.hpp>
#include <base/metrics.hpp>
#include <insight/live_transcriber.hpp>
#include <insight/stored_transcript.hpp>
#include <speech/turns.hpp>

namespace parley::insight {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

constexpr double kMargin = 1.0;       // seconds: what ended within it before the end of the sound may go on
constexpr double kBefore = 0.3;       // of sound before a segment that is heard again
constexpr double kLeast = 2.0;        // of new sound: less is not worth the trouble
constexpr double kLongestLook = 30;   // twice the longest segment, so that each look gets on
constexpr double kShareOfCall = 120;  // a look each 8 s up to 16 minutes, then each 120th part of the call
constexpr unsigned kMostFailures = 3;
constexpr auto kTimeLimit = 120s;

metrics::Counter& looks(std::string_view result) {
  return metrics::counter("parley_live_transcriptions_total", "Looks into recordings in progress",
                          {{"result", result}});
}

std::size_t index_of(speech::Speaker speaker) { return speaker == speech::Speaker::Callee ? 1 : 0; }

/// The recording has ended, or it and its key were erased: nothing is wrong.
bool is_over(Errc code) { return code == Errc::Conflict || code == Errc::NotFound; }

}  // namespace

LiveTranscriber::LiveTranscriber(Parts parts, Options options) : parts_(std::move(parts)), options_(options) {}

void LiveTranscriber::notice(const store::Event& event) {
  if (!event.call_id || options_.calls == 0) return;
  const bool begins = event.type == "recording.started" || event.type == "recording.resumed";
  const bool pauses = event.type == "recording.paused";
  const bool ends = event.type == "recording.stopped" || event.type == "recording.failed" ||
                    event.type == "call.ended" || event.type == "call.deleted";
  if (!begins && !pauses && !ends) return;
  const std::lock_guard lock(mutex_);
  const auto known = std::ranges::find(watched_, *event.call_id, &Watched::call);
  if (ends) {
    if (known != watched_.end()) watched_.erase(known);
  } else if (known != watched_.end()) {
    known->paused = pauses;
  } else if (begins && watched_.size() < kMostWatched) {
    watched_.push_back({event.organisation, *event.call_id, false, parts_.clock.now() + options_.every});
  }
}

std::size_t LiveTranscriber::watched() const {
  const std::lock_guard lock(mutex_);
  return watched_.size();
}

std::optional<LiveTranscriber::Watched> LiveTranscriber::next() {
  const std::lock_guard lock(mutex_);
  const auto served = std::span(watched_).first(std::min(watched_.size(), options_.calls));
  const TimePoint now = parts_.clock.now();
  const Watched* out = nullptr;
  for (const Watched& one : served)
    if (!one.paused && one.due <= now && (out == nullptr || one.due < out->due)) out = &one;
  return out == nullptr ? std::nullopt : std::optional(*out);
}

void LiveTranscriber::again_in(CallId call, Duration wait) {
  const std::lock_guard lock(mutex_);
  const auto known = std::ranges::find(watched_, call, &Watched::call);
  if (known != watched_.end()) known->due = parts_.clock.now() + std::chrono::duration_cast<TimePoint::duration>(wait);
}

bool LiveTranscriber::goes_on(CallId call) const {
  const std::lock_guard lock(mutex_);
  return std::ranges::find(watched_, call, &Watched::call) != watched_.end();
}

void LiveTranscriber::forget(CallId call) {
  const std::lock_guard lock(mutex_);
  std::erase_if(watched_, [&](const Watched& one) { return one.call == call; });
}

/// Words of calls that are over do not stay in memory.
void LiveTranscriber::forget_ended() {
  const std::lock_guard lock(mutex_);
  std::erase_if(heard_, [&](const Heard& heard) {
    return std::ranges::find(watched_, heard.call, &Watched::call) == watched_.end();
  });
}

LiveTranscriber::Heard& LiveTranscriber::heard_of(CallId call) {
  const auto known = std::ranges::find(heard_, call, &Heard::call);
  if (known != heard_.end()) return *known;
  Heard& heard = heard_.emplace_back();
  heard.call = call;
  return heard;
}

void LiveTranscriber::failed(Heard& heard, const Error& error) {
  if (is_over(error.code)) return forget(heard.call);
  looks("failed").add();
  log::warning("live_transcript.failed", {{"call", heard.call.text()}, {"reason", error.text}});
  if (++heard.failures >= kMostFailures) return forget(heard.call);  // the final transcript may fare better
  again_in(heard.call, options_.every * (1U << heard.failures));
}

bool LiveTranscriber::run_one(const std::stop_token& stop) {
  forget_ended();
  const auto due = next();
  if (!due || !parts_.engine.available().recogniser) return false;
  Heard& heard = heard_of(due->call);
  auto sound = parts_.sound(due->organisation, due->call);
  if (!sound) {
    failed(heard, sound.error());
    return true;
  }
  if (heard.recording != sound->recording) {  // stopped and begun again: another recording
    heard = {};
    heard.call = due->call;
    heard.recording = sound->recording;
  }
  const double length = sound->audio->seconds();
  const double from = std::min(heard.until[0], heard.until[1]);
  const Window window{from, std::min({length, from + kLongestLook, kLongest})};
  if (from + kMargin + kLeast > kLongest) {
    forget(due->call);
    return true;
  }
  const auto wait = std::max<Duration>(
      options_.every, std::chrono::duration_cast<Duration>(std::chrono::duration<double>(length / kShareOfCall)));
  if (window.to - std::max(heard.until[0], heard.until[1]) < kMargin + kLeast && window.to - from < kLongestLook) {
    again_in(due->call, wait);
    return false;
  }
  auto said = listen(*sound->audio, heard, window, stop);
  if (stop.stop_requested() || !goes_on(due->call)) return true;
  if (!said) {
    failed(heard, said.error());
    return true;
  }
  heard.failures = 0;
  again_in(due->call, window.to < length ? Duration::zero() : wait);
  speech::Transcript transcript{said->engine, said->language, window.to, {}};
  if (!take(heard, std::move(*said), window)) return true;
  looks("done").add();
  transcript.turns = speech::join_turns(heard.pieces);
  if (auto stored = store(*due, heard, std::move(transcript)); !stored) failed(heard, stored.error());
  return true;
}

Result<speech::Transcript> LiveTranscriber::listen(CallAudio& audio, const Heard& heard, const Window& window,
                                                   const std::stop_token& stop) {
  speech::TranscribeRequest request;
  request.rate = audio.rate();
  request.channels = audio.channels();
  request.seconds = window.to - window.from;
  request.joined = false;
  request.time_limit = kTimeLimit;
  audio.start_at(window.from);
  const auto channels = static_cast<std::size_t>(request.channels);
  const auto frames = [&](double seconds) { return static_cast<std::size_t>(std::max(0.0, seconds) * request.rate); };
  std::size_t at = 0;
  const std::size_t end = frames(request.seconds);
  return parts_.engine.transcribe(
      request,
      [&](std::span<std::int16_t> out) -> Result<std::size_t> {
        out = out.first(std::min(out.size() / channels, end - at) * channels);
        if (out.empty()) return 0;
        const auto count = audio.read(out);
        if (!count) return count;
        // What a party said before is kept already: it is quiet there, so that nothing is kept twice.
        for (std::size_t channel = 0; channel < std::min<std::size_t>(channels, 2); ++channel) {
          const std::size_t quiet = frames(heard.until[channel] - window.from);
          for (std::size_t i = 0; i < *count / channels && at + i < quiet; ++i) out[i * channels + channel] = 0;
        }
        at += *count / channels;
        return count;
      },
      {}, stop);
}

/// Whether there is something new.
bool LiveTranscriber::take(Heard& heard, speech::Transcript said, const Window& window) {
  const double sure = window.to - kMargin;
  const auto before = heard.until;
  std::array<double, 2> next{std::max(before[0], sure - kBefore), std::max(before[1], sure - kBefore)};
  bool news = false;
  for (speech::Turn& piece : said.turns) {
    const std::size_t who = index_of(piece.speaker);
    piece.start_s += window.from;
    piece.end_s += window.from;
    for (speech::Word& word : piece.words) {
      word.start_s += window.from;
      word.end_s += window.from;
    }
    if (piece.end_s > sure) {  // goes on: heard again from its beginning
      next[who] = std::min(next[who], std::max(before[who], piece.start_s - kBefore));
      continue;
    }
    next[who] = std::max(next[who], piece.end_s);
    if (piece.text.empty()) continue;
    news = true;
    heard.pieces.push_back(std::move(piece));
  }
  if (window.to - window.from >= kLongestLook && next == before) next = {sure, sure};  // one endless noise
  heard.until = next;
  return news;
}

Result<void> LiveTranscriber::store(const Watched& watched, const Heard& heard, speech::Transcript transcript) {
  const auto made = parts_.provider.analyse(transcript);
  if (!made) return std::unexpected(made.error());
  store::Transcript stored = to_stored(transcript);
  stored.id = TranscriptId::make();
  stored.organisation = watched.organisation;
  stored.call = watched.call;
  stored.recording = heard.recording;
  store::Analysis analysis;
  analysis.id = AnalysisId::make();
  analysis.organisation = watched.organisation;
  analysis.call = watched.call;
  analysis.recording = heard.recording;
  analysis.engine = made->engine;
  analysis.headline = headline(*made);
  analysis.document = to_json(*made);
  if (auto saved = parts_.transcripts.save_provisional(stored, analysis); !saved) return saved;
  publish(watched, "transcript.partial",
          json::serialize(json::object{{"turns", stored.turns.size()}, {"seconds", transcript.seconds}}));
  publish(watched, "analysis.partial", "{}");
  return {};
}

void LiveTranscriber::publish(const Watched& watched, std::string_view type, std::string data) {
  store::Event event;
  event.id = EventId::make();
  event.type = type;
  event.organisation = watched.organisation;
  event.time = parts_.clock.wall();
  event.call_id = watched.call;
  event.data = std::move(data);
  parts_.bus.publish(event);
}

}  // namespace parley::insight
