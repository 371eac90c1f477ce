#include <benchmark/benchmark.h>

#include <ice/lite_agent.hpp>

namespace parley::ice {
namespace {

/// What a browser sends every two seconds and a half, from the datagram to the answer.
void a_proven_check(benchmark::State& state) {
  LiteAgent agent({"pyaa/abcdefgh", "abcdefghijkmnpqrstuvwxyz23"});
  StunWriter check(kBindingRequest, {});
  check.attribute(kUsername, as_bytes("pyaa/abcdefgh:them")).number(kPriority, 1).attribute(kUseCandidate);
  check.integrity("abcdefghijkmnpqrstuvwxyz23").fingerprint();
  const auto from = *Endpoint::parse("192.0.2.7:40000");
  for (auto _ : state) benchmark::DoNotOptimize(agent.on_datagram(check.bytes(), from, TimePoint{}));
}
BENCHMARK(a_proven_check);

/// What a sprayer's datagram costs us.
void a_check_that_proves_nothing(benchmark::State& state) {
  LiteAgent agent({"pyaa/abcdefgh", "abcdefghijkmnpqrstuvwxyz23"});
  StunWriter check(kBindingRequest, {});
  check.attribute(kUsername, as_bytes("pyaa/abcdefgi:them")).integrity("guess").fingerprint();
  const auto from = *Endpoint::parse("192.0.2.7:40000");
  for (auto _ : state) benchmark::DoNotOptimize(agent.on_datagram(check.bytes(), from, TimePoint{}));
}
BENCHMARK(a_check_that_proves_nothing);

}  // namespace
}  // namespace parley::ice
