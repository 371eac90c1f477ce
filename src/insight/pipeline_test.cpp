#include <algorithm>

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <insight/pipeline.hpp>
#include <store/temporary.hpp>

namespace parley::insight {
namespace {

using namespace std::chrono_literals;

/// Sound that is all silence; may be damaged.
class FakeAudio final : public CallAudio {
 public:
  explicit FakeAudio(bool damaged) : damaged_(damaged) {}
  [[nodiscard]] int rate() const override { return 8000; }
  [[nodiscard]] int channels() const override { return 2; }
  [[nodiscard]] double seconds() const override { return 10; }
  void start_at(double) override {}
  [[nodiscard]] Result<std::size_t> read(std::span<std::int16_t> out) override {
    if (damaged_) return fail(Errc::Corrupt, "frame 3 of the recording was altered");
    const std::size_t count = std::min(left_, out.size());
    left_ -= count;
    return count;
  }

 private:
  std::size_t left_ = 160'000;
  bool damaged_;
};

/// A store with one call that was recorded, and a pipeline whose engine hears what the test says.
class PipelineTest : public testing::Test {
 protected:
  PipelineTest() {
    const auto from = store.extension(organisation, "101");
    const auto to = store.extension(organisation, "102");
    call = store.call(organisation, from, to);
    recording.id = RecordingId::make();
    recording.organisation = organisation;
    recording.call = call.id;
    recording.state = store::RecordingState::Ready;
    EXPECT_TRUE(store->recordings.create(recording));
    subscription = store->bus.subscribe(std::nullopt, [this](const store::Event& event) { events.push_back(event); });
    pipeline = make();
  }

