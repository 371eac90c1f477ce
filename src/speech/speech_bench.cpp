#include <cmath>
#include <numbers>

#include <benchmark/benchmark.h>

#include <speech/decode_guard.hpp>
#include <speech/runtime_library.hpp>
#include <speech/speakable.hpp>
#include <speech/transcriber.hpp>
#include <speech/turns.hpp>
#include <speech/worker_frame.hpp>

/// What is ours of a second of speech: everything but the models' own arithmetic, which ./dev bench speech measures.
/// Items are seconds of audio.
namespace parley::speech {
namespace {

// A counter of this kind is time for each of what it counts.
const auto kSecondsPer = benchmark::Counter::kIsRate | benchmark::Counter::kInvert;

constexpr int kRate = 8'000;
constexpr double kTokensPerSecond = 6.5;

/// Speech by loudness: the cost of a model is left out.
class Loudness final : public VoiceActivity {
 public:
  Result<float> probability(std::span<const float> window) override {
    return std::abs(window[7]) > 0.05F ? 0.9F : 0.1F;
  }
  void reset() override {}
};

class Fixed final : public Recogniser {
 public:
  Result<Recognition> recognise(std::span<const float>) override {
    return Recognition{"the parcel has been sent to your old address", 0.9, std::vector<float>(8, 0.9F), false, false};
  }
  [[nodiscard]] std::string_view engine() const override { return "fixed/1"; }
};

/// Two parties, each four seconds of a tone, then four of silence.
std::vector<std::int16_t> conversation(std::size_t seconds) {
  std::vector<std::int16_t> out(seconds * kRate * 2);
  for (std::size_t i = 0; i < seconds * kRate; ++i) {
    const double tone = 8'000 * std::sin(2 * std::numbers::pi * 300 * static_cast<double>(i) / kRate);
    out[2 * i + (i / (4 * kRate)) % 2] = static_cast<std::int16_t>(tone);
  }
  return out;
}

void per_second(benchmark::State& state, double seconds) {
  const double all = seconds * static_cast<double>(state.iterations());
  state.counters["seconds"] = benchmark::Counter(all, benchmark::Counter::kIsRate);
  state.counters["s_per_second"] = benchmark::Counter(all, kSecondsPer);
}

/// Resampling, windows, segments, turns: a recording of two parties through the transcriber.
void TranscriberWithoutModels(benchmark::State& state) {
  constexpr std::size_t kSeconds = 60;
  const auto sound = conversation(kSeconds);
  Fixed recogniser;
  std::size_t turns = 0;
  for ([[maybe_unused]] auto _ : state) {
    auto transcriber = Transcriber::make({.rate = kRate, .channels = 2}, recogniser, [] {
                         return Result<std::unique_ptr<VoiceActivity>>(std::make_unique<Loudness>());
                       }).value();
    for (std::size_t at = 0; at < sound.size(); at += 2 * kRate)
      if (!transcriber->push(std::span(sound).subspan(at, 2 * kRate))) state.SkipWithError("refused");
    turns = transcriber->finish().value().turns.size();
  }
  if (turns < kSeconds / 8) state.SkipWithError("the speech was not found");
  per_second(state, kSeconds);
}
BENCHMARK(TranscriberWithoutModels)->Unit(benchmark::kMillisecond);

/// Choosing tokens from 32,000 logits each, with the guards.
void DecodeTokens(benchmark::State& state) {
  constexpr std::size_t kTokens = 60;
  std::vector<std::vector<float>> logits(kTokens, std::vector<float>(Vocabulary::kSize));
  for (std::size_t step = 0; step < kTokens; ++step) {
    for (std::size_t i = 0; i < Vocabulary::kSize; ++i)
      logits[step][i] = static_cast<float>((i * 2'654'435'761U + step * 97) % 1'000) / 100.0F;
    logits[step][100 + step * 31 % 9'000] = 20;
  }
  for ([[maybe_unused]] auto _ : state) {
    DecodeGuard guard(kTokens);
    for (std::size_t step = 0; step < kTokens && !guard.finished(); ++step)
      benchmark::DoNotOptimize(guard.next(logits[step]));
  }
  per_second(state, kTokens / kTokensPerSecond);
}
BENCHMARK(DecodeTokens)->Unit(benchmark::kMillisecond);

/// From the server to the worker: encoded, fed as a socket gives it, cut, decoded.
void SoundOverTheWire(benchmark::State& state) {
  constexpr std::size_t kSeconds = 10;
  const auto sound = conversation(kSeconds);
  for ([[maybe_unused]] auto _ : state) {
    FrameReader reader;
    for (std::size_t at = 0; at < sound.size(); at += 2 * kRate) {
      reader.feed(encode_frame(FrameKind::Sound, encode_sound(std::span(sound).subspan(at, 2 * kRate))));
      const auto frame = reader.next();
      if (!frame || !*frame) return state.SkipWithError("no frame");
      benchmark::DoNotOptimize(decode_sound((*frame)->payload).value().size());
    }
  }
  per_second(state, kSeconds);
}
BENCHMARK(SoundOverTheWire)->Unit(benchmark::kMicrosecond);

/// An hour of short segments of both parties to turns with the times of words.
void BuildTurns(benchmark::State& state) {
  std::vector<RecognisedSegment> segments;
  Fixed recogniser;
  for (int i = 0; i < 900; ++i) {
    const double at = 4.0 * i;
    segments.push_back(
        {i % 3 == 0 ? Speaker::Callee : Speaker::Caller, at, at + 3.5, recogniser.recognise({}).value()});
  }
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(build_turns(segments).size());
  per_second(state, 3'600);
}
BENCHMARK(BuildTurns)->Unit(benchmark::kMillisecond);

/// A notice made ready for the voice: about ten seconds as it is spoken.
void SpeakableText(benchmark::State& state) {
  for ([[maybe_unused]] auto _ : state) {
    benchmark::DoNotOptimize(
        speakable_sentences("This call is recorded. Dr. Bennett will call you on 3 November at 14:30 about the $189.50 "
                            "that you paid; dial 555-0142 for questions.")
            .size());
  }
}
BENCHMARK(SpeakableText)->Unit(benchmark::kMicrosecond);

/// What the server does each time it is asked whether speech can run.
void LookForTheRuntime(benchmark::State& state) {
  const ModelFolder folder{"build/speech"};
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(look_for_runtime(folder).has_value());
}
BENCHMARK(LookForTheRuntime)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace parley::speech
