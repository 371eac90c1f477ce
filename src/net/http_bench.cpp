#include <array>

#include <benchmark/benchmark.h>
#include <sys/socket.h>
#include <unistd.h>

#include <net/http_request_reader.hpp>
#include <net/http_server.hpp>

namespace parley::net {
namespace {

const std::string kRequest =
    "GET /v1/organisations/0197a000-0000-7000-8000-000000000001/calls?limit=50&q=anna HTTP/1.1\r\nHost: "
    "parley.example:8443\r\n"
    "User-Agent: bench/1\r\nAccept: application/json\r\nCookie: "
    "parley_session=MwoFxj0FcJxjlgntwG-FT_E0aYL3Q40C3wP2M-ofAMo\r\n\r\n";

void ReadRequest(benchmark::State& state) {
  HttpRequestReader reader;
  for ([[maybe_unused]] auto _ : state) {
    if (reader.feed(kRequest) != HttpRequestReader::State::Complete) state.SkipWithError("not complete");
    benchmark::DoNotOptimize(reader.take());
  }
}
BENCHMARK(ReadRequest);

/// Request and answer over one kept connection on loopback, with the hop to a worker thread.
void RoundTrip(benchmark::State& state) {
  HttpServerOptions options;
  options.listeners.push_back({*Endpoint::parse("127.0.0.1:0"), nullptr});
  const auto server =
      HttpServer::start(std::move(options), [](HttpRequest&) { return HttpResponse::text(200, "ok"); }).value();
  sockaddr_storage address{};
  const unsigned length = server->local().front().to_sockaddr(reinterpret_cast<sockaddr&>(address));
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), length) != 0) return state.SkipWithError("connect");
  std::array<char, 4096> buffer{};
  for ([[maybe_unused]] auto _ : state) {
    (void)::send(fd, kRequest.data(), kRequest.size(), MSG_NOSIGNAL);
    std::string answer;
    while (!answer.ends_with("ok")) {
      const auto got = ::recv(fd, buffer.data(), buffer.size(), 0);
      if (got <= 0) return state.SkipWithError("recv");
      answer.append(buffer.data(), static_cast<std::size_t>(got));
    }
  }
  ::close(fd);
}
BENCHMARK(RoundTrip)->UseRealTime();

}  // namespace
}  // namespace parley::net
