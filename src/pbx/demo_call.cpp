#include <thread>

#include <base/guarded.hpp>
#include <base/log.hpp>
#include <codec/wav.hpp>
#include <net/reactor.hpp>
#include <pbx/demo_call.hpp>
#include <pbx/softphone.hpp>

namespace parley::pbx {
namespace {

constexpr auto kLook = std::chrono::milliseconds(200);
constexpr auto kPause = std::chrono::milliseconds(300);   // before the first word, as people do
constexpr auto kNoticeWithin = std::chrono::seconds(40);  // from the answer until the recording runs
constexpr auto kGoodbyeWithin = std::chrono::seconds(3);  // for BYE and the two unregistrations

}  // namespace

std::string_view to_string(DemoProgress::State state) noexcept {
  constexpr std::string_view kNames[] = {"idle", "running", "done", "failed"};
  return kNames[static_cast<std::size_t>(state)];
}

/// One demo call from registration to the end, on its own reactor.
struct DemoCall::Run {
  Run(Switchboard& s, const Clock& clock, Random& r, DemoCallOptions o, codec::Wav w,
      std::function<void(const DemoProgress&)> tell)
      : switchboard(s),
        random(r),
        options(std::move(o)),
        conversation(std::move(w)),
        on_progress(std::move(tell)),
        reactor(1000, clock) {}

  void begin() {
    report("registering", 0);
    length_timer = reactor.after(options.at_most, [this] { fail_with("the demo call took too long"); });
    for (auto* phone : {&caller, &callee}) {
      const auto& account = phone == &caller ? options.caller : options.callee;
      SoftphoneOptions made;
      made.address = options.address;
      made.server = options.server;
      made.domain = options.domain;
      made.user = account.user;
      made.password = account.password;
      made.display_name = account.display_name;
      auto opened = Softphone::open(reactor, std::move(made), random);
      if (!opened) return fail_with("a softphone could not open its sockets: " + opened.error().text);
      *phone = std::move(*opened);
    }
    caller->register_now([this](unsigned status) { registered(status); });
    callee->register_now([this](unsigned status) { registered(status); });
  }

  void registered(unsigned status) {
    if (status != 200) return fail_with("a softphone could not register: status " + std::to_string(status));
    if (++registered_count < 2) return;
    report("calling", 0.02);
    callee->on({.on_ringing = {},
                .on_incoming = [this](const std::string&) { reactor.after(kPause, [this] { callee->answer(); }); },
                .on_answered = {},
                .on_ended = {}});
    caller->on({.on_ringing = {},
                .on_incoming = {},
                .on_answered = [this] { answered(); },
                .on_ended =
                    [this](unsigned status_of_end) {
                      if (finishing) return;
                      fail_with(status_of_end == 200
                                    ? "the demo call was ended early"
                                    : "the demo call was refused: status " + std::to_string(status_of_end));
                    }});
    caller->call(options.callee.number);
  }

  void answered() {
    report("notice", 0.04);
    answered_at = reactor.now();
    await_recording();
  }

  /// The conversation begins when the recording does: what is said during the notice would be lost.
  void await_recording() {
    if (over) return;
    const auto live = find_call();
    if (live && live->answered) {
      state_call(live->id);
      if (live->recording == RecordingStatus::On) {
        reactor.after(kPause, [this] { talk(); });
        return;
      }
      if (live->recording == RecordingStatus::Failed)
        return fail_with("the recording failed: the notice could not be played, or nothing be stored");
      // Off although answered: not yet begun (Conflict, or begun now), or neither extension is opted in (PBX-4).
      if (live->recording == RecordingStatus::Off && !asked) {
        const auto begun = switchboard.recording(options.organisation, live->id, RecordingAction::Start);
        if (!begun && begun.error().code == Errc::Forbidden)
          return fail_with("the demo call is recorded, and recording is off: parley extensions set " +
                           options.caller.number + " --recording on");
        asked = begun.has_value();
      }
    }
    if (reactor.now() - answered_at > kNoticeWithin) return fail_with("the recording did not begin");
    reactor.after(kLook, [this] { await_recording(); });
  }

  std::optional<LiveCall> find_call() const {
    for (const auto& call : switchboard.live_calls(options.organisation))
      if (call.caller.number == options.caller.number && call.callee.number == options.callee.number) return call;
    return std::nullopt;
  }

