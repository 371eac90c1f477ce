// The demo call through the real engines. The program is its own worker, as parleyd is.
#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include <boost/json.hpp>
#include <gmock/gmock.h>

#include <codec/g711.hpp>
#include <codec/wav.hpp>
#include <insight/pipeline.hpp>
#include <media/recorder.hpp>
#include <speech/word_error_rate.hpp>
#include <speech/worker.hpp>
#include <store/temporary.hpp>

namespace parley {
namespace {

namespace json = boost::json;
using speech::Speaker;
using ::testing::HasSubstr;

constexpr double kAllowedWordErrors = 0.08;  // measured: 0.04; recognisers and their voices may change a little
const speech::ModelFolder kModels{"build/speech"};

#define SKIP_WITHOUT_MODELS()                                                                 \
  if (const auto there = speech::available(kModels); !there.recogniser || !there.synthesiser) \
  GTEST_SKIP() << "no speech models: " << there.reason

struct DemoCall {
  codec::Wav sound;
  speech::Transcript said;

  DemoCall() {
    auto wav = codec::read_wav("assets/demo/call.wav");
    EXPECT_TRUE(wav);
    if (wav) sound = std::move(*wav);
    std::ifstream in("assets/demo/call.json");
    const json::value root = json::parse(std::string(std::istreambuf_iterator<char>(in), {}));
    for (const auto& turn : root.at("turns").as_array())
      said.turns.push_back({turn.at("speaker").as_string() == "caller" ? Speaker::Caller : Speaker::Callee,
                            turn.at("start_s").to_number<double>(),
                            turn.at("end_s").to_number<double>(),
                            std::string(turn.at("text").as_string()),
                            1,
                            {}});
    for (auto& sample : sound.samples) sample = codec::g711::decode_ulaw(codec::g711::encode_ulaw(sample));
  }
};

std::string words_of(const speech::Transcript& transcript, Speaker speaker) {
  std::string out;
  for (const auto& turn : transcript.turns)
    if (turn.speaker == speaker) out += turn.text + ' ';
  return out;
}

void expect_heard(const speech::Transcript& heard, const speech::Transcript& said) {
  for (const Speaker speaker : {Speaker::Caller, Speaker::Callee}) {
    const auto errors =
        speech::count_errors(speech::comparable_words(words_of(said, speaker), speech::NumberReading::Values),
                             speech::comparable_words(words_of(heard, speaker), speech::NumberReading::Values));
    EXPECT_LE(errors.rate(), kAllowedWordErrors) << words_of(heard, speaker);
    EXPECT_GT(errors.words, 100U);
  }
  for (const auto& turn : said.turns) {
    if (turn.end_s - turn.start_s < 2) continue;
    const bool found = std::ranges::any_of(heard.turns, [&](const speech::Turn& item) {
      return item.speaker == turn.speaker && item.start_s < turn.end_s && item.end_s > turn.start_s;
    });
    EXPECT_TRUE(found) << turn.start_s << ": " << turn.text;
  }
}

speech::PcmSource source_of(const codec::Wav& wav) {
  return [&wav, at = std::size_t{0}](std::span<std::int16_t> out) mutable -> Result<std::size_t> {
    const std::size_t count = std::min(out.size(), wav.samples.size() - at);
    std::copy_n(wav.samples.begin() + static_cast<std::ptrdiff_t>(at), count, out.begin());
    at += count;
    return count;
  };
}

TEST(SpeechEngine, HearsTheDemoCallInAWorkerProcess) {
  SKIP_WITHOUT_MODELS();
  const DemoCall call;
  speech::WorkerClient worker({kModels});
  speech::TranscribeRequest request;
  request.seconds = static_cast<double>(call.sound.frames()) / call.sound.rate;
  std::vector<double> progress;
  const auto heard =
      worker.transcribe(request, source_of(call.sound), [&](double share) { progress.push_back(share); });
  ASSERT_TRUE(heard) << heard.error().text;
  expect_heard(*heard, call.said);
  EXPECT_NEAR(heard->seconds, request.seconds, 0.01);
  EXPECT_TRUE(std::ranges::is_sorted(progress));
  EXPECT_GT(progress.size(), 10U);
  EXPECT_EQ(progress.back(), 1);
  for (const auto& turn : heard->turns) {
    EXPECT_GT(turn.confidence, 0.3) << turn.text;
    EXPECT_FALSE(turn.words.empty());
    for (const auto& word : turn.words) EXPECT_GE(word.start_s, turn.start_s - 0.001);
  }
  EXPECT_EQ(worker.starts(), 1U);
}

TEST(SpeechEngine, SpeaksWhatItThenHears) {
  SKIP_WITHOUT_MODELS();
  speech::WorkerClient worker({kModels});
  const std::string text = "Your appointment is on Thursday at nine thirty.";
  const auto spoken = worker.speak(text, {"am_michael", 1});
  ASSERT_TRUE(spoken) << spoken.error().text;
  EXPECT_GT(spoken->seconds(), 1.5);
  EXPECT_LT(spoken->seconds(), 8);
  codec::Wav wav{static_cast<std::uint32_t>(spoken->rate), 1, {}};
  for (const float sample : spoken->samples) wav.samples.push_back(static_cast<std::int16_t>(sample * 32767));
  speech::TranscribeRequest request;
  request.rate = spoken->rate;
  request.channels = 1;
  const auto heard = worker.transcribe(request, source_of(wav));
  ASSERT_TRUE(heard) << heard.error().text;
  const auto errors =
      speech::count_errors(speech::comparable_words(text, speech::NumberReading::Values),
                           speech::comparable_words(words_of(*heard, Speaker::Caller), speech::NumberReading::Values));
  EXPECT_LE(errors.total(), 1U) << words_of(*heard, Speaker::Caller);
  EXPECT_EQ(worker.speak("Hello", {"../../etc/passwd", 1}).error().code, Errc::NotFound);
  EXPECT_TRUE(worker.running());  // a refusal is no crash
}

/// Writes the call as the media thread does: 20 ms packets of both parties, sealed with the recording's key.
std::string record(store::Store& store, FakeClock& clock, const store::Recording& recording, const vault::ThingKey& key,
                   const codec::Wav& wav) {
  auto blob = store.blobs.create();
  EXPECT_TRUE(blob);
  const std::string id = (*blob)->id();
  const auto path = store.blobs.path(id);
  EXPECT_TRUE((*blob)->close());
  std::filesystem::remove(*path);
  auto file = media::create_append_file(*path);
  EXPECT_TRUE(file);
  media::RecorderOptions options;
  options.ring_bytes = std::size_t{32} << 20U;
  std::atomic<bool> ended = false;
  media::Recorder recorder(clock, system_random(), options);
  auto started = recorder.start(
      {recording.organisation, recording.call, recording.id, std::move(*file),
       [](const std::function<void()>& work) { work(); }, [&](const media::RecordingSummary&) { ended = true; }},
      key);
  EXPECT_TRUE(started);
  constexpr std::size_t kFrames = 160;
  for (std::size_t at = 0; at + kFrames <= wav.frames(); at += kFrames) {
    clock.advance(std::chrono::milliseconds(20));
    for (const auto party : {media::Party::Caller, media::Party::Callee}) {
      Bytes payload(kFrames);
      for (std::size_t i = 0; i < kFrames; ++i)
        payload[i] = codec::g711::encode_ulaw(wav.samples[(at + i) * 2 + static_cast<std::size_t>(party)]);
      (*started)->offer({party, clock.now(), static_cast<std::uint64_t>(party) + 1, at / kFrames,
                         static_cast<std::uint32_t>(at), codec::CodecId::Pcmu, payload});
    }
  }
  (*started)->stop();
  for (int i = 0; i < 500 && !ended; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_TRUE(ended);
  return id;
}

TEST(SpeechEngine, TurnsASealedRecordingIntoTranscriptAndAnalysis) {
  SKIP_WITHOUT_MODELS();
  const DemoCall call;
  store::TemporaryStore store;
  const auto organisation = store.organisation("demo.example");
  const auto made =
      store.call(organisation, store.extension(organisation, "101"), store.extension(organisation, "102"));
  store::Recording recording;
  recording.id = RecordingId::make();
  recording.organisation = organisation;
  recording.call = made.id;
  const auto key = store->recordings.create(recording);
  ASSERT_TRUE(key);
  recording.blob = record(*store, store.clock, recording, *key, call.sound);
  recording.state = store::RecordingState::Ready;
  ASSERT_TRUE(store->recordings.update(recording));
  store::NewJob job;
  job.kind = "transcribe";
  job.organisation = organisation;
  job.call = made.id;
  job.recording = recording.id;
  ASSERT_TRUE(store->jobs.enqueue(job));

  const auto pipeline = insight::make_pipeline(*store, kModels);
  EXPECT_TRUE(pipeline->status().available);
  ASSERT_TRUE(pipeline->run_one());
  ASSERT_TRUE(pipeline->run_one());
  const auto jobs = store->jobs.list(organisation, made.id);
  for (const auto& item : *jobs) EXPECT_EQ(item.state, store::JobState::Done) << item.kind << ": " << item.error;
  const auto transcript = store->transcripts.find(organisation, made.id);
  ASSERT_TRUE(transcript);
  EXPECT_GT(transcript->turns.size(), 12U);
  const auto analysis = store->transcripts.find_analysis(organisation, made.id);
  ASSERT_TRUE(analysis);
  EXPECT_THAT(analysis->headline, HasSubstr("furnace"));
  for (const char* fact : {"415 555 0142", "$129", "$85", "27 Maple Street", "Laura Bennett", "Kevin", "this evening"})
    EXPECT_NE(analysis->document.find(fact), std::string::npos) << fact;
}

}  // namespace
}  // namespace parley

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "worker") return parley::speech::worker_main({argv + 2, argv + argc});
  testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
