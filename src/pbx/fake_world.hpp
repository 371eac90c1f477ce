#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <base/clock.hpp>
#include <base/random.hpp>
#include <media/prompt.hpp>
#include <net/reactor.hpp>
#include <pbx/exchange.hpp>

/// The call logic with nothing real around it, for tests and scenarios in virtual time: one Exchange on a polled
/// reactor, messages instead of sockets, media that only remembers, a ledger in memory.
namespace parley::pbx::fake {

/// One RTP leg as the call logic steers it.
struct Leg {
  media::RemoteMedia remote;
  media::LegCallbacks callbacks;
  media::LegHandle peer;  // bridged with; itself: echo
  bool closed = false;
  bool recorded = false;
};

class Media final : public MediaGate {
 public:
  explicit Media(net::Reactor& reactor) : reactor_(reactor) {}

  Result<media::OpenLeg> open_leg(media::LegOptions, media::LegCallbacks callbacks) override {
    if (full) return fail(Errc::Full, "no port left");
    const auto index = next_++;
    legs[index].callbacks = std::move(callbacks);
    const auto port = static_cast<std::uint16_t>(20000 + 2 * index);
    return media::OpenLeg{{index, 1}, port, static_cast<std::uint16_t>(port + 1)};
  }
  void set_remote(media::LegHandle leg, media::RemoteMedia remote) override {
    legs[leg.index].remote = std::move(remote);
  }
  void bridge(media::LegHandle a, media::LegHandle b) override {
    legs[a.index].peer = b;
    legs[b.index].peer = a;
    log.push_back("bridge");
  }
  void unbridge(media::LegHandle leg) override {
    const auto peer = std::exchange(legs[leg.index].peer, {});
    if (peer) legs[peer.index].peer = {};
  }
  void echo(media::LegHandle leg) override { legs[leg.index].peer = leg; }
  void play(media::LegHandle leg, std::shared_ptr<const media::Prompt> prompt, bool, Outcome on_done) override {
    log.push_back("play");
    const auto outcome =
        deaf.contains(leg.index) || prompts_fail ? media::PlayOutcome::Failed : media::PlayOutcome::Finished;
    reactor_.after(outcome == media::PlayOutcome::Finished ? prompt->length() : Duration{},
                   [leg, outcome, on_done, this] {
                     log.push_back("played");
                     on_done(leg, legs[leg.index].closed ? media::PlayOutcome::Closed : outcome);
                   });
  }
  void stop_play(media::LegHandle) override {}
  void record(media::LegHandle leg, std::shared_ptr<media::Recording>, media::Party) override {
    legs[leg.index].recorded = true;
    log.push_back("capture");
  }
  void stop_recording(media::LegHandle leg) override { legs[leg.index].recorded = false; }
  void close(media::LegHandle leg, Closed on_closed) override {
    legs[leg.index].closed = true;
    legs[leg.index].peer = {};
    if (on_closed) reactor_.post([leg, on_closed] { on_closed(leg, media::LegStatistics{.packets_in = 7}); });
  }

  void press(std::uint32_t leg, char digit) {
    legs[leg].callbacks.on_dtmf({leg, 1}, media::DtmfPress{digit, std::chrono::milliseconds(100)});
  }
  [[nodiscard]] const Leg* by_port(std::uint16_t port) const {
    const auto found = legs.find((port - 20000U) / 2U);
    return found == legs.end() ? nullptr : &found->second;
  }
  [[nodiscard]] std::size_t open() const {
    std::size_t count = 0;
    for (const auto& [index, leg] : legs) count += !leg.closed;
    return count;
  }

  std::map<std::uint32_t, Leg> legs;
  std::map<std::uint32_t, bool> deaf;
  std::vector<std::string> log;  // what happened, in order: what PBX-4 is about
  bool prompts_fail = false, full = false;

 private:
  net::Reactor& reactor_;
  std::uint32_t next_ = 1;
};

class Recording final : public media::Recording {
 public:
  Recording(RecordingId id, net::Reactor& reactor, Ledger::RecordingEnded ended)
      : id_(id), reactor_(reactor), ended_(std::move(ended)) {}
  void pause() override { state_ = media::RecordingState::Paused; }
  void resume() override { state_ = media::RecordingState::Recording; }
  void stop() override { end(media::RecordingState::Stopped, {}); }
  void end(media::RecordingState state, const std::string& why) {
    if (!ended_) return;
    state_ = state;
    media::RecordingSummary summary;
    summary.recording = id_;
    summary.state = state;
    summary.failure = why;
    summary.length = std::chrono::seconds(1);
    reactor_.post([summary, done = std::exchange(ended_, nullptr)] { done(summary); });
  }
  [[nodiscard]] media::RecordingState state() const override { return state_; }
  [[nodiscard]] RecordingId id() const override { return id_; }
  void offer(const media::RecordedPacket&) noexcept override {}