  void talk() {
    if (over) return;
    report("talking", 0.05);
    const auto done = [this] {
      if (++said == 2) reactor.after(kPause, [this] { finish(); });
    };
    caller->media().play(conversation.channel(0), conversation.rate, done);
    callee->media().play(conversation.channel(1), conversation.rate, done);
    follow();
  }

  void follow() {
    if (over || finishing) return;
    const auto whole = static_cast<double>(conversation.frames()) / conversation.rate;
    report("talking", 0.05 + 0.9 * std::min(1.0, whole > 0 ? caller->media().played_seconds() / whole : 1.0));
    reactor.after(std::chrono::milliseconds(500), [this] { follow(); });
  }

  void finish() {
    if (over) return;
    finishing = true;
    report("ending", 0.97);
    caller->hang_up();
    goodbye([this] { end(DemoProgress::State::Done, "done", 1); });
  }

  void fail_with(const std::string& why) {
    if (over || finishing) return;
    finishing = true;
    log::warning("demo.failed", {{"reason", why}});
    if (caller) caller->hang_up();
    goodbye([this, why] { end(DemoProgress::State::Failed, why, progress().progress); });
  }

  void goodbye(std::function<void()> then) {
    goodbyes = 0;
    auto once = std::make_shared<std::function<void()>>(std::move(then));
    const auto run = [once] {
      if (auto work = std::exchange(*once, nullptr)) work();
    };
    const auto gone = [this, run](unsigned) {
      if (++goodbyes == 2) run();
    };
    for (auto* phone : {&caller, &callee}) *phone ? (*phone)->unregister(gone) : gone(200);
    reactor.after(kGoodbyeWithin, run);
  }

  void end(DemoProgress::State state, const std::string& step, double share) {
    over = true;
    reactor.cancel(length_timer);
    held.with([&](DemoProgress& p) {
      p.state = state;
      p.step = step;
      p.progress = share;
    });
    if (on_progress) on_progress(progress());
    reactor.stop();
  }

  void report(const std::string& step, double share) {
    held.with([&](DemoProgress& p) {
      p.state = DemoProgress::State::Running;
      p.step = step;
      p.progress = share;
    });
    if (on_progress) on_progress(progress());
  }
  void state_call(CallId id) {
    held.with([&](DemoProgress& p) { p.call = id; });
  }
  DemoProgress progress() const {
    return held.with([](const DemoProgress& p) { return p; });
  }

  Switchboard& switchboard;
  Random& random;
  DemoCallOptions options;
  codec::Wav conversation;
  std::function<void(const DemoProgress&)> on_progress;
  Guarded<DemoProgress> held;
  net::Reactor reactor;
  net::Reactor::TimerHandle length_timer;
  std::unique_ptr<Softphone> caller, callee;
  unsigned registered_count = 0, said = 0, goodbyes = 0;
  bool asked = false, finishing = false, over = false;
  TimePoint answered_at{};
  std::thread thread;
};

DemoCall::DemoCall(Switchboard& switchboard, const Clock& clock, Random& random)
    : switchboard_(switchboard), clock_(clock), random_(random) {}

DemoCall::~DemoCall() { stop(); }

Result<void> DemoCall::start(const DemoCallOptions& options, std::function<void(const DemoProgress&)> on_progress) {
  if (run_ && run_->progress().state == DemoProgress::State::Running)
    return fail(Errc::Conflict, "a demo call is running");
  auto conversation = codec::read_wav(options.conversation);
  if (!conversation) return std::unexpected(conversation.error());
  if (conversation->channels != 2) return fail(Errc::Invalid, "the conversation needs two channels: caller and callee");
  stop();
  run_ =
      std::make_unique<Run>(switchboard_, clock_, random_, options, std::move(*conversation), std::move(on_progress));
  run_->held.with([](DemoProgress& p) { p.state = DemoProgress::State::Running; });
  run_->reactor.post([run = run_.get()] { run->begin(); });
  run_->thread = std::thread([run = run_.get()] { run->reactor.run(); });
  return {};
}

DemoProgress DemoCall::progress() const { return run_ ? run_->progress() : DemoProgress{}; }

void DemoCall::stop() {
  if (!run_ || !run_->thread.joinable()) return;
  run_->reactor.post([run = run_.get()] { run->fail_with("stopped"); });
  run_->thread.join();
}

}  // namespace parley::pbx
