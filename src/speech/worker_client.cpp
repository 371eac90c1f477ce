#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <system_error>
#include <thread>

#include <boost/json.hpp>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <base/log.hpp>
#include <speech/worker.hpp>
#include <speech/worker_frame.hpp>
#include <speech/worker_socket.hpp>

namespace parley::speech {
namespace {

namespace json = boost::json;

constexpr int kChildSocket = 3;
constexpr int kPollMilliseconds = 200;  // how soon a stop or a time-out is noticed
constexpr std::size_t kSoundSamples = 16'000;

struct SpawnActions {
  SpawnActions() { posix_spawn_file_actions_init(&actions); }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;
  ~SpawnActions() { posix_spawn_file_actions_destroy(&actions); }
  posix_spawn_file_actions_t actions{};
};

/// Signals as a fresh program expects them, whatever the starting thread has blocked.
struct SpawnAttributes {
  SpawnAttributes() {
    posix_spawnattr_init(&attributes);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    sigdelset(&all, SIGKILL);
    sigdelset(&all, SIGSTOP);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    // A group of its own: Ctrl-C at the server's terminal is the server's to handle.
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  SpawnAttributes(const SpawnAttributes&) = delete;
  SpawnAttributes& operator=(const SpawnAttributes&) = delete;
  ~SpawnAttributes() { posix_spawnattr_destroy(&attributes); }
  posix_spawnattr_t attributes{};
};

Error error_of(const Frame& frame) {
  boost::system::error_code bad;
  const json::value value = json::parse(frame.text(), bad);
  const json::object* object = bad ? nullptr : value.if_object();
  const json::value* code = object == nullptr ? nullptr : object->if_contains("code");
  const json::value* text = object == nullptr ? nullptr : object->if_contains("text");
  if (code == nullptr || !code->is_int64() || text == nullptr || !text->is_string() || code->get_int64() < 0 ||
      code->get_int64() > static_cast<int>(Errc::Internal))
    return {Errc::Internal, "the speech worker sent a malformed error"};
  return {static_cast<Errc>(code->get_int64()), std::string(text->get_string())};
}

double number_in(const Frame& frame, std::string_view name) {
  boost::system::error_code bad;
  const json::value value = json::parse(frame.text(), bad);
  const json::object* object = bad ? nullptr : value.if_object();
  const json::value* number = object == nullptr ? nullptr : object->if_contains(name);
  return number != nullptr && number->is_number() ? number->to_number<double>() : 0;
}

}  // namespace

class WorkerClient::Child {
 public:
  static Result<std::unique_ptr<Child>> start(const WorkerOptions& options) {
    std::array<int, 2> pair{-1, -1};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) != 0)
      return fail(Errc::Unavailable,
                  fmt::format("no socket for the speech worker: {}", std::generic_category().message(errno)));
    auto ours = std::make_unique<WorkerSocket>(pair[0]);
    const WorkerSocket theirs(pair[1]);
    std::vector<std::string> words = options.command;
    words.push_back(options.models.path);
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    std::array<char*, 1> no_environment{nullptr};  // the root key may be in ours
    SpawnActions files;
    posix_spawn_file_actions_adddup2(&files.actions, theirs.descriptor(), kChildSocket);
    posix_spawn_file_actions_addclosefrom_np(&files.actions, kChildSocket + 1);
    const SpawnAttributes attributes;
    pid_t process = -1;
    const int failed = posix_spawn(&process, arguments[0], &files.actions, &attributes.attributes, arguments.data(),
                                   no_environment.data());
    if (failed != 0)
      return fail(Errc::Unavailable,
                  fmt::format("the speech worker cannot be started: {}", std::generic_category().message(failed)));
    return std::unique_ptr<Child>(new Child(process, std::move(ours)));
  }

  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() { reap(); }

  [[nodiscard]] WorkerSocket& socket() { return *socket_; }

  /// Kills it and says how it ended, which tells a crash from our own killing when it was dead before.
  std::string reap() {
    if (process_ <= 0) return "gone";
    socket_.reset();
    int status = 0;
    pid_t ended = waitpid(process_, &status, WNOHANG);
    for (int tries = 0; ended == 0 && tries < 20; ++tries) {  // at the end of its socket it leaves by itself
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      ended = waitpid(process_, &status, WNOHANG);
    }
    if (ended == 0) {
      kill(process_, SIGKILL);
      do ended = waitpid(process_, &status, 0);
      while (ended < 0 && errno == EINTR);
    }
    process_ = -1;
    if (WIFSIGNALED(status)) return fmt::format("killed by signal {}", WTERMSIG(status));
    return fmt::format("exit status {}", WEXITSTATUS(status));
  }

