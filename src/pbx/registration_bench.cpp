// What registrations cost, step by step, in process: without the kernel, the phone's own work and the database.
#include <array>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <base/metrics.hpp>
#include <pbx/fake_phone.hpp>

namespace parley::pbx {
namespace {

const Endpoint kPhone = *Endpoint::parse("127.0.0.10:5060");

struct House {
  fake::World world;
  OrganisationId acme = world.organisation("acme.example");
  std::uint64_t number = 0;

  explicit House(unsigned extensions) {
    for (unsigned i = 0; i < extensions; ++i) world.extension(acme, std::to_string(1000 + i));
    world.reload();
  }
  std::string request(unsigned extension, std::string_view authorization) {
    const auto user = 1000 + extension;
    const auto unique = ++number;
    return fmt::format(
        "REGISTER sip:acme.example SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.10:5060;branch=z9hG4bK-{}\r\n"
        "From: <sip:{}@acme.example>;tag=t{}\r\nTo: <sip:{}@acme.example>\r\nCall-ID: {}-reg@127.0.0.10\r\nCSeq: {} "
        "REGISTER\r\nMax-Forwards: 70\r\nContact: <sip:{}@127.0.0.10:5060>\r\nExpires: 3600\r\n"
        "User-Agent: Phone 5.4.0\r\n{}Content-Length: 0\r\n\r\n",
        unique, user, unique, user, unique, unique, user, authorization);
  }
  void serve(const std::string& text) {
    auto message = sip::Message::parse(text);
    message.source = {sip::Transport::Udp, *Endpoint::parse("127.0.0.1:5060"), kPhone, 0};
    world.exchange.receive(std::move(message));
  }
  /// The status of the last answer, which is forgotten.
  sip::Message heard() {
    auto& mail = world.network.mail[kPhone];
    auto last = mail.empty() ? sip::Message{} : sip::Message::parse(mail.back());
    mail.clear();
    return last;
  }
  void rest() {
    world.advance(std::chrono::seconds(40));  // transactions end
    world.ledger.events.clear();
    world.ledger.kept.clear();
  }
};

/// REGISTER without credentials, and the 401.
void register_challenged(benchmark::State& state) {
  House house(1);
  const auto text = house.request(0, {});
  for ([[maybe_unused]] auto _ : state) {
    house.serve(text);
    house.world.network.mail.clear();
  }
}
BENCHMARK(register_challenged);

/// REGISTER with right credentials, and the 200; contacts that are known already.
void register_accepted(benchmark::State& state) {
  constexpr unsigned kBatch = 256;
  House house(kBatch);
  std::vector<std::string> texts(kBatch);
  while (state.KeepRunningBatch(kBatch)) {
    state.PauseTiming();
    for (unsigned i = 0; i < kBatch; ++i) {
      house.serve(house.request(i, {}));
      const auto user = std::to_string(1000 + i);
      const auto answer = sip::answer_challenge(house.heard(), {user, "acme.example", "secret-" + user},
                                                sip::Method::Register, "sip:acme.example", 1, house.world.random);
      texts[i] = house.request(i, "Authorization: " + answer.value_or("") + "\r\n");
    }
    state.ResumeTiming();
    for (const auto& text : texts) house.serve(text);
    state.PauseTiming();
    if (house.heard().status() != 200) state.SkipWithError("not registered");
    house.rest();
    state.ResumeTiming();
  }
}
BENCHMARK(register_accepted);

/// A binding that comes again, in a table of so many.
void refresh_binding(benchmark::State& state) {
  SeededRandom random(1);
  FakeClock clock;
  LocationTable table;
  std::vector<Binding> bindings;
  for (int i = 0; i < 10'000; ++i) {
    Binding binding;
    binding.extension = ExtensionId::make(clock, random);
    binding.device = DeviceId::make(clock, random);
    binding.contact = fmt::format("sip:{}@192.0.2.1:5060", 1000 + i);
    binding.call_id = random.token(24);
    binding.user_agent = "Yealink SIP-T46S 66.86.0.15";
    binding.expires = clock.now() + std::chrono::hours(1);
    bindings.push_back(std::move(binding));
  }
  std::uint32_t cseq = 0;
  for ([[maybe_unused]] auto _ : state) {
    auto& binding = bindings[++cseq % bindings.size()];
    binding.cseq = cseq;
    LocationTable::Update update{binding.extension, binding.device, binding.call_id, cseq, false, {binding}, {}};
    benchmark::DoNotOptimize(table.apply(std::move(update)));
  }
}
BENCHMARK(refresh_binding);

/// What the trace takes of each message.
void trace_message(benchmark::State& state) {
  House house(1);
  SipTrace trace(1, {});
  const auto text = house.request(0, {});
  const sip::Flow flow{sip::Transport::Udp, {}, kPhone, 0};
  for ([[maybe_unused]] auto _ : state) trace.record(0, false, true, flow, text, house.world.clock.wall());
}
BENCHMARK(trace_message);

/// What the limits of a source and an account ask of each sign-in.
void guard_sign_in(benchmark::State& state) {
  SeededRandom random(1);
  FakeClock clock;
  SourceGuard guard(clock, random);
  for ([[maybe_unused]] auto _ : state) {
    clock.advance(std::chrono::milliseconds(1));
    const auto now = clock.now();
    benchmark::DoNotOptimize(guard.admits(kPhone.address, now));
    benchmark::DoNotOptimize(guard.may_challenge(kPhone.address, "101", "Phone 5.4.0", now));
    benchmark::DoNotOptimize(guard.admits(kPhone.address, now));
    benchmark::DoNotOptimize(guard.check(kPhone.address, "101@acme.example", now));
    guard.success(kPhone.address, "101@acme.example", now);
  }
}
BENCHMARK(guard_sign_in);

/// All that reactors share for a registration, asked by one and by two of them, each for phones of its own: CPU of one
/// operation that grows with the threads is what keeps two processors from doing the work of two.
struct Common {
  FakeClock clock;
  SeededRandom random{1};
  SourceGuard guard{clock, random};
  DirectoryHolder directory;
  LocationTable locations;
  SipTrace trace{2, {}};
  SharedDigest digest{vault::ShortKey{1}};
  std::vector<Binding> bindings;
  std::array<std::uint64_t, 2> counts{};  // of all runs, by thread: the CSeq goes on

