#include <algorithm>
#include <cmath>

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <insight/pipeline.hpp>
#include <store/temporary.hpp>

namespace parley::insight {
namespace {

using namespace std::chrono_literals;

constexpr int kRate = 8'000;

/// One party's words: the level of the sound says which.
struct Said {
  Speaker speaker;
  double start_s;
  double end_s;
  std::string text;
};

/// A conversation as sound: a constant level while somebody speaks, by which the engine knows the words again.
class FakeSound final : public CallAudio {
 public:
  FakeSound(const std::vector<Said>& said, double length) : said_(said), length_(length) {}
  [[nodiscard]] int rate() const override { return kRate; }
  [[nodiscard]] int channels() const override { return 2; }
  [[nodiscard]] double seconds() const override { return length_; }
  void start_at(double seconds) override { at_ = static_cast<std::size_t>(std::lround(seconds * kRate)); }
  [[nodiscard]] Result<std::size_t> read(std::span<std::int16_t> out) override {
    const auto end = static_cast<std::size_t>(length_ * kRate);
    const std::size_t frames = std::min(out.size() / 2, end - std::min(at_, end));
    std::ranges::fill(out, std::int16_t{0});
    for (std::size_t i = 0; i < frames; ++i, ++at_)
      for (std::size_t n = 0; n < said_.size(); ++n)
        if (const double now = static_cast<double>(at_) / kRate; now >= said_[n].start_s && now < said_[n].end_s)
          out[i * 2 + (said_[n].speaker == Speaker::Callee ? 1U : 0U)] = static_cast<std::int16_t>(n + 1);
    return frames * 2;
  }

 private:
  const std::vector<Said>& said_;
  double length_;
  std::size_t at_ = 0;
};

/// A call that is recorded and goes on, and an engine that hears segments in its sound.
class LiveTranscriberTest : public testing::Test {
 protected:
  LiveTranscriberTest() {
    organisation = store.organisation("live.example");
    const auto from = store.extension(organisation, "101"), to = store.extension(organisation, "102");
    call = begin(from, to, recording);
    subscription = store->bus.subscribe(std::nullopt, [this](const store::Event& event) { events.push_back(event); });
    live.emplace(LiveTranscriber::Parts{store->transcripts, store->bus,
                                        [this](OrganisationId, CallId) -> Result<SoundSoFar> {
                                          ++opened;
                                          if (sound_error) return std::unexpected(*sound_error);
                                          return SoundSoFar{recording.id, std::make_unique<FakeSound>(said, length)};
                                        },
                                        engine(), *provider, store.clock},
                 LiveTranscriber::Options{});
  }

  store::CallRecord begin(const store::Extension& from, const store::Extension& to, store::Recording& made) {
    auto out = store.open_call(organisation, from, to);
    made.id = RecordingId::make();
    made.organisation = organisation;
    made.call = out.id;
    made.started = store.clock.wall();
    EXPECT_TRUE(store->recordings.create(made));
    return out;
  }

  SpeechEngine engine() {
    SpeechEngine out;
    out.available = [this] { return availability; };
    out.transcribe = [this](const speech::TranscribeRequest& request, const speech::PcmSource& source,
                            const speech::Progress&, const std::stop_token&) { return hear(request, source); };
    out.close = [] {};
    return out;
  }