 private:
  Child(pid_t process, std::unique_ptr<WorkerSocket> socket) : process_(process), socket_(std::move(socket)) {}

  pid_t process_;
  std::unique_ptr<WorkerSocket> socket_;
};

/// One request: sends what is to be sent while taking what comes back, within the limits of time.
class WorkerClient::Exchange {
 public:
  Exchange(WorkerSocket& socket, const Clock& clock, std::chrono::seconds stall, std::optional<TimePoint> deadline,
           std::stop_token stop)
      : socket_(socket),
        clock_(clock),
        stall_(stall),
        deadline_(deadline),
        stop_(std::move(stop)),
        heard_(clock.now()) {}

  void queue(FrameKind kind, BytesView payload) {
    const Bytes frame = encode_frame(kind, payload);
    outgoing_.insert(outgoing_.end(), frame.begin(), frame.end());
  }

  /// `more` refills the queue when it is empty and says whether it did; `take` handles frames and says when it is done.
  template <class More, class Take>
  Result<void> run(More more, Take take) {
    bool sending = true;
    while (true) {
      if (sending && sent_ == outgoing_.size()) {
        outgoing_.clear();
        sent_ = 0;
        auto refilled = more();
        if (!refilled) return std::unexpected(refilled.error());
        sending = *refilled;
      }
      if (auto fine = check_limits(); !fine) return fine;
      pollfd waiting{socket_.descriptor(), static_cast<short>(POLLIN | (sending ? POLLOUT : 0)), 0};
      if (poll(&waiting, 1, kPollMilliseconds) < 0 && errno != EINTR) return fail(Errc::Internal, "poll failed");
      if ((waiting.revents & POLLOUT) != 0) {
        auto sent = socket_.send_some(BytesView(outgoing_).subspan(sent_));
        if (!sent) return lose(sent.error());
        sent_ += *sent;
        if (*sent > 0) heard_ = clock_.now();
      }
      if ((waiting.revents & (POLLIN | POLLHUP | POLLERR)) == 0) continue;
      const auto done = take_frames(take);
      if (!done) return std::unexpected(done.error());
      if (*done) return {};
    }
  }

  /// The socket failed: the child has gone, or what it wrote was no frame.
  [[nodiscard]] bool lost() const { return lost_; }
  /// The child said no to a request that it had got whole: it is ready for the next one.
  [[nodiscard]] bool refused() const { return answered_ && sent_ == outgoing_.size(); }

 private:
  template <class Take>
  Result<bool> take_frames(Take& take) {
    while (true) {
      auto frame = socket_.receive_some();
      if (!frame) return lose(frame.error());
      if (!*frame) return false;
      heard_ = clock_.now();
      if ((*frame)->kind == FrameKind::Error) {
        answered_ = true;
        return std::unexpected(error_of(**frame));
      }
      Result<bool> done = take(**frame);
      if (!done || *done) return done;
    }
  }

  std::unexpected<Error> lose(const Error& error) {
    lost_ = true;
    return std::unexpected(error);
  }

  Result<void> check_limits() const {
    if (stop_.stop_requested()) return fail(Errc::Unavailable, "the speech work was stopped");
    const TimePoint now = clock_.now();
    if (deadline_ && now >= *deadline_) return fail(Errc::Timeout, "the speech work took longer than its time limit");
    if (now - heard_ >= stall_) return fail(Errc::Timeout, "the speech worker gave no sign of life");
    return {};
  }

  WorkerSocket& socket_;
  const Clock& clock_;
  std::chrono::seconds stall_;
  std::optional<TimePoint> deadline_;
  std::stop_token stop_;
  TimePoint heard_;
  Bytes outgoing_;
  std::size_t sent_ = 0;
  bool lost_ = false;
  bool answered_ = false;
};

WorkerClient::WorkerClient(WorkerOptions options, const Clock& clock) : options_(std::move(options)), clock_(clock) {}
WorkerClient::~WorkerClient() = default;

