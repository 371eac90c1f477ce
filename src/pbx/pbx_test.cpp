// The whole telephone part with real sockets, media and store, on four reactors.
#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <thread>

#include <gtest/gtest.h>

#include <base/metrics.hpp>
#include <codec/wav.hpp>
#include <media/media_engine.hpp>
#include <media/recorder.hpp>
#include <media/recording_reader.hpp>
#include <net/reactor.hpp>
#include <net/tcp.hpp>
#include <net/udp_socket.hpp>
#include <pbx/demo_call.hpp>
#include <pbx/pbx.hpp>
#include <pbx/softphone.hpp>
#include <pbx/store_ledger.hpp>
#include <sip/minted.hpp>
#include <store/executor.hpp>
#include <store/store.hpp>

namespace parley::pbx {
namespace {

using namespace std::chrono_literals;

const IpAddress kLoopback = *IpAddress::parse("127.0.0.1");

bool wait_until(const std::function<bool()>& condition, std::chrono::milliseconds limit = 10s) {
  const auto until = std::chrono::steady_clock::now() + limit;
  while (std::chrono::steady_clock::now() < until) {
    if (condition()) return true;
    std::this_thread::sleep_for(5ms);
  }
  return condition();
}

struct Folder {
  std::filesystem::path path = std::filesystem::temp_directory_path() / ("parley-pbx-" + system_random().token(12));
  Folder() { std::filesystem::create_directories(path); }
  ~Folder() { std::filesystem::remove_all(path); }
};

/// A server without its API: store, media, reactors, Pbx.
struct Server {
  explicit Server(const std::filesystem::path& folder, PbxOptions options = {}) : prompts("/nonexistent") {
    auto opened = store::Store::open({.folder = folder});
    if (!opened) throw std::runtime_error(opened.error().text);
    store = std::move(*opened);
    media::EngineOptions engine;
    engine.bind_address = kLoopback;
    media = std::move(*media::MediaEngine::start(engine, system_clock(), system_random()));
    std::vector<std::int16_t> tone(16000 / 2);
    for (std::size_t i = 0; i < tone.size(); ++i) tone[i] = static_cast<std::int16_t>((i * 977) % 8000 - 4000);
    prompts.put("recording_notice", *media::Prompt::from_pcm(tone, 16000));
    executor = std::make_unique<store::Executor>(2);
    recorder = std::make_unique<media::Recorder>(system_clock(), system_random());
    ledger = make_store_ledger(*store, *executor, *recorder);
    options.bind = {kLoopback};
    options.sip_port = 0;
    this->options = options;
  }
  ~Server() { stop(); }

  OrganisationId organisation(const std::string& domain) {
    const auto id = OrganisationId::make();
    EXPECT_TRUE(store->organisations.create({id, domain, domain, "UTC", {}}));
    return id;
  }
  ExtensionId extension(OrganisationId in, const std::string& number, bool recording = false) {
    store::Extension row;
    row.id = ExtensionId::make();
    row.organisation = in;
    row.number = number;
    row.display_name = "Person " + number;
    row.recording = recording ? store::RecordingMode::On : store::RecordingMode::Off;
    EXPECT_TRUE(store->extensions.create(row));
    EXPECT_TRUE(store->devices.create({DeviceId::make(), in, row.id, "phone", number, "secret-" + number, {}}));
    return row.id;
  }
  void start() {
    auto started = Pbx::start(options, {reactors, *media, prompts, *ledger, system_clock(), system_random()});
    ASSERT_TRUE(started) << started.error().text;
    pbx = std::move(*started);
    reactors.start();
  }
  void stop() {
    if (!pbx) return;
    EXPECT_EQ(pbx->drain(5s), 0U);
    reactors.stop();
    pbx.reset();
    executor->drain();
    ledger.reset();
    media.reset();
    recorder.reset();
  }
  Endpoint sip() const { return {kLoopback, pbx->sip_port()}; }

