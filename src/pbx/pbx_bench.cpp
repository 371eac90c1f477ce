// What signalling costs, in process: the real call logic with a fake network, so that only our own work is measured.
#include <future>

#include <benchmark/benchmark.h>
#include <malloc.h>

#include <media/media_engine.hpp>
#include <pbx/fake_phone.hpp>
#include <pbx/leg_sink.hpp>

namespace parley::pbx {
namespace {

/// A world in which events, CDRs and mail do not pile up.
struct Quiet {
  fake::World world;
  OrganisationId acme = world.organisation("acme.example");
  explicit Quiet(PbxOptions options = {}, unsigned extensions = 2) : world(std::move(options)) {
    for (unsigned i = 1; i <= extensions; ++i) world.extension(acme, std::to_string(100 + i));
    world.reload();
  }
  void forget() {
    world.ledger.events.clear();
    world.ledger.cdrs.clear();
    world.ledger.kept.clear();
    world.media.log.clear();
    world.media.legs.clear();
  }
};

void challenge_of_register(benchmark::State& state) {
  Quiet quiet;
  fake::Phone phone(quiet.world, "alice", "101", *Endpoint::parse("127.0.0.10:5060"), "acme.example");
  std::uint64_t number = 0;
  for ([[maybe_unused]] auto _ : state) {
    phone.say(fmt::format(
        "REGISTER sip:acme.example SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.10:5060;branch=z9hG4bKq{}\r\n"
        "From: <sip:101@acme.example>;tag=1\r\nTo: <sip:101@acme.example>\r\nCall-ID: b{}\r\nCSeq: 1 REGISTER\r\n"
        "Max-Forwards: 70\r\nContact: <sip:101@127.0.0.10>\r\nExpires: 300\r\nContent-Length: 0\r\n\r\n",
        number, number));
    ++number;
    quiet.world.network.mail.clear();
    if (number % 1024 == 0) quiet.world.advance(std::chrono::seconds(40));  // transactions end
  }
}
BENCHMARK(challenge_of_register);

/// Challenge, credentials, binding; the phone's own part (its digest) is in it too.
void register_with_digest(benchmark::State& state) {
  Quiet quiet;
  fake::Phone phone(quiet.world, "alice", "101", *Endpoint::parse("127.0.0.10:5060"), "acme.example");
  std::uint64_t number = 0;
  for ([[maybe_unused]] auto _ : state) {
    if (phone.register_now() != 200) state.SkipWithError("not registered");
    if (++number % 512 == 0) {
      state.PauseTiming();
      quiet.forget();
      quiet.world.advance(std::chrono::seconds(40));
      state.ResumeTiming();
    }
  }
}
BENCHMARK(register_with_digest);

/// INVITE with digest, 180, 200, ACK, BYE over both legs: 14 messages, two dialogs, CDR; the phones' text making is in
/// it.
void call_from_invite_to_cdr(benchmark::State& state) {
  Quiet quiet;
  fake::Phone alice(quiet.world, "alice", "101", *Endpoint::parse("127.0.0.10:5060"), "acme.example");
  fake::Phone bob(quiet.world, "bob", "102", *Endpoint::parse("127.0.0.11:5060"), "acme.example");
  std::uint64_t number = 0;
  (void)bob.register_now({}, 3600);
  for ([[maybe_unused]] auto _ : state) {
    alice.invite("102", {});
    (void)bob.hear();
    bob.respond(180, {});
    (void)alice.hear();
    bob.respond(200, {{"sdp", "sendrecv"}});
    (void)alice.hear();
    (void)bob.hear();
    alice.request("ACK", {});
    alice.request("BYE", {});
    (void)alice.hear();
    (void)bob.hear();
    bob.respond(200, {});
    if (++number % 64 == 0) {
      state.PauseTiming();
      if (quiet.world.ledger.cdrs.size() != 64) state.SkipWithError("a call went wrong");
      quiet.world.advance(std::chrono::seconds(40));
      quiet.forget();
      (void)bob.register_now({}, 3600);
      state.ResumeTiming();
    }
  }
}
BENCHMARK(call_from_invite_to_cdr);

/// MESSAGE with digest to one phone and its answer; the phones' text making is in it.
void text_with_digest(benchmark::State& state) {
  Quiet quiet;
  fake::Phone alice(quiet.world, "alice", "101", *Endpoint::parse("127.0.0.10:5060"), "acme.example");
  fake::Phone bob(quiet.world, "bob", "102", *Endpoint::parse("127.0.0.11:5060"), "acme.example");
  std::uint64_t number = 0;
  (void)bob.register_now({}, 3600);
  for ([[maybe_unused]] auto _ : state) {
    alice.lone("MESSAGE", "102", {{"auth", "yes"}, {"type", "text/plain"}, {"body", "see_you_at_noon"}});
    (void)bob.hear();
    bob.respond(200, {});
    const auto answer = alice.hear();
    if (!answer || answer->status() != 200) state.SkipWithError("a text went wrong");
    if (++number % 32 == 0) {  // before the limit of an extension
      state.PauseTiming();
      quiet.world.advance(std::chrono::seconds(40));
      (void)bob.register_now({}, 3600);
      state.ResumeTiming();
    }
  }
}
BENCHMARK(text_with_digest);

void look_up_binding(benchmark::State& state) {
  SeededRandom random(1);
  FakeClock clock;
  LocationTable table;
  std::vector<ExtensionId> extensions;
  for (int i = 0; i < 10'000; ++i) {
    Binding binding;
    binding.extension = ExtensionId::make(clock, random);
    binding.device = DeviceId::make(clock, random);
    binding.contact = "sip:a@192.0.2.1";
    binding.expires = clock.now() + std::chrono::hours(1);
    extensions.push_back(binding.extension);
    (void)table.bind(std::move(binding));
  }
  std::size_t at = 0;
  for ([[maybe_unused]] auto _ : state)
    benchmark::DoNotOptimize(table.of_extension(extensions[++at % extensions.size()], clock.now()));
}
BENCHMARK(look_up_binding);

double heap_in_use() {
  const auto info = ::mallinfo2();
  return static_cast<double>(info.uordblks) + static_cast<double>(info.hblkhd);
}

/// Heap of one call's two legs at the media engine, with what a leg of the call logic gives it: sockets open, the far
/// ends known, heard by each other, no packet so far. The kernel's part (two sockets a leg) is not in it.
double heap_of_media(unsigned calls) {
  media::EngineOptions options;
  options.bind_address = *IpAddress::parse("127.0.0.1");
  options.max_legs = 2 * calls;
  auto engine = std::move(*media::MediaEngine::start(options, system_clock(), system_random()));
  const auto settle = [&] {  // an order for no leg is freed after all that were given before it
    auto freed = std::make_shared<std::promise<void>>();
    const auto over = freed->get_future();
    engine->statistics({}, [freed = std::move(freed)](media::LegHandle, const media::LegStatistics&) {});
    over.wait();
  };
  settle();
  const auto sink = std::make_shared<LegSink>();  // counted with the leg of the call logic
  const auto before = heap_in_use();
  for (unsigned i = 0; i < calls; ++i) {
    media::LegHandle legs[2];
    for (auto& leg : legs) {
      media::LegCallbacks callbacks;
      callbacks.post = [sink](std::function<void()> work) { sink->post(std::move(work)); };
      callbacks.on_dtmf = [sink](media::LegHandle, media::DtmfPress) {};
      callbacks.on_inactive = callbacks.on_active = [sink](media::LegHandle) {};
      const auto open = engine->open_leg({}, std::move(callbacks));
      if (!open) return 0;
      leg = open->handle;
      media::RemoteMedia remote;
      remote.rtp = {options.bind_address, static_cast<std::uint16_t>(20'000 + 2 * i)};
      remote.signalling_source = options.bind_address;
      remote.formats = {{codec::CodecId::Pcmu, 0, {}}};
      remote.telephone_event = 101;
      engine->set_remote(leg, std::move(remote));
    }
    engine->bridge(legs[0], legs[1]);
  }
  settle();
  return (heap_in_use() - before) / calls;
}

/// Heap of a call that is up and quiet, both dialogs and all that the call knows, with its media: counters "bytes",
/// and of these "media_bytes". Asked for: at most 8192.
void memory_of_a_call(benchmark::State& state) {
  constexpr unsigned kCalls = 400;
  for ([[maybe_unused]] auto _ : state) {
    PbxOptions options;
    options.max_calls = 2 * kCalls;
    options.trace.bytes = 0;  // bounded, and not the call's
    Quiet quiet(options, 2 * kCalls);
    std::vector<std::unique_ptr<fake::Phone>> phones;
    for (unsigned i = 0; i < 2 * kCalls; ++i) {
      const auto number = std::to_string(101 + i);
      const auto at = fmt::format("127.0.{}.{}:5060", 1 + i / 250, 1 + i % 250);
      phones.push_back(
          std::make_unique<fake::Phone>(quiet.world, "p" + number, number, *Endpoint::parse(at), "acme.example"));
      if (phones.back()->register_now({}, 3600) != 200) state.SkipWithError("not registered");
    }
    const auto place = [&](unsigned from, unsigned to) {
      for (std::size_t i = from; i < to; ++i) {
        auto& alice = *phones[2 * i];
        auto& bob = *phones[2 * i + 1];
        alice.invite(std::to_string(102 + 2 * i), {});
        (void)bob.hear();
        bob.respond(200, {{"sdp", "sendrecv"}});
        (void)alice.hear();
        (void)bob.hear();
        alice.request("ACK", {});
      }
      quiet.world.advance(std::chrono::seconds(60));  // transactions end
      for (auto& phone : phones) phone->forget();
      (void)phones.front()->register_now({}, 3600);  // the last that went is freed with what comes next
      quiet.world.ledger.events.clear();
      quiet.world.network.mail.clear();
      quiet.world.media.legs.clear();  // of the fake; what real ones take is counted beside it
      quiet.world.media.log.clear();
    };
    place(0, kCalls / 4);  // tables have grown
    const auto before = heap_in_use();
    place(kCalls / 4, kCalls);
    if (quiet.world.live.count() != kCalls) state.SkipWithError("a call went wrong");
    const auto signalling = (heap_in_use() - before) / (kCalls - kCalls / 4.0);
    const auto media = heap_of_media(kCalls);
    if (media == 0) state.SkipWithError("no media ports");
    state.counters["bytes"] = signalling + media;
    state.counters["media_bytes"] = media;
    state.counters["call_object"] = sizeof(Call);
    state.counters["leg_object"] = sizeof(CallLeg);
  }
}
BENCHMARK(memory_of_a_call)->Unit(benchmark::kMillisecond)->Iterations(1);

/// Heap per registered contact, as phones send them: counter "bytes". Asked for: at most 512.
void memory_of_a_contact(benchmark::State& state) {
  constexpr int kContacts = 100'000;
  for ([[maybe_unused]] auto _ : state) {
    SeededRandom random(1);
    FakeClock clock;
    const auto before = heap_in_use();
    LocationTable table;
    for (int i = 0; i < kContacts; ++i) {
      Binding binding;
      binding.organisation = OrganisationId::make(clock, random);
      binding.extension = ExtensionId::make(clock, random);
      binding.device = DeviceId::make(clock, random);
      binding.contact = fmt::format("sip:{}@192.0.2.{}:5060;transport=tcp", 100'000 + i, i % 250);
      binding.flow = {sip::Transport::Tcp,
                      *Endpoint::parse("192.0.2.9:5060"),
                      {*IpAddress::parse("192.0.2.1"), static_cast<std::uint16_t>(i % 60'000 + 1)},
                      static_cast<std::uint64_t>(i) + 1};
      binding.call_id = random.token(24);
      binding.user_agent = "Yealink SIP-T46S 66.86.0.15";
      binding.instance = "<urn:uuid:00000000-0000-1000-8000-0004f2aabbcc>";
      binding.expires = clock.now() + std::chrono::hours(1);
      (void)table.bind(std::move(binding));
    }
    state.counters["bytes"] = (heap_in_use() - before) / kContacts;
  }
}
BENCHMARK(memory_of_a_contact)->Unit(benchmark::kMillisecond)->Iterations(1);

}  // namespace
}  // namespace parley::pbx
