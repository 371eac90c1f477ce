#include <benchmark/benchmark.h>

#include <insight/conversation.hpp>
#include <insight/provider.hpp>
#include <insight/test_conversations.hpp>

/// What the analysis of a call costs, by length of the call: items are minutes of transcript.
namespace parley::insight {
namespace {

// A counter of this kind is time for each of what it counts.
const auto kSecondsPer = benchmark::Counter::kIsRate | benchmark::Counter::kInvert;

/// The demo call again and again until it lasts so long.
speech::Transcript call_of(double minutes) {
  const auto once = demo_call();
  speech::Transcript out{once.engine, once.language, 0, {}};
  while (out.seconds < minutes * 60) {
    for (auto turn : once.turns) {
      turn.start_s += out.seconds;
      turn.end_s += out.seconds;
      out.turns.push_back(std::move(turn));
    }
    out.seconds += once.seconds;
  }
  return out;
}

void set_minutes(benchmark::State& state, const speech::Transcript& transcript) {
  const double minutes = transcript.seconds / 60;
  state.counters["minutes"] =
      benchmark::Counter(minutes * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
  state.counters["s_per_minute"] = benchmark::Counter(minutes * static_cast<double>(state.iterations()), kSecondsPer);
}

void Analyse(benchmark::State& state) {
  const auto transcript = call_of(static_cast<double>(state.range(0)));
  const auto provider = make_embedded_provider();
  for ([[maybe_unused]] auto _ : state) {
    auto analysis = provider->analyse(transcript);
    if (!analysis) state.SkipWithError("not analysed");
    benchmark::DoNotOptimize(analysis);
  }
  set_minutes(state, transcript);
}
BENCHMARK(Analyse)->Arg(2)->Arg(20)->Arg(120)->Unit(benchmark::kMillisecond);

void CutIntoSentences(benchmark::State& state) {
  const auto transcript = call_of(20);
  for ([[maybe_unused]] auto _ : state) {
    Conversation conversation(transcript);
    benchmark::DoNotOptimize(conversation.sentences().size());
  }
  set_minutes(state, transcript);
}
BENCHMARK(CutIntoSentences)->Unit(benchmark::kMillisecond);

void WriteAsJson(benchmark::State& state) {
  const auto transcript = call_of(20);
  const auto analysis = make_embedded_provider()->analyse(transcript).value();
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(to_json(analysis).size());
  set_minutes(state, transcript);
}
BENCHMARK(WriteAsJson)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace parley::insight