  /// Runs of one level are segments, cut where the sound begins and ends.
  Result<speech::Transcript> hear(const speech::TranscribeRequest& request, const speech::PcmSource& source) {
    EXPECT_FALSE(request.joined);
    if (engine_error) return std::unexpected(*engine_error);
    std::vector<std::int16_t> sound, block(4'000);
    while (true) {
      const auto count = source(block);
      if (!count) return std::unexpected(count.error());
      if (*count == 0) break;
      sound.insert(sound.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(*count));
    }
    listened += static_cast<double>(sound.size()) / 2 / kRate;
    speech::Transcript out{"fake/1", "en", request.seconds, {}};
    const auto seconds = [](std::size_t sample) {
      const std::size_t frame = sample / 2;
      return static_cast<double>(frame) / kRate;
    };
    for (std::size_t channel = 0; channel < 2; ++channel) {
      for (std::size_t i = channel; i < sound.size(); i += 2) {
        if (sound[i] == 0) continue;
        std::size_t end = i;
        while (end < sound.size() && sound[end] == sound[i]) end += 2;
        const auto& words = said[static_cast<std::size_t>(sound[i]) - 1];
        const bool whole = static_cast<double>(end - i) / 2 / kRate > words.end_s - words.start_s - 0.01;
        out.turns.push_back({channel == 0 ? Speaker::Caller : Speaker::Callee,
                             seconds(i),
                             seconds(end),
                             whole ? words.text : "torn",
                             0.9,
                             {{words.text, seconds(i), seconds(end), 0.9}}});
        i = end - (end - channel) % 2;
      }
    }
    if (during) during();
    return out;
  }

  void tell(std::string_view type, CallId of) {
    store::Event event;
    event.type = type;
    event.organisation = organisation;
    event.call_id = of;
    live->notice(event);
  }
  void tell(std::string_view type) { tell(type, call.id); }
  /// The call goes on and is looked at each second.
  void talk_until(double seconds) {
    while (length < seconds) {
      store.clock.advance(1s);
      length = std::min(seconds, length + 1);
      while (live->run_one()) {
      }
    }
  }
  std::vector<std::string> texts() {
    std::vector<std::string> out;
    const auto found = store->transcripts.find(organisation, call.id);
    if (!found) return out;
    EXPECT_TRUE(found->provisional);
    for (const auto& turn : found->turns) out.push_back(turn.speaker + ": " + turn.text);
    return out;
  }
  [[nodiscard]] std::ptrdiff_t count(std::string_view type) const {
    return std::ranges::count(events, type, [](const auto& event) { return std::string_view(event.type); });
  }

  store::TemporaryStore store;
  OrganisationId organisation;
  store::CallRecord call;
  store::Recording recording;
  std::unique_ptr<AnalysisProvider> provider = make_embedded_provider();
  speech::Availability availability{true, true, "fake", ""};
  std::vector<Said> said{{Speaker::Callee, 0.5, 3, "Good morning, how can I help?"},
                         {Speaker::Caller, 3.5, 6.5, "My heater stopped working."},
                         {Speaker::Callee, 7.5, 12, "I'll send a technician tomorrow."},
                         {Speaker::Caller, 12.5, 14, "Thank you."}};
  double length = 0, listened = 0;
  int opened = 0;
  std::optional<Error> sound_error, engine_error;
  std::function<void()> during;
  std::vector<store::Event> events;
  store::EventBus::Subscription subscription;
  std::optional<LiveTranscriber> live;
};

TEST_F(LiveTranscriberTest, GrowsWhileTheCallGoesOn) {
  tell("recording.started");
  talk_until(7);
  EXPECT_TRUE(texts().empty());  // the first look is after eight seconds
  talk_until(9);
  EXPECT_EQ(texts(),
            (std::vector<std::string>{"callee: Good morning, how can I help?", "caller: My heater stopped working."}));
  EXPECT_EQ(store->calls.summary(organisation, call.id)->transcript, store::WorkState::Running);
  EXPECT_EQ(store->calls.summary(organisation, call.id)->analysis, store::WorkState::Running);
  talk_until(30);
  EXPECT_EQ(texts().size(), 4U);
  EXPECT_EQ(texts().at(2), "callee: I'll send a technician tomorrow.");  // whole, though the first look tore it
  EXPECT_EQ(count("transcript.partial"), 2);
  EXPECT_EQ(count("analysis.partial"), 2);
  const auto analysis = store->transcripts.find_analysis(organisation, call.id);
  ASSERT_TRUE(analysis);
  EXPECT_TRUE(analysis->provisional);
  EXPECT_EQ(boost::json::parse(analysis->document).at("action_items").at(0).at("when").as_string(), "tomorrow");
  EXPECT_LT(listened, 36) << "what was heard is not heard again";
}

TEST_F(LiveTranscriberTest, ItsEventsHoldNoWords) {
  tell("recording.started");
  talk_until(20);
  for (const auto& event : events) EXPECT_EQ(event.data.find("heater"), std::string::npos) << event.type;
  EXPECT_EQ(store->events.last_seq(organisation).value_or(99), 0U) << "passing events are not stored";
}

TEST_F(LiveTranscriberTest, JoinsThePiecesOfOneTurn) {
  said = {{Speaker::Caller, 1, 6, "It has stopped"}, {Speaker::Caller, 6.8, 9, "since Monday."}};
  tell("recording.started");
  talk_until(8.5);
  EXPECT_EQ(texts(), (std::vector<std::string>{"caller: It has stopped"}));
  talk_until(30);
  EXPECT_EQ(texts(), (std::vector<std::string>{"caller: It has stopped since Monday."}));
}

TEST_F(LiveTranscriberTest, DoesNothingWhilePaused) {
  tell("recording.started");
  talk_until(9);
  tell("recording.paused");
  const int before = opened;
  for (int i = 0; i < 60; ++i) {
    store.clock.advance(1s);
    EXPECT_FALSE(live->run_one());
  }
  EXPECT_EQ(opened, before);
  tell("recording.resumed");
  talk_until(30);
  EXPECT_EQ(texts().size(), 4U);
}

TEST_F(LiveTranscriberTest, StoresNothingOnceTheRecordingHasStopped) {
  tell("recording.started");
  during = [this] { tell("recording.stopped"); };  // while the engine listens
  talk_until(20);
  EXPECT_TRUE(texts().empty());
  EXPECT_EQ(live->watched(), 0U);
  EXPECT_EQ(count("transcript.partial"), 0);
}

TEST_F(LiveTranscriberTest, StoresNothingWhenOnlyTheRowSaysThatItEnded) {
  tell("recording.started");
  during = [this] {
    recording.state = store::RecordingState::Ready;
    EXPECT_TRUE(store->recordings.update(recording));
  };
  talk_until(20);
  EXPECT_TRUE(texts().empty());
  EXPECT_EQ(live->watched(), 0U);
}

TEST_F(LiveTranscriberTest, GivesUpOnACallThatItCannotHearAndLeavesIt) {
  tell("recording.started");
  engine_error = Error{Errc::Internal, "the speech worker crashed"};
  talk_until(200);
  EXPECT_EQ(opened, 3);
  EXPECT_EQ(live->watched(), 0U);
  EXPECT_FALSE(store->calls.summary(organisation, call.id)->call.ended);
}

TEST_F(LiveTranscriberTest, WaitsForTheModels) {
  tell("recording.started");
  availability = {false, false, "", "no recogniser model"};
  talk_until(30);
  EXPECT_EQ(opened, 0);
  availability = {true, true, "fake", ""};
  talk_until(31);
  EXPECT_EQ(texts().size(), 4U);
}

TEST_F(LiveTranscriberTest, CatchesUpInBoundedLooks) {
  tell("recording.started");
  length = 100;
  store.clock.advance(8s);
  EXPECT_TRUE(live->run_one());
  EXPECT_LE(listened, 30.01);
  while (live->run_one()) {
  }
  EXPECT_LT(listened, 110);
  EXPECT_EQ(texts().size(), 4U);
}

TEST_F(LiveTranscriberTest, ServesTheOldestCallsOnly) {
  tell("recording.started", CallId::make());
  tell("recording.started", CallId::make());
  tell("recording.started");
  sound_error = Error{Errc::Unavailable, "the disk is slow"};
  store.clock.advance(8s);
  EXPECT_TRUE(live->run_one());
  EXPECT_TRUE(live->run_one());
  EXPECT_FALSE(live->run_one());  // the third waits
  EXPECT_EQ(live->watched(), 3U);
}

TEST_F(LiveTranscriberTest, TheFinalTranscriptReplacesTheProvisionalOne) {
  tell("recording.started");
  talk_until(30);
  ASSERT_EQ(texts().size(), 4U);
  tell("call.ended");
  recording.state = store::RecordingState::Ready;
  ASSERT_TRUE(store->recordings.update(recording));
  call.ended = store.clock.wall();
  ASSERT_TRUE(store->calls.close(call, {}));
  EXPECT_EQ(store->calls.summary(organisation, call.id)->transcript, store::WorkState::None);
  store::Transcript final{TranscriptId::make(), organisation, call.id, recording.id, "fake/1", "en", {}, {}};
  final.turns.push_back({"caller", 0, 30, "The whole truth.", 0.9, {}});
  ASSERT_TRUE(store->transcripts.save(final));
  const auto found = store->transcripts.find(organisation, call.id);
  ASSERT_TRUE(found);
  EXPECT_FALSE(found->provisional);
  EXPECT_EQ(found->turns.size(), 1U);
  EXPECT_EQ(store->transcripts.find_analysis(organisation, call.id).error().code, Errc::NotFound)
      << "its claims pointed to turns that are gone";
  EXPECT_EQ(store->calls.summary(organisation, call.id)->transcript, store::WorkState::Ready);
  EXPECT_FALSE(live->run_one());
}

TEST_F(LiveTranscriberTest, APipelineHearsCallsOnlyWhileNoJobIsDue) {
  std::vector<std::string> order;
  auto hearing = engine();
  hearing.transcribe = [&](const speech::TranscribeRequest& request, const speech::PcmSource&, const speech::Progress&,
                           const std::stop_token&) -> Result<speech::Transcript> {
    order.emplace_back(request.joined ? "job" : "live");
    return speech::Transcript{"fake/1", "en", 1, {}};
  };
  length = 10;
  Pipeline pipeline({store->jobs, store->transcripts, store->bus,
                     [this](const store::Job&) -> Result<std::unique_ptr<CallAudio>> {
                       return std::make_unique<FakeSound>(said, 10);
                     },
                     hearing, make_embedded_provider(), store.clock,
                     [this](OrganisationId, CallId) -> Result<SoundSoFar> {
                       return SoundSoFar{recording.id, std::make_unique<FakeSound>(said, length)};
                     }},
                    {});
  pipeline.start();
  store::Event started;
  started.type = "recording.started";
  started.organisation = organisation;
  started.call_id = call.id;
  store->bus.publish(started);
  pipeline.stop();
  store.clock.advance(8s);
  store::NewJob job;
  job.kind = "transcribe";
  job.organisation = organisation;
  job.call = call.id;
  job.recording = recording.id;
  job.idempotency_key = "one";
  ASSERT_TRUE(store->jobs.enqueue(job));
  EXPECT_TRUE(pipeline.run_one());
  EXPECT_TRUE(pipeline.run_one());  // the analysis
  EXPECT_TRUE(pipeline.run_one());
  EXPECT_EQ(order, (std::vector<std::string>{"job", "live"}));
}

}  // namespace
}  // namespace parley::insight