 private:
  RecordingId id_;
  net::Reactor& reactor_;
  Ledger::RecordingEnded ended_;
  media::RecordingState state_ = media::RecordingState::Recording;
};

class MemoryLedger final : public Ledger {
 public:
  MemoryLedger(net::Reactor& reactor, std::vector<std::string>& log) : reactor_(reactor), log_(log) {}
  Result<DirectorySource> load_directory() override { return source; }
  Result<std::vector<Binding>> load_bindings(TimePoint) override { return kept; }
  void keep_binding(const Binding& binding, bool) override {
    forget_binding(binding);
    kept.push_back(binding);
  }
  void forget_binding(const Binding& binding) override {
    std::erase_if(
        kept, [&](const Binding& held) { return held.device == binding.device && key_of(held) == key_of(binding); });
  }
  Result<std::vector<Ban>> load_bans() override { return std::vector<Ban>{}; }
  void keep_ban(const Ban&) override {}
  void forget_ban(BanId) override {}
  void start_recording(RecordingOrder order, media::Poster post, RecordingMade made, RecordingEnded ended) override {
    if (disk_full) return post([made] { made(fail(Errc::Full, "no room for the recording")); });
    log_.push_back("durable");
    recording = std::make_shared<Recording>(order.recording, reactor_, std::move(ended));
    orders.push_back(std::move(order));
    post([made, this] { made(recording); });
  }
  void close_call(const store::CallRecord& call, std::vector<RecordingId> recordings, media::Poster post,
                  std::function<void(Result<void>)> done) override {
    cdrs.push_back(call);
    transcribed.insert(transcribed.end(), recordings.begin(), recordings.end());
    post([done] { done({}); });
  }
  void publish(store::Event event, bool) override { events.push_back(std::move(event)); }

  DirectorySource source;
  std::vector<Binding> kept;
  std::vector<RecordingOrder> orders;
  std::vector<store::CallRecord> cdrs;
  std::vector<RecordingId> transcribed;
  std::vector<store::Event> events;
  std::shared_ptr<Recording> recording;
  bool disk_full = false;

 private:
  net::Reactor& reactor_;
  std::vector<std::string>& log_;
};

/// Where messages of the exchange go: a mailbox for each address.
class Network final : public Wire {
 public:
  explicit Network(net::Reactor& reactor) : reactor_(reactor) {}

  bool send(std::string_view bytes, const sip::Flow& flow) override {
    if (unreachable.contains(flow.remote)) return false;
    mail[flow.remote].emplace_back(bytes);
    ++sent;
    return true;
  }
  Endpoint own_endpoint(const sip::Flow&) override { return *Endpoint::parse("127.0.0.1:5060"); }
  void connect(const sip::Flow& to, const std::string& identity,
               UniqueFunction<void(Result<sip::Flow>)> done) override {
    auto way = to;
    if (to.transport != sip::Transport::Udp) way.connection = ++connections;
    Result<sip::Flow> result = way;
    if (unreachable.contains(to.remote)) {
      result = fail(Errc::Unavailable, "unreachable");
    } else if (to.transport == sip::Transport::Tls && certificates[to.remote] != identity) {
      result = fail(Errc::Forbidden, "the certificate is not that of " + identity);
    }
    reactor_.post([done = std::move(done), result]() mutable { done(result); });
  }
  bool opened(const sip::Flow& flow) override { return flow.connection != 0 && flow.connection <= connections; }
  void expect_keep_alive(const sip::Flow& flow, Duration) override { kept_alive.push_back(flow.connection); }

  std::map<Endpoint, std::vector<std::string>> mail;
  std::map<Endpoint, bool> unreachable;
  std::map<Endpoint, std::string> certificates;  // whom the server there proves to be
  std::vector<std::uint64_t> kept_alive;
  std::uint64_t sent = 0, connections = 0;

 private:
  net::Reactor& reactor_;
};

struct World {
  World() : World(PbxOptions{}) {}
  explicit World(PbxOptions o) : options(std::move(o)) {
    notice = *media::Prompt::from_pcm(std::vector<std::int16_t>(8000 * 3), 8000);
    prompts.put("recording_notice", notice);
    shared.exchanges.push_back(&exchange);
  }

  OrganisationId organisation(const std::string& domain) {
    const auto id = OrganisationId::make(clock, random);
    ledger.source.organisations.push_back({id, domain, domain, {}, {}});
    return id;
  }
  /// With one device of the same name; its password is "secret-<user>".
  ExtensionId extension(OrganisationId organisation, const std::string& number, const std::string& name = {},
                        bool recording = false, Duration ring = std::chrono::seconds(30), bool enabled = true) {
    const auto id = ExtensionId::make(clock, random);
    ledger.source.extensions.push_back({id, organisation, number, name, {}, recording, enabled, ring});
    device(organisation, id, number);
    return id;
  }
  void device(OrganisationId organisation, ExtensionId extension, const std::string& user) {
    ledger.source.devices.push_back({DeviceId::make(clock, random), organisation, extension, user, "secret-" + user});
  }
  void reload() { directory.swap(Directory::build(ledger.source)); }

  void deliver(const Endpoint& from, const std::string& text, sip::Transport transport = sip::Transport::Udp) {
    auto message = sip::Message::parse(text);
    message.source = {transport, *Endpoint::parse("127.0.0.1:5060"), from, 0};
    exchange.receive(std::move(message));
    settle();
  }
  /// Runs what is ready, at this instant.
  void settle() {
    while (reactor.poll() > 0) {
    }
  }
  void advance(Duration by) {
    const auto until = clock.now() + by;
    while (clock.now() < until) {
      clock.advance(std::min<Duration>(until - clock.now(), std::chrono::milliseconds(10)));
      settle();
    }
  }

  FakeClock clock;
  SeededRandom random{42};
  PbxOptions options;
  net::Reactor reactor{0, clock};
  Media media{reactor};
  MemoryLedger ledger{reactor, media.log};
  Network network{reactor};
  DirectoryHolder directory;
  LocationTable locations;
  SourceGuard guard{clock, random, options.guard};
  LiveCalls live{options.max_calls, options.max_calls_per_extension};
  media::PromptStore prompts{"/nonexistent"};
  std::shared_ptr<const media::Prompt> notice;
  TrunkBoard trunks;
  SipTrace trace{1, options.trace};
  Shared shared{options, directory, locations, guard, trace, live, trunks, media, prompts, ledger, clock, random, {}};
  SharedDigest digest{vault::ShortKey{1}};
  Exchange exchange{shared, digest, reactor, network};
};

}  // namespace parley::pbx::fake
