#include <algorithm>

#include <codec/format.hpp>
#include <insight/call_audio.hpp>
#include <media/append_file.hpp>
#include <media/recording_reader.hpp>
#include <store/store.hpp>

namespace parley::insight {
namespace {

constexpr std::uint32_t kNarrow = 8'000;
constexpr std::uint32_t kWide = 16'000;

std::uint32_t best_rate(const media::RecordingInfo& info) {
  const bool wide =
      std::ranges::any_of(info.codecs, [](codec::CodecId id) { return codec::info(id).sample_rate > kNarrow; });
  return wide ? kWide : kNarrow;
}

class RecordedAudio final : public CallAudio {
 public:
  explicit RecordedAudio(media::RecordingReader reader)
      : reader_(std::move(reader)), rate_(best_rate(reader_.info())) {}

  [[nodiscard]] int rate() const override { return static_cast<int>(rate_); }
  [[nodiscard]] int channels() const override { return 2; }
  [[nodiscard]] double seconds() const override { return static_cast<double>(reader_.samples(rate_)) / rate_; }
  void start_at(double seconds) override { at_ = static_cast<std::uint64_t>(std::max(0.0, seconds) * rate_); }
  [[nodiscard]] Result<std::size_t> read(std::span<std::int16_t> out) override {
    const auto frames = reader_.read(rate_, at_, out.first(out.size() / 2 * 2));
    if (!frames) return std::unexpected(frames.error());
    at_ += *frames;
    return *frames * 2;
  }

 private:
  media::RecordingReader reader_;
  std::uint32_t rate_;
  std::uint64_t at_ = 0;
};

Result<std::unique_ptr<CallAudio>> open(store::Store& store, const store::Recording& recording) {
  const auto key = store.recordings.key(recording.organisation, recording.id);
  if (!key) return std::unexpected(key.error());
  const auto path = store.blobs.path(recording.blob);
  if (!path) return std::unexpected(path.error());
  auto file = media::open_random_access_file(*path);
  if (!file) return std::unexpected(file.error());
  auto reader = media::RecordingReader::open(std::move(*file), *key);
  if (!reader) return std::unexpected(reader.error());
  return std::make_unique<RecordedAudio>(std::move(*reader));
}

}  // namespace

OpenAudio recorded_audio(store::Store& store) {
  return [&store](const store::Job& job) -> Result<std::unique_ptr<CallAudio>> {
    if (!job.call) return fail(Errc::Invalid, "the job names no call");
    const auto recording = job.recording ? store.recordings.find(job.organisation, *job.recording)
                                         : store.recordings.find_by_call(job.organisation, *job.call);
    if (!recording) return std::unexpected(recording.error());
    return open(store, *recording);
  };
}

OpenSoundSoFar recording_so_far(store::Store& store) {
  return [&store](OrganisationId organisation, CallId call) -> Result<SoundSoFar> {
    const auto recording = store.recordings.find_by_call(organisation, call);
    if (!recording) return std::unexpected(recording.error());
    if (recording->state != store::RecordingState::Recording) return fail(Errc::Conflict, "the recording has ended");
    auto audio = open(store, *recording);
    if (!audio) return std::unexpected(audio.error());
    return SoundSoFar{recording->id, std::move(*audio)};
  };
}

}  // namespace parley::insight
