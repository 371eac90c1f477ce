#include <algorithm>
#include <cmath>
#include <optional>

#include <boost/json.hpp>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <speech/synthesiser.hpp>
#include <speech/transcriber.hpp>
#include <speech/worker.hpp>
#include <speech/worker_frame.hpp>
#include <speech/worker_socket.hpp>

namespace parley::speech {
namespace {

namespace json = boost::json;

constexpr int kInheritedSocket = 3;
constexpr int kNice = 10;

/// Answers one request at a time; engines are loaded when first needed and kept.
class Worker {
 public:
  Worker(int socket, ModelFolder models) : channel_(socket), models_(std::move(models)) {}

  int serve() {
    while (true) {
      auto frame = channel_.receive();
      if (!frame) return frame.error().code == Errc::Unavailable ? 0 : 1;  // Unavailable: the client has gone
      Result<void> done;
      switch (frame->kind) {
        case FrameKind::Transcribe: done = transcribe(*frame); break;
        case FrameKind::Speak: done = speak(*frame); break;
        case FrameKind::Sound:
        case FrameKind::EndOfSound: continue;  // the rest of a recording whose transcription failed
        default: return 1;
      }
      if (!done && !report(done.error())) return 1;
    }
  }

 private:
  /// False when the client has gone.
  bool report(const Error& error) {
    const auto text = json::serialize(json::object{{"code", static_cast<int>(error.code)}, {"text", error.text}});
    return channel_.send(FrameKind::Error, as_bytes(text)).has_value();
  }

  Result<void> transcribe(const Frame& request) {
    boost::system::error_code bad;
    const json::value value = json::parse(request.text(), bad);
    const json::object* object = bad ? nullptr : value.if_object();
    if (object == nullptr) return fail(Errc::Invalid, "the request is not a JSON object");
    const auto integer = [&](std::string_view name) -> int {
      const json::value* item = object->if_contains(name);
      const auto* number = item == nullptr ? nullptr : item->if_int64();
      return number == nullptr || *number < 0 || *number > 1'000'000 ? 0 : static_cast<int>(*number);
    };
    const json::value* joining = object->if_contains("joined");
    const bool joined = joining == nullptr || !joining->is_bool() || joining->get_bool();
    const int model = integer("model");
    if (model > static_cast<int>(Recogniser::Model::Tiny)) return fail(Errc::Invalid, "no such recogniser model");
    if (auto opened = open_recogniser(static_cast<Recogniser::Model>(model)); !opened) return opened;
    auto transcriber = Transcriber::make({integer("rate"), integer("channels"), joined}, *recogniser_,
                                         [this] { return VoiceActivity::open(models_); });
    if (!transcriber) return std::unexpected(transcriber.error());
    Result<void> sent;
    (*transcriber)->on_segment([&](double seconds) {
      const auto text = json::serialize(json::object{{"seconds", seconds}});
      if (sent) sent = channel_.send(FrameKind::Progress, as_bytes(text));
    });
    while (true) {
      auto frame = channel_.receive();
      if (!frame) return std::unexpected(frame.error());
      if (frame->kind == FrameKind::EndOfSound) break;
      if (frame->kind != FrameKind::Sound) return fail(Errc::Invalid, "sound was expected");
      auto samples = decode_sound(frame->payload);
      if (!samples) return std::unexpected(samples.error());
      if (auto pushed = (*transcriber)->push(*samples); !pushed) return pushed;
      if (!sent) return sent;
    }
    auto transcript = (*transcriber)->finish();
    if (!transcript) return std::unexpected(transcript.error());
    return channel_.send(FrameKind::Transcript, as_bytes(to_json(*transcript)));
  }

  Result<void> open_recogniser(Recogniser::Model model) {
    if (recogniser_ && model_ == model) return {};
    recogniser_.reset();
    auto opened = Recogniser::open(models_, model);
    if (!opened) return std::unexpected(opened.error());
    recogniser_ = std::move(*opened);
    model_ = model;
    return {};
  }

  Result<void> speak(const Frame& request) {
    boost::system::error_code bad;
    const json::value value = json::parse(request.text(), bad);
    const json::object* object = bad ? nullptr : value.if_object();
    const json::value* text = object == nullptr ? nullptr : object->if_contains("text");
    const json::value* voice = object == nullptr ? nullptr : object->if_contains("voice");
    const json::value* speed = object == nullptr ? nullptr : object->if_contains("speed");
    if (text == nullptr || !text->is_string() || voice == nullptr || !voice->is_string() || speed == nullptr ||
        !speed->is_number())
      return fail(Errc::Invalid, "a request to speak has text, voice and speed");
    if (!synthesiser_) {
      auto opened = Synthesiser::open_natural(models_);
      if (!opened) return std::unexpected(opened.error());
      synthesiser_ = std::move(*opened);
    }
    auto sound =
        synthesiser_->speak(text->get_string(), {std::string(voice->get_string()), speed->to_number<double>()});
    if (!sound) return std::unexpected(sound.error());
    std::vector<std::int16_t> samples(sound->samples.size());
    std::ranges::transform(sound->samples, samples.begin(), [](float sample) {
      return static_cast<std::int16_t>(std::lround(std::clamp(sample, -1.0F, 1.0F) * 32767.0F));
    });
    for (std::span<const std::int16_t> rest = samples; !rest.empty();) {
      const auto part = rest.first(std::min(rest.size(), kMaxSoundFrame / 2));
      if (auto sent = channel_.send(FrameKind::Sound, encode_sound(part)); !sent) return sent;
      rest = rest.subspan(part.size());
    }
    return channel_.send(FrameKind::Spoken, as_bytes(json::serialize(json::object{{"rate", sound->rate}})));
  }

  WorkerSocket channel_;
  ModelFolder models_;
  std::unique_ptr<Recogniser> recogniser_;
  Recogniser::Model model_ = Recogniser::Model::Best;
  std::unique_ptr<Synthesiser> synthesiser_;
};

}  // namespace

int serve_worker(int socket, const ModelFolder& models) { return Worker(socket, models).serve(); }

int worker_main(std::span<char* const> arguments) {
  if (arguments.size() != 1) {
    fmt::print(stderr, "worker: this is started by parleyd itself, with the folder of the speech models\n");
    return 2;
  }
  setpriority(PRIO_PROCESS, 0, kNice);
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  prctl(PR_SET_DUMPABLE, 0);  // neither dumped nor read by another process of the same user
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  return serve_worker(kInheritedSocket, {arguments[0]});
}

}  // namespace parley::speech
