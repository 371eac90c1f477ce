// What a datagram costs: received and answered on loopback, the kernel's part included.
#include <array>

#include <benchmark/benchmark.h>
#include <sys/socket.h>
#include <unistd.h>

#include <net/reactor.hpp>
#include <net/udp_socket.hpp>

namespace parley::net {
namespace {

/// A burst comes in, each is answered; per datagram.
void answer_burst(benchmark::State& state, bool together) {
  constexpr std::size_t kBurst = 32;
  Reactor reactor(0);
  auto socket = UdpSocket::bind(reactor, *Endpoint::parse("127.0.0.1:0"), {}).value();
  const Bytes said(500, 'x');
  std::size_t answered = 0;
  socket->on_datagram([&](BytesView, const Endpoint& from) {
    ++answered;
    if (together) {
      socket->send_soon(said, from);
    } else {
      benchmark::DoNotOptimize(socket->send(said, from));
    }
  });
  sockaddr_storage name{};
  const unsigned length = socket->local().to_sockaddr(reinterpret_cast<sockaddr&>(name));
  const int phone = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  (void)::connect(phone, reinterpret_cast<const sockaddr*>(&name), length);
  std::array<std::uint8_t, 2048> heard{};
  while (state.KeepRunningBatch(kBurst)) {
    state.PauseTiming();
    while (::recv(phone, heard.data(), heard.size(), 0) > 0) {
    }
    answered = 0;
    for (std::size_t i = 0; i < kBurst; ++i) (void)::send(phone, said.data(), said.size(), 0);
    state.ResumeTiming();
    while (answered < kBurst) (void)reactor.poll();
  }
  ::close(phone);
}
BENCHMARK_CAPTURE(answer_burst, each_by_itself, false);
BENCHMARK_CAPTURE(answer_burst, together, true);

}  // namespace
}  // namespace parley::net