  std::unique_ptr<store::Store> store;
  media::PromptStore prompts;
  std::unique_ptr<media::MediaEngine> media;
  std::unique_ptr<store::Executor> executor;
  std::unique_ptr<media::Recorder> recorder;
  std::unique_ptr<Ledger> ledger;
  net::ReactorPool reactors{4};
  PbxOptions options;
  std::unique_ptr<Pbx> pbx;
};

/// Softphones on a thread of their own.
struct Phones {
  Phones() : thread([this] { reactor.run(); }) {}
  ~Phones() {
    run([this] { all.clear(); });
    reactor.stop();
    thread.join();
  }
  void run(const std::function<void()>& work) {
    std::atomic<bool> done = false;
    reactor.post([&] {
      work();
      done = true;
    });
    ASSERT_TRUE(wait_until([&] { return done.load(); }));
  }
  Softphone& add(const Server& server, const std::string& domain, const std::string& user,
                 const std::string& password = {}) {
    run([&] {
      SoftphoneOptions options;
      options.address = kLoopback;
      options.server = server.sip();
      options.domain = domain;
      options.user = user;
      options.password = password.empty() ? "secret-" + user : password;
      options.display_name = "Person " + user;
      options.media.codecs = {codec::CodecId::Pcmu};
      options.media.keep_heard = 8000 * 60;
      all.push_back(std::move(*Softphone::open(reactor, options, system_random())));
    });
    return *all.back();
  }
  unsigned register_now(Softphone& phone) {
    std::atomic<unsigned> status = 0;
    run([&] { phone.register_now([&](unsigned s) { status = s; }); });
    wait_until([&] { return status != 0; });
    return status;
  }

