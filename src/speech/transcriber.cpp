#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include <codec/resampler.hpp>
#include <speech/segmenter.hpp>
#include <speech/transcriber.hpp>
#include <speech/turns.hpp>

namespace parley::speech {
namespace {

/// One party's way from samples to segments.
struct Lane {
  Speaker speaker = Speaker::Caller;
  std::optional<codec::Resampler> resampler;  // nullopt: the sound has the recogniser's rate already
  std::unique_ptr<VoiceActivity> activity;
  Segmenter segmenter;
  std::vector<float> pending;  // less than a window
};

constexpr double seconds_of(std::uint64_t samples) { return static_cast<double>(samples) / kRecogniserRate; }

class LaneTranscriber final : public Transcriber {
 public:
  LaneTranscriber(Format format, Recogniser& recogniser, std::vector<Lane> lanes)
      : format_(format), recogniser_(recogniser), lanes_(std::move(lanes)) {}

  void on_segment(OnSegment callback) override { callback_ = std::move(callback); }

  Result<void> push(std::span<const std::int16_t> frames) override {
    const auto channels = lanes_.size();
    if (frames.size() % channels != 0) return fail(Errc::Invalid, "sound ends in the middle of a frame");
    for (std::size_t channel = 0; channel < channels; ++channel) {
      scratch_.clear();
      for (std::size_t i = channel; i < frames.size(); i += channels)
        scratch_.push_back(static_cast<float>(frames[i]) / 32768.0F);
      Lane& lane = lanes_[channel];
      if (lane.resampler)
        lane.resampler->process(scratch_, lane.pending);
      else
        lane.pending.insert(lane.pending.end(), scratch_.begin(), scratch_.end());
      if (auto done = consume(lane); !done) return done;
    }
    frames_ += frames.size() / channels;
    return {};
  }

  Result<Transcript> finish() override {
    for (Lane& lane : lanes_) {
      if (lane.resampler) lane.resampler->flush(lane.pending);
      lane.pending.resize((lane.pending.size() + Segmenter::kWindow - 1) / Segmenter::kWindow * Segmenter::kWindow);
      if (auto done = consume(lane); !done) return std::unexpected(done.error());
      if (auto segment = lane.segmenter.finish())
        if (auto done = recognise(lane, *segment); !done) return std::unexpected(done.error());
    }
    return Transcript{std::string(recogniser_.engine()), "en", static_cast<double>(frames_) / format_.rate,
                      format_.joined ? build_turns(std::move(segments_)) : separate_turns(std::move(segments_))};
  }

 private:
  Result<void> consume(Lane& lane) {
    std::span<const float> rest = lane.pending;
    for (; rest.size() >= Segmenter::kWindow; rest = rest.subspan(Segmenter::kWindow)) {
      const auto window = rest.first(Segmenter::kWindow);
      const auto probability = lane.activity->probability(window);
      if (!probability) return std::unexpected(probability.error());
      if (auto segment = lane.segmenter.push(window, *probability))
        if (auto done = recognise(lane, *segment); !done) return done;
    }
    lane.pending.erase(lane.pending.begin(), lane.pending.end() - static_cast<std::ptrdiff_t>(rest.size()));
    return {};
  }

  Result<void> recognise(Lane& lane, const Segment& segment) {
    auto recognition = recogniser_.recognise(segment.samples);
    if (!recognition) return std::unexpected(recognition.error());
    segments_.push_back(
        {lane.speaker, seconds_of(segment.speech_first), seconds_of(segment.speech_end), std::move(*recognition)});
    if (callback_) callback_(seconds_of(segment.speech_end));
    return {};
  }

  Format format_;
  Recogniser& recogniser_;
  std::vector<Lane> lanes_;
  std::vector<RecognisedSegment> segments_;
  std::vector<float> scratch_;
  OnSegment callback_;
  std::uint64_t frames_ = 0;
};

}  // namespace

Result<std::unique_ptr<Transcriber>> Transcriber::make(
    Format format, Recogniser& recogniser, const std::function<Result<std::unique_ptr<VoiceActivity>>()>& activity) {
  if (format.channels < 1 || format.channels > 2 || format.rate < 8'000 || format.rate > 48'000)
    return fail(Errc::Invalid,
                fmt::format("sound of {} channels at {} Hz cannot be transcribed", format.channels, format.rate));
  std::vector<Lane> lanes(static_cast<std::size_t>(format.channels));
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    lanes[i].speaker = i == 0 ? Speaker::Caller : Speaker::Callee;
    auto detector = activity();
    if (!detector) return std::unexpected(detector.error());
    lanes[i].activity = std::move(*detector);
    if (format.rate != kRecogniserRate) {
      auto resampler = codec::Resampler::make(static_cast<std::uint32_t>(format.rate), kRecogniserRate);
      if (!resampler) return std::unexpected(resampler.error());
      lanes[i].resampler.emplace(std::move(*resampler));
    }
  }
  return std::make_unique<LaneTranscriber>(format, recogniser, std::move(lanes));
}

}  // namespace parley::speech