  std::unique_ptr<Pipeline> make() {
    SpeechEngine engine;
    engine.available = [this] { return availability; };
    engine.transcribe = [this](const speech::TranscribeRequest& request, const speech::PcmSource& source,
                               const speech::Progress& progress, const std::stop_token&) -> Result<speech::Transcript> {
      EXPECT_EQ(request.channels, 2);
      std::vector<std::int16_t> block(8000);
      while (true) {
        const auto count = source(block);
        if (!count) return std::unexpected(count.error());
        if (*count == 0) break;
        heard += *count;
        progress(static_cast<double>(heard) / 160'000);
        if (during) during();
      }
      return answer;
    };
    engine.close = [] {};
    OpenAudio audio = [this](const store::Job&) -> Result<std::unique_ptr<CallAudio>> {
      if (audio_error) return std::unexpected(*audio_error);
      return std::make_unique<FakeAudio>(damaged);
    };
    return std::make_unique<Pipeline>(Pipeline::Parts{store->jobs, store->transcripts, store->bus, audio,
                                                      std::move(engine), make_embedded_provider(), store.clock},
                                      Pipeline::Options{});
  }

  void enqueue(int attempts = 5) {
    store::NewJob job;
    job.kind = "transcribe";
    job.organisation = organisation;
    job.call = call.id;
    job.recording = recording.id;
    job.idempotency_key = recording.id.text();
    job.max_attempts = attempts;
    ASSERT_TRUE(store->jobs.enqueue(job));
  }
  store::Job job(std::string_view kind) {
    const auto jobs = store->jobs.list(organisation, call.id);
    for (const auto& item : *jobs)
      if (item.kind == kind) return item;
    ADD_FAILURE() << "no job " << kind;
    return {};
  }
  [[nodiscard]] std::size_t count(std::string_view type) const {
    return static_cast<std::size_t>(
        std::ranges::count(events, type, [](const auto& event) { return std::string_view(event.type); }));
  }

  store::TemporaryStore store;
  OrganisationId organisation = store.organisation("pipeline.example");
  store::CallRecord call;
  store::Recording recording;
  speech::Availability availability{true, true, "fake", ""};
  Result<speech::Transcript> answer =
      speech::Transcript{"fake/1",
                         "en",
                         10,
                         {{Speaker::Caller, 0, 3, "My heater stopped working.", 0.9, {{"My", 0, 1, 0.9}}},
                          {Speaker::Callee, 4, 8, "I'll send a technician tomorrow.", 0.9, {}}}};
  std::size_t heard = 0;
  std::function<void()> during;
  bool damaged = false;
  std::optional<Error> audio_error;
  std::vector<store::Event> events;
  store::EventBus::Subscription subscription;
  std::unique_ptr<Pipeline> pipeline;
};

TEST_F(PipelineTest, MakesTranscriptAndAnalysisOfARecordedCall) {
  enqueue();
  EXPECT_TRUE(pipeline->run_one());
  EXPECT_TRUE(pipeline->run_one());
  EXPECT_FALSE(pipeline->run_one());
  EXPECT_EQ(heard, 160'000U);
  EXPECT_EQ(job("transcribe").state, store::JobState::Done);
  EXPECT_EQ(job("analyse").state, store::JobState::Done);
  const auto transcript = store->transcripts.find(organisation, call.id);
  ASSERT_TRUE(transcript);
  ASSERT_EQ(transcript->turns.size(), 2U);
  EXPECT_EQ(transcript->turns[0].speaker, "caller");
  EXPECT_EQ(transcript->turns[0].words.size(), 1U);
  const auto analysis = store->transcripts.find_analysis(organisation, call.id);
  ASSERT_TRUE(analysis);
  EXPECT_EQ(analysis->headline, "My heater stopped working.");
  const auto document = boost::json::parse(analysis->document);
  EXPECT_EQ(document.at("action_items").at(0).at("when").as_string(), "tomorrow");
  EXPECT_GE(count("transcript.progress"), 2U);
  EXPECT_EQ(count("transcript.ready"), 1U);
  EXPECT_EQ(count("analysis.ready"), 1U);
}

TEST_F(PipelineTest, LetsTranscriptionsWaitWhileModelsAreMissing) {
  enqueue();
  availability = {false, false, "", "no recogniser model in build/speech"};
  EXPECT_FALSE(pipeline->run_one());
  EXPECT_EQ(job("transcribe").state, store::JobState::Queued);
  EXPECT_EQ(job("transcribe").attempts, 0);
  EXPECT_FALSE(pipeline->status().available);
  EXPECT_EQ(pipeline->status().reason, "no recogniser model in build/speech");
  availability = {true, true, "fake", ""};
  EXPECT_TRUE(pipeline->run_one());
  EXPECT_EQ(job("transcribe").state, store::JobState::Done);
}

TEST_F(PipelineTest, TriesACrashedTranscriptionAgainLaterAndGivesUpInTheEnd) {
  enqueue(2);
  answer = fail(Errc::Internal, "the speech worker crashed (killed by signal 11)");
  EXPECT_TRUE(pipeline->run_one());
  EXPECT_EQ(job("transcribe").state, store::JobState::Queued);
  EXPECT_EQ(job("transcribe").error, "the speech worker crashed (killed by signal 11)");
  EXPECT_FALSE(pipeline->run_one());  // not before its back-off
  store.clock.advance(1h);
  EXPECT_TRUE(pipeline->run_one());
  EXPECT_EQ(job("transcribe").state, store::JobState::Dead);
}

TEST_F(PipelineTest, GivesUpAtOnceOnADamagedOrMissingRecording) {
  enqueue();
  damaged = true;
  EXPECT_TRUE(pipeline->run_one());
  EXPECT_EQ(job("transcribe").state, store::JobState::Dead);
  EXPECT_EQ(job("transcribe").error, "frame 3 of the recording was altered");
}

TEST_F(PipelineTest, GivesTheJobBackWhenTheServerStops) {
  enqueue();
  std::stop_source stop;
  during = [&] { stop.request_stop(); };
  answer = fail(Errc::Unavailable, "the speech work was stopped");
  EXPECT_TRUE(pipeline->run_one(stop.get_token()));
  EXPECT_EQ(job("transcribe").state, store::JobState::Queued);
  EXPECT_EQ(job("transcribe").attempts, 0);
}

TEST_F(PipelineTest, KeepsALongJobsLeaseWhileItGoesOn) {
  enqueue();
  during = [&] { store.clock.advance(60s); };  // twenty times, against a lease of three minutes
  EXPECT_TRUE(pipeline->run_one());
  EXPECT_EQ(job("transcribe").state, store::JobState::Done);
}

TEST_F(PipelineTest, StoresTheTranscriptOfASilentCall) {
  enqueue();
  answer = speech::Transcript{"fake/1", "en", 10, {}};
  EXPECT_TRUE(pipeline->run_one());
  EXPECT_TRUE(pipeline->run_one());
  ASSERT_TRUE(store->transcripts.find_analysis(organisation, call.id));
  EXPECT_EQ(store->transcripts.find_analysis(organisation, call.id)->headline, "");
}

TEST_F(PipelineTest, WorksByItselfOnceStarted) {
  pipeline->start();
  enqueue();
  pipeline->wake();
  for (int i = 0; i < 500 && !store->transcripts.find_analysis(organisation, call.id); ++i)
    std::this_thread::sleep_for(10ms);
  pipeline->stop();
  EXPECT_TRUE(store->transcripts.find_analysis(organisation, call.id));
}

}  // namespace
}  // namespace parley::insight