  net::Reactor reactor{900};
  std::vector<std::unique_ptr<Softphone>> all;
  std::thread thread;
};

std::vector<std::int16_t> sweep(double from, double to, double seconds) {
  std::vector<std::int16_t> pcm(static_cast<std::size_t>(seconds * 8000));
  double phase = 0;
  for (std::size_t i = 0; i < pcm.size(); ++i) {
    phase += 6.283185307 * (from + (to - from) * static_cast<double>(i) / static_cast<double>(pcm.size())) / 8000;
    pcm[i] = static_cast<std::int16_t>(9000 * std::sin(phase));
  }
  return pcm;
}

/// Greatest normalised correlation of `said` with any stretch of `heard`.
double likeness(const std::vector<std::int16_t>& said, const std::vector<std::int16_t>& heard) {
  double best = 0, own = 0;
  for (const auto s : said) own += double(s) * s;
  for (std::size_t shift = 0; shift + said.size() <= heard.size(); ++shift) {
    double product = 0, other = 0;
    for (std::size_t i = 0; i < said.size(); ++i) {
      product += double(said[i]) * heard[shift + i];
      other += double(heard[shift + i]) * heard[shift + i];
    }
    if (other > 0) best = std::max(best, product / std::sqrt(own * other));
  }
  return best;
}

struct TwoParties {
  TwoParties(Server& server, Phones& phones, const std::string& domain)
      : caller(phones.add(server, domain, "101")), callee(phones.add(server, domain, "102")) {
    EXPECT_EQ(phones.register_now(caller), 200U);
    EXPECT_EQ(phones.register_now(callee), 200U);
    phones.run([&] {
      callee.on({.on_ringing = {},
                 .on_incoming = [this](const std::string&) { callee.answer(); },
                 .on_answered = {},
                 .on_ended = [this](unsigned) { ++ended; }});
      caller.on({.on_ringing = {},
                 .on_incoming = {},
                 .on_answered = [this] { answered = true; },
                 .on_ended = [this](unsigned) { ++ended; }});
      caller.call("102");
    });
    EXPECT_TRUE(wait_until([&] { return answered.load(); }));
  }
  /// Each says its part and the other has heard it whole: what came behind it came too. Only counts on the phones'
  /// thread, which must not be kept from sending.
  bool talk(Phones& phones, const std::vector<std::int16_t>& by_caller, const std::vector<std::int16_t>& by_callee) {
    std::atomic<int> said = 0;
    phones.run([&] {
      caller.media().play(by_caller, 8000, [&] { ++said; });
      callee.media().play(by_callee, 8000, [&] { ++said; });
    });
    if (!wait_until([&] { return said == 2; })) return false;
    const auto heard = [&] {
      std::pair<std::size_t, std::size_t> least_and_most;
      phones.run([&] { least_and_most = std::minmax({caller.media().heard().size(), callee.media().heard().size()}); });
      return least_and_most;
    };
    const auto so_far = heard().second;
    return wait_until([&] { return heard().first >= so_far + 1600; });
  }
  Softphone& caller;
  Softphone& callee;
  std::atomic<bool> answered = false;
  std::atomic<int> ended = 0;
};

TEST(Pbx, TwoPhonesHearEachOtherAndOneCdrIsWritten) {  // PBX-3
  Folder folder;
  Server server(folder.path);
  const auto organisation = server.organisation("acme.example");
  server.extension(organisation, "101");
  server.extension(organisation, "102");
  server.start();
  Phones phones;
  {
    TwoParties call(server, phones, "acme.example");
    EXPECT_EQ(server.pbx->switchboard().live_calls(organisation).size(), 1U);
    EXPECT_TRUE(server.pbx->switchboard().live_calls(server.organisation("other.example")).empty());
    EXPECT_EQ(server.pbx->switchboard().registrations(organisation).size(), 2U);
    const auto by_caller = sweep(300, 1200, 0.8), by_callee = sweep(2500, 900, 0.8);
    ASSERT_TRUE(call.talk(phones, by_caller, by_callee));
    phones.run([&] {
      EXPECT_GT(likeness(by_caller, call.callee.media().heard()), 0.98);
      EXPECT_GT(likeness(by_callee, call.caller.media().heard()), 0.98);
      call.caller.hang_up();
    });
    ASSERT_TRUE(wait_until([&] { return call.ended == 2; }));
  }
  ASSERT_TRUE(wait_until([&] { return server.store->calls.list(organisation, {}, "", 10)->items.size() == 1; }));
  const auto cdr = server.store->calls.list(organisation, {}, "", 10)->items[0].call;
  EXPECT_EQ(cdr.disposition, store::Disposition::Answered);
  EXPECT_EQ(cdr.hangup_side, store::HangupSide::Caller);
  EXPECT_EQ(cdr.caller.number, "101");
  EXPECT_EQ(cdr.callee.number, "102");
  const auto whole = server.store->calls.find(organisation, cdr.id);
  ASSERT_TRUE(whole);
  ASSERT_EQ(whole->legs.size(), 2U);
  EXPECT_GT(whole->legs[0].stats.packets_in, 30U);
  EXPECT_EQ(whole->legs[1].codec, "PCMU");
}

TEST(Pbx, RecordedCallHoldsEachPartyInItsChannelAfterTheNotice) {  // PBX-4
  Folder folder;
  Server server(folder.path);
  const auto organisation = server.organisation("acme.example");
  server.extension(organisation, "101", true);
  server.extension(organisation, "102");
  server.start();
  Phones phones;
  const auto by_caller = sweep(300, 1200, 0.6), by_callee = sweep(2500, 900, 0.6);
  CallId id;
  {
    TwoParties call(server, phones, "acme.example");
    auto& door = server.pbx->switchboard();
    ASSERT_TRUE(wait_until([&] {
      const auto live = door.live_calls(organisation);
      return live.size() == 1 && live[0].recording == RecordingStatus::On;
    }));
    id = door.live_calls(organisation)[0].id;
    EXPECT_EQ(server.store->recordings.find_by_call(organisation, id)->state, store::RecordingState::Recording)
        << "durable before capture";
    phones.run([&] { EXPECT_GT(call.caller.media().heard().size(), 2000U) << "the notice was heard"; });
    ASSERT_TRUE(call.talk(phones, by_caller, by_callee));
    std::this_thread::sleep_for(500ms);  // so late may a stream lie on call time; the pause must not cut its end
    EXPECT_TRUE(door.recording(organisation, id, RecordingAction::Pause));
    EXPECT_EQ(door.recording(organisation, id, RecordingAction::Pause).error().code, Errc::Conflict);
    EXPECT_EQ(door.recording(OrganisationId::make(), id, RecordingAction::Resume).error().code, Errc::NotFound);
    std::this_thread::sleep_for(400ms);
    phones.run([&] { call.callee.media().press('*'); });
    std::this_thread::sleep_for(500ms);
    phones.run([&] { call.callee.media().press('1'); });
    EXPECT_TRUE(wait_until([&] { return door.live_call(organisation, id)->recording == RecordingStatus::On; }))
        << "*1 resumes";
    EXPECT_TRUE(door.hangup(organisation, id));
    ASSERT_TRUE(wait_until([&] { return call.ended == 2; }));
  }
  ASSERT_TRUE(wait_until([&] { return server.store->calls.list(organisation, {}, "", 10)->items.size() == 1; }));
  const auto row = server.store->recordings.find_by_call(organisation, id);
  ASSERT_TRUE(row);
  EXPECT_EQ(row->state, store::RecordingState::Ready);
  EXPECT_TRUE(row->notice_played);
  EXPECT_EQ(row->pauses.size(), 1U);
  EXPECT_LE(*row->notice_ended, row->started);
  const auto key = server.store->recordings.key(organisation, row->id);
  auto file = media::open_random_access_file(*server.store->blobs.path(row->blob));
  auto reader = media::RecordingReader::open(std::move(*file), *key);
  ASSERT_TRUE(reader) << reader.error().text;
  EXPECT_TRUE(reader->info().closed);
  std::vector<std::int16_t> both(reader->samples(8000) * 2);
  (void)reader->read(8000, 0, both);
  std::vector<std::int16_t> caller, callee;
  for (std::size_t i = 0; i + 1 < both.size(); i += 2) {
    caller.push_back(both[i]);
    callee.push_back(both[i + 1]);
  }
  EXPECT_GT(likeness(by_caller, caller), 0.98);
  EXPECT_GT(likeness(by_callee, callee), 0.98);
  EXPECT_LT(likeness(by_callee, caller), 0.5);
  const auto jobs = server.store->jobs.list(organisation, id);
  ASSERT_TRUE(jobs);
  ASSERT_EQ(jobs->size(), 1U);
  EXPECT_EQ((*jobs)[0].kind, "transcribe");
}

TEST(Pbx, RegistrationsSurviveARestart) {
  Folder folder;
  Phones phones;
  {
    Server server(folder.path);
    const auto organisation = server.organisation("acme.example");
    server.extension(organisation, "101");
    server.start();
    EXPECT_EQ(phones.register_now(phones.add(server, "acme.example", "101")), 200U);
    EXPECT_EQ(server.pbx->switchboard().registration_count(), 1U);
  }
  Server server(folder.path);
  server.start();
  EXPECT_EQ(server.pbx->switchboard().registration_count(), 1U);
}

TEST(Pbx, RemovedDeviceLosesItsRegistrationAtReload) {
  Folder folder;
  Server server(folder.path);
  const auto organisation = server.organisation("acme.example");
  const auto extension = server.extension(organisation, "101");
  server.start();
  Phones phones;
  EXPECT_EQ(phones.register_now(phones.add(server, "acme.example", "101")), 200U);
  ASSERT_TRUE(server.store->extensions.remove(organisation, extension));
  ASSERT_TRUE(server.pbx->reload_directory());
  EXPECT_EQ(server.pbx->switchboard().registration_count(), 0U);
  EXPECT_EQ(phones.register_now(phones.add(server, "acme.example", "101")), 401U);
}

TEST(Pbx, SecondServerOnThePortIsRefused) {
  Folder folder, other;
  Server server(folder.path);
  server.start();
  Server second(other.path);
  second.options.sip_port = server.pbx->sip_port();
  const auto started = Pbx::start(second.options, {second.reactors, *second.media, second.prompts, *second.ledger,
                                                   system_clock(), system_random()});
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, Errc::Conflict) << started.error().text;
}

TEST(Pbx, DrainSaysByeToEverybodyAndClosesTheirCdrs) {
  Folder folder;
  Server server(folder.path);
  const auto organisation = server.organisation("acme.example");
  server.extension(organisation, "101");
  server.extension(organisation, "102");
  server.start();
  Phones phones;
  TwoParties call(server, phones, "acme.example");
  EXPECT_EQ(server.pbx->drain(5s), 0U);
  EXPECT_TRUE(wait_until([&] { return call.ended == 2; }));
  const auto cdr = server.store->calls.list(organisation, {}, "", 10)->items.at(0).call;
  EXPECT_EQ(cdr.hangup_side, store::HangupSide::System);
  EXPECT_FALSE(server.pbx->accepting());
}

// Requests of one dialog come by sockets of other reactors than the one that owns the call: each message must find its
// way.
TEST(Pbx, FourReactorsHandMessagesOver) {
  Folder folder;
  Server server(folder.path);
  const auto organisation = server.organisation("acme.example");
  server.extension(organisation, "101");
  server.start();
  auto& handed_over =
      metrics::counter("parley_sip_handed_over_total", "Messages passed to the reactor that owns their call");
  const auto before = handed_over.value();
  // SO_REUSEPORT picks the socket by the sender's address. A REGISTER is served where it lands; of a call the Call-ID
  // picks the owner.
  Phones phones;
  std::atomic<int> ok = 0;
  std::vector<Softphone*> all;
  for (int i = 0; i < 10; ++i) all.push_back(&phones.add(server, "acme.example", "101"));
  for (int round = 0; round < 4; ++round) {
    ok = 0;
    for (auto* phone : all) phones.run([&] { phone->register_now([&](unsigned status) { ok += status == 200; }); });
    EXPECT_TRUE(wait_until([&] { return ok == 10; })) << ok;
  }
  EXPECT_EQ(handed_over.value(), before);
  // Echo calls stay on their reactor although ACK and BYE arrive where their sender's hash takes them.
  for (int i = 0; i < 8; ++i) {
    std::atomic<int> answered = 0, ended = 0;
    auto& phone = *all[static_cast<std::size_t>(i)];
    phones.run([&] {
      phone.on({.on_ringing = {},
                .on_incoming = {},
                .on_answered = [&] { ++answered; },
                .on_ended = [&](unsigned) { ++ended; }});
      phone.call("600");
    });
    ASSERT_TRUE(wait_until([&] { return answered == 1; }));
    phones.run([&] { phone.hang_up(); });
    ASSERT_TRUE(wait_until([&] { return ended == 1; }));
    phones.run([&] { phone.on({}); });
  }
  EXPECT_GT(handed_over.value(), before);
  EXPECT_TRUE(wait_until([&] { return server.pbx->switchboard().live_call_count() == 0; }));
  EXPECT_TRUE(wait_until([&] { return server.store->calls.list(organisation, {}, "", 50)->items.size() == 8; }));
}

TEST(Pbx, TcpConnectionsAnswerKeepAlivesAndEndOnGarbage) {
  Folder folder;
  Server server(folder.path);
  server.organisation("acme.example");
  server.start();
  net::Reactor reactor(901);
  std::string got;
  bool closed = false;
  net::TcpConnection::connect(reactor, server.sip(), {}, [&](Result<std::shared_ptr<net::TcpConnection>> made) {
    ASSERT_TRUE(made);
    const auto& connection = *made;
    connection->start(
        [&, connection](BytesView bytes) {
          got += as_text(bytes);
          if (got == "\r\n") {
            EXPECT_TRUE(
                connection->send(as_bytes("OPTIONS sip:x@acme.example SIP/2.0\r\nVia: SIP/2.0/TCP "
                                          "127.0.0.1:9;branch=z9hG4bKa\r\nFrom: <sip:a@b>;tag=1\r\n"
                                          "To: <sip:x@acme.example>\r\nCall-ID: tcp-1\r\nCSeq: 1 "
                                          "OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n")));
          } else if (got.find("SIP/2.0 200") != std::string::npos) {
            EXPECT_TRUE(connection->send(as_bytes("garbage without end of line and no colon\r\n\r\n")));
          }
        },
        [&](const std::string&) {
          closed = true;
          reactor.stop();
        });
    EXPECT_TRUE(connection->send(as_bytes("\r\n\r\n")));
  });
  reactor.after(10s, [&] { reactor.stop(); });
  reactor.run();
  EXPECT_NE(got.find("SIP/2.0 200"), std::string::npos) << got;
  EXPECT_TRUE(closed);
}

TEST(DemoCall, TwoSoftphonesHoldTheConversationOfAFile) {
  Folder folder;
  Server server(folder.path);
  const auto organisation = server.organisation("demo.parley.local");
  server.extension(organisation, "101", true);
  server.extension(organisation, "102");
  server.start();
  codec::Wav wav{8000, 2, {}};
  const auto left = sweep(300, 1200, 1.2), right = sweep(2500, 900, 1.2);
  for (std::size_t i = 0; i < left.size(); ++i) {
    wav.samples.push_back(left[i]);
    wav.samples.push_back(right[i]);
  }
  ASSERT_TRUE(codec::write_wav(folder.path / "call.wav", wav));
  DemoCall demo(server.pbx->switchboard(), system_clock(), system_random());
  DemoCallOptions options{organisation,
                          server.sip(),
                          kLoopback,
                          "demo.parley.local",
                          {"101", "101", "secret-101", "Ann"},
                          {"102", "102", "secret-102", "Bob"},
                          folder.path / "call.wav",
                          1min};
  std::vector<std::string> steps;
  ASSERT_TRUE(demo.start(options, [&](const DemoProgress& progress) {
    if (steps.empty() || steps.back() != progress.step) steps.push_back(progress.step);
  }));
  EXPECT_EQ(demo.start(options).error().code, Errc::Conflict);
  ASSERT_TRUE(wait_until([&] { return demo.progress().state != DemoProgress::State::Running; }, 30s));
  demo.stop();
  EXPECT_EQ(steps, (std::vector<std::string>{"registering", "calling", "notice", "talking", "ending", "done"}));
  ASSERT_EQ(demo.progress().state, DemoProgress::State::Done) << demo.progress().step;
  ASSERT_TRUE(demo.progress().call);
  ASSERT_TRUE(wait_until([&] { return server.store->calls.list(organisation, {}, "", 10)->items.size() == 1; }));
  const auto recording = server.store->recordings.find_by_call(organisation, *demo.progress().call);
  ASSERT_TRUE(recording);
  EXPECT_EQ(recording->state, store::RecordingState::Ready);
  EXPECT_NEAR(recording->seconds, 1.8, 0.8);
  EXPECT_EQ(server.pbx->switchboard().registration_count(), 0U);
}

}  // namespace
}  // namespace parley::pbx
