#include <benchmark/benchmark.h>

#include <sdp/offer_answer.hpp>

namespace parley::sdp {
namespace {

constexpr std::string_view kOffer =
    "v=0\r\no=- 3724394400 3724394405 IN IP4 198.51.100.1\r\ns=-\r\nc=IN IP4 198.51.100.1\r\nt=0 0\r\n"
    "m=audio 49170 RTP/AVP 96 0 8 9 101\r\na=rtpmap:96 opus/48000/2\r\na=fmtp:96 useinbandfec=1\r\na=rtpmap:0 "
    "PCMU/8000\r\n"
    "a=rtpmap:8 PCMA/8000\r\na=rtpmap:9 G722/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 "
    "0-16\r\na=ptime:20\r\na=sendrecv\r\n";

void parse(benchmark::State& state) {
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(parse_session(kOffer));
}
BENCHMARK(parse);

void relay(benchmark::State& state) {
  const auto session = parse_session(kOffer);
  const RelayOptions options{{1, 1}, *IpAddress::parse("203.0.113.5"), 30000, 0, std::nullopt, {}};
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(relay_offer(*session, 0, options));
}
BENCHMARK(relay);

void answer(benchmark::State& state) {
  const auto session = parse_session(kOffer);
  LocalAudio audio;
  audio.rtp_port = 20000;
  audio.codecs = {{0, "PCMU", 8000, 1, ""}, {8, "PCMA", 8000, 1, ""}, {101, "telephone-event", 8000, 1, "0-15"}};
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(build_answer(*session, {1, 1}, audio));
}
BENCHMARK(answer);

}  // namespace
}  // namespace parley::sdp
