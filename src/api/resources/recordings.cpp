#include <charconv>
#include <cmath>
#include <memory>

#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include <api/call_access.hpp>
#include <api/route.hpp>
#include <media/recording_reader.hpp>
#include <store/store.hpp>

namespace parley::api {

namespace {
constexpr unsigned kPeaksPerSecond = 10;

const Schema kWaveform{"Waveform",
                       {number("seconds").need(), integer("peaks_per_s").need(), anything("channels").need()}};
const Schema kWord{"Word",
                   {text("text").need(), number("start").need(), number("end").need(), number("confidence").need()}};
const Schema kTurn{"Turn",
                   {choice("speaker", {"caller", "callee"}).need(), number("start_s").need(), number("end_s").need(),
                    text("text").need(), number("confidence").need(), list_of("words", kWord)}};
const Schema kTranscript{
    "Transcript",
    {text("engine").need(), text("language").need(), list_of("turns", kTurn).need(),
     truth("provisional").need().says("the call is going on, or its final transcript is to come")}};
const Schema kAnalysis{"Analysis", {text("engine").need(), text("language").need(), truth("provisional").need()}, true};

/// The call's recording, ready to be decoded. Whoever comes here has been checked, and is audited by the caller.
std::expected<std::shared_ptr<media::RecordingReader>, Refusal> open_recording(Request& request) {
  auto& store = request.parts.store;
  const auto recording = store.recordings.find_by_call(request.organisation, request.id<CallId>("call"));
  if (!recording) return refuse(recording.error());
  if (recording->state == store::RecordingState::Deleted) return refuse(Problem::NotFound, "the recording was deleted");
  if (recording->state == store::RecordingState::Recording)
    return refuse(Problem::Conflict, "the recording is still running");
  const auto key = store.recordings.key(request.organisation, recording->id);
  if (!key) return refuse(key.error());
  const auto path = store.blobs.path(recording->blob);
  if (!path) return refuse(path.error());
  auto file = media::open_random_access_file(*path);
  if (!file) return refuse(file.error());
  auto reader = media::RecordingReader::open(std::move(*file), *key);
  if (!reader) return refuse(reader.error());
  return std::make_shared<media::RecordingReader>(std::move(*reader));
}

std::expected<std::uint32_t, Refusal> rate_of(const Request& request) {
  const auto given = request.http.parameter("rate").value_or("16000");
  if (given != "8000" && given != "16000") return refuse(Problem::InvalidValue, "rate must be 8000 or 16000");
  return given == "8000" ? 8000U : 16000U;
}

Answer audio(Request& request) {
  const auto rate = rate_of(request);
  if (!rate) return std::unexpected(rate.error());
  if (const auto call = visible_call(request); !call) return std::unexpected(call.error());
  const auto reader = open_recording(request);
  if (!reader) return std::unexpected(reader.error());
  const std::uint64_t total = (*reader)->wav_size(*rate);
  const auto wanted = net::parse_range(request.http.header("range"), total);
  if (wanted.kind == net::RangeKind::Unsatisfiable) {
    auto no = to_response({Problem::RangeNotSatisfiable, fmt::format("the audio has {} bytes", total), std::nullopt});
    no.set("Content-Range", fmt::format("bytes */{}", total));
    return no;
  }
  // Players fetch in pieces: what counts as listening is the request that has the beginning.
  const bool part = wanted.kind == net::RangeKind::Part;
  if (auto done = request.audit("recording.listened", "call", request.id<CallId>("call").text(),
                                part ? json::object{{"first_byte", wanted.range.first}} : json::object{});
      !done) {
    return refuse(done.error());
  }
  net::HttpResponse response;
  response.status = part ? 206 : 200;
  response.set("Content-Type", "audio/wav");
  response.set("Accept-Ranges", "bytes");
  response.set("Cache-Control", "no-store");
  response.set("Content-Disposition", "inline; filename=\"recording.wav\"");
  if (part) {
    response.set("Content-Range", fmt::format("bytes {}-{}/{}", wanted.range.first,
                                              wanted.range.first + wanted.range.length - 1, total));
  }
  response.stream_length = part ? wanted.range.length : total;
  response.stream = [reader = *reader, rate = *rate,
                     at = part ? wanted.range.first : 0](std::span<std::uint8_t> room) mutable {
    auto got = reader->read_wav(rate, at, room);
    if (got) at += *got;
    return got;
  };
  return response;
}

Answer waveform(Request& request) {
  if (const auto call = visible_call(request); !call) return std::unexpected(call.error());
  const auto reader = open_recording(request);
  if (!reader) return std::unexpected(reader.error());
  const auto peaks = (*reader)->waveform(kPeaksPerSecond);
  if (!peaks) return refuse(peaks.error());
  json::array channels;
  for (const auto& channel : *peaks) {
    json::array values;
    values.reserve(channel.size());
    for (const float value : channel) values.emplace_back(std::round(static_cast<double>(value) * 1000) / 1000);
    channels.push_back(std::move(values));
  }
  return ok({{"seconds", std::chrono::duration<double>((*reader)->info().length).count()},
             {"peaks_per_s", kPeaksPerSecond},
             {"channels", std::move(channels)}});
}

Answer transcript(Request& request) {
  if (const auto call = visible_call(request); !call) return std::unexpected(call.error());
  const auto id = request.id<CallId>("call");
  const auto found = request.parts.store.transcripts.find(request.organisation, id);
  if (!found) return refuse(found.error());
  if (auto done = request.audit("transcript.read", "call", id.text()); !done) return refuse(done.error());
  json::array turns;
  for (const auto& turn : found->turns) {
    json::array words;
    for (const auto& word : turn.words) {
      words.push_back(
          json::object{{"text", word.text}, {"start", word.start}, {"end", word.end}, {"confidence", word.confidence}});
    }
    turns.push_back(json::object{{"speaker", turn.speaker},
                                 {"start_s", turn.start_s},
                                 {"end_s", turn.end_s},
                                 {"text", turn.text},
                                 {"confidence", turn.confidence},
                                 {"words", std::move(words)}});
  }
  return ok({{"engine", found->engine},
             {"language", found->language},
             {"turns", std::move(turns)},
             {"provisional", found->provisional}});
}

Answer analysis(Request& request) {
  if (const auto call = visible_call(request); !call) return std::unexpected(call.error());
  const auto id = request.id<CallId>("call");
  const auto found = request.parts.store.transcripts.find_analysis(request.organisation, id);
  if (!found) return refuse(found.error());
  if (auto done = request.audit("analysis.read", "call", id.text()); !done) return refuse(done.error());
  boost::system::error_code failure;
  auto document = json::parse(found->document, failure);
  if (failure || !document.is_object()) return refuse(Problem::Corrupt, "the analysis is not JSON");
  document.as_object()["provisional"] = found->provisional;
  return ok(document);
}
}  // namespace

void add_recording_routes(std::vector<Route>& out) {
  out.push_back(
      {.method = "GET",
       .path = "/v1/organisations/{organisation}/calls/{call}/audio",
       .permission = Permission::RecordingsListen,
       .summary = "The recording as stereo WAV, caller left, callee right; decrypted on the way, byte ranges, audited",
       .handler = audio,
       .query = {{"rate", "8000 or 16000"}},
       .produces = "audio/wav"});
  out.push_back({.method = "GET",
                 .path = "/v1/organisations/{organisation}/calls/{call}/waveform",
                 .permission = Permission::RecordingsListen,
                 .summary = "Peaks of both parties for drawing",
                 .response = &kWaveform,
                 .handler = waveform,
                 .query = {}});
  out.push_back({.method = "GET",
                 .path = "/v1/organisations/{organisation}/calls/{call}/transcript",
                 .permission = Permission::RecordingsListen,
                 .summary = "What was said, by turns; of a running call what was said so far (provisional)",
                 .response = &kTranscript,
                 .handler = transcript,
                 .query = {}});
  out.push_back({.method = "GET",
                 .path = "/v1/organisations/{organisation}/calls/{call}/analysis",
                 .permission = Permission::RecordingsListen,
                 .summary = "What it means, as claims with evidence; of a running call provisional",
                 .response = &kAnalysis,
                 .handler = analysis,
                 .query = {}});
}

}  // namespace parley::api