  Common() {
    for (int i = 0; i < 10'000; ++i) {
      auto& binding = bindings.emplace_back();
      binding.extension = ExtensionId::make(clock, random);
      binding.device = DeviceId::make(clock, random);
      binding.contact = fmt::format("sip:{}@192.0.2.1:5060", 1000 + i);
      binding.user_agent = "Yealink SIP-T46S 66.86.0.15";
      binding.expires = clock.now() + std::chrono::hours(1);
    }
  }
};

void shared_by_reactors(benchmark::State& state) {
  static Common common;
  static const std::string text(550, 'x');
  const auto reactor = static_cast<unsigned>(state.thread_index());
  const sip::Flow flow{
      sip::Transport::Udp, {}, *Endpoint::parse(fmt::format("192.0.2.{}:5060", 1 + state.thread_index())), 0};
  const auto& source = flow.remote.address;
  DirectoryView directory(common.directory);
  auto& counted = metrics::counter("parley_bench_total", "Of a benchmark.");
  const auto now = common.clock.now();
  const auto wall = common.clock.wall();
  auto count = common.counts.at(reactor);
  for ([[maybe_unused]] auto _ : state) {
    ++count;
    for (int message = 0; message < 2; ++message) {
      benchmark::DoNotOptimize(common.guard.admits(source, now));
      common.trace.record(reactor, false, true, flow, text, wall);
      benchmark::DoNotOptimize(std::shared_ptr(directory.get()));
      counted.add(), counted.add(), counted.add();
      common.trace.record(reactor, false, false, flow, text, wall);
    }
    benchmark::DoNotOptimize(common.guard.check(source, "101@acme.example", now));
    const std::uint64_t nonce = (count << 8U | reactor) * 0x9e3779b97f4a7c15U;
    benchmark::DoNotOptimize(common.digest.accept({nonce, 1'800'000'000'000U + count, 1}, wall));
    common.guard.success(source, "101@acme.example", now);
    auto binding = common.bindings[(2 * count + reactor) % common.bindings.size()];
    binding.cseq = static_cast<std::uint32_t>(count);
    LocationTable::Update update{binding.extension, binding.device, "call", binding.cseq, false, {}, {}};
    update.bind.push_back(std::move(binding));
    benchmark::DoNotOptimize(common.locations.apply(std::move(update)));
  }
  common.counts.at(reactor) = count;
}
BENCHMARK(shared_by_reactors)->ThreadRange(1, 2);

}  // namespace
}  // namespace parley::pbx