void WorkerClient::close() { child_.reset(); }
bool WorkerClient::running() const { return child_ != nullptr; }
unsigned WorkerClient::starts() const { return starts_; }

Result<void> WorkerClient::start() {
  if (child_) return {};
  auto child = Child::start(options_);
  if (!child) return std::unexpected(child.error());
  child_ = std::move(*child);
  ++starts_;
  return {};
}

/// A child that failed in the middle of a request is in an unknown state: the next request gets a clean one.
Error WorkerClient::abandon(const Error& error, bool lost) {
  const std::string how = child_->reap();
  child_.reset();
  log::warning("speech.worker_failed", {{"reason", error.text}, {"end", how}});
  return lost ? Error{Errc::Internal, fmt::format("the speech worker crashed ({})", how)} : error;
}

Result<Transcript> WorkerClient::transcribe(const TranscribeRequest& request, const PcmSource& source,
                                            const Progress& progress, std::stop_token stop) {
  if (auto started = start(); !started) return std::unexpected(started.error());
  Exchange exchange(child_->socket(), clock_, options_.stall_limit, clock_.now() + request.time_limit, std::move(stop));
  exchange.queue(FrameKind::Transcribe,
                 as_bytes(json::serialize(json::object{{"rate", request.rate},
                                                       {"channels", request.channels},
                                                       {"model", static_cast<int>(request.model)},
                                                       {"joined", request.joined}})));
  std::vector<std::int16_t> samples(kSoundSamples);
  bool ended = false;
  double reported = 0;
  Result<Transcript> transcript = fail(Errc::Internal, "no transcript came");
  const auto done = exchange.run(
      [&]() -> Result<bool> {
        if (ended) return false;
        auto count = source(samples);
        if (!count) return std::unexpected(count.error());
        ended = *count == 0;
        if (ended)
          exchange.queue(FrameKind::EndOfSound, {});
        else
          exchange.queue(FrameKind::Sound, encode_sound(std::span(samples).first(std::min(*count, samples.size()))));
        return true;
      },
      [&](const Frame& frame) -> Result<bool> {
        if (frame.kind == FrameKind::Progress) {
          const double share =
              request.seconds > 0 ? std::clamp(number_in(frame, "seconds") / request.seconds, 0.0, 1.0) : 0;
          if (progress && share > reported) progress(reported = share);
          return false;
        }
        if (frame.kind != FrameKind::Transcript)
          return fail(Errc::Internal, "the speech worker sent an unexpected frame");
        transcript = transcript_from_json(frame.text());
        return true;
      });
  if (!done) return std::unexpected(abandon(done.error(), exchange.lost()));
  if (transcript && progress && reported < 1) progress(1);
  return transcript;
}

Result<Sound> WorkerClient::speak(std::string_view text, const VoiceOptions& voice, std::stop_token stop) {
  if (auto started = start(); !started) return std::unexpected(started.error());
  // The voice gives nothing before it has spoken all of it: a long text is given longer.
  const auto patience = options_.stall_limit + std::chrono::seconds(text.size() / 8);
  Exchange exchange(child_->socket(), clock_, patience, std::nullopt, std::move(stop));
  exchange.queue(
      FrameKind::Speak,
      as_bytes(json::serialize(json::object{{"text", text}, {"voice", voice.voice}, {"speed", voice.speed}})));
  Sound sound;
  const auto done = exchange.run([]() -> Result<bool> { return false; },
                                 [&](const Frame& frame) -> Result<bool> {
                                   if (frame.kind == FrameKind::Spoken) {
                                     sound.rate = static_cast<int>(number_in(frame, "rate"));
                                     return true;
                                   }
                                   if (frame.kind != FrameKind::Sound)
                                     return fail(Errc::Internal, "the speech worker sent an unexpected frame");
                                   auto samples = decode_sound(frame.payload);
                                   if (!samples) return std::unexpected(samples.error());
                                   for (const auto sample : *samples)
                                     sound.samples.push_back(static_cast<float>(sample) / 32768.0F);
                                   return false;
                                 });
  if (!done) return std::unexpected(exchange.refused() ? done.error() : abandon(done.error(), exchange.lost()));
  return sound;
}

}  // namespace parley::speech
