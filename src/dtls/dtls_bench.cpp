#include <benchmark/benchmark.h>

#include <dtls/demultiplex.hpp>
#include <dtls/session.hpp>

namespace parley::dtls {
namespace {

/// Both ends of a handshake: a call costs us one of them.
void a_handshake(benchmark::State& state) {
  const auto identity = Identity::make(FakeClock().wall()).value();
  const TimePoint now{};
  for (auto _ : state) {
    Session server(identity, Role::Server, {identity->fingerprint()});
    Session client(identity, Role::Client, {identity->fingerprint()});
    client.start(now);
    while (server.state() != Session::State::Up || client.state() != Session::State::Up) {
      for (const auto& d : client.take_outgoing()) (void)server.on_datagram(d, now);
      for (const auto& d : server.take_outgoing()) (void)client.on_datagram(d, now);
    }
  }
}
BENCHMARK(a_handshake);

void a_look_at_a_datagram(benchmark::State& state) {
  Bytes datagram(172, 0x80);
  for (auto _ : state) benchmark::DoNotOptimize(kind_of(datagram));
}
BENCHMARK(a_look_at_a_datagram);

}  // namespace
}  // namespace parley::dtls
