#pragma once
#include <atomic>
#include <deque>
#include <optional>

#include <base/guarded.hpp>
#include <media/recording_format.hpp>
#include <media/spsc_ring.hpp>

namespace parley::media {

/// One recording while it runs. Three threads meet here: the media thread offers packets through the ring, the owner
/// pauses, resumes and stops by marks, the writer turns both into frames.
class ActiveRecording final : public Recording {
 public:
  ActiveRecording(RecordingStart start, const Clock& clock, const RecorderOptions& options,
                  recording::FrameCipher cipher, WallTime started, std::uint64_t header_bytes);
  ~ActiveRecording() override = default;

  // Owner.
  void pause() override;
  void resume() override;
  void stop() override;
  [[nodiscard]] RecordingState state() const override { return state_.load(std::memory_order_acquire); }
  [[nodiscard]] RecordingId id() const override { return start_.recording; }

  // Media thread.
  void offer(const RecordedPacket& packet) noexcept override;

  // Writer. `write` moves what is there into frames and syncs when it is time; false: it has ended.
  [[nodiscard]] bool write(TimePoint now);

 private:
  struct Mark {
    enum class What : std::uint8_t { Pause, Resume, Stop } what;
    recording::Micros at;
  };
  [[nodiscard]] recording::Micros micros(TimePoint at) const noexcept;
  void mark(Mark::What what, RecordingState from, RecordingState to);
  void take_marks_until(recording::Micros at);
  void take_item(BytesView item);
  void apply(const Mark& mark);
  [[nodiscard]] Result<void> write_frame(BytesView plain);
  [[nodiscard]] Result<void> flush();
  void end(RecordingState how, recording::Micros at, std::string failure);

  RecordingStart start_;
  const Clock& clock_;
  const RecorderOptions options_;
  const TimePoint begun_;
  std::atomic<RecordingState> state_ = RecordingState::Recording;
  std::atomic<recording::Micros> resumed_at_ = 0;
  Guarded<std::deque<Mark>> marks_;

  // Media thread.
  SpscRing ring_;
  std::optional<recording::GapRecord> gap_;
  std::atomic<std::uint64_t> dropped_ = 0;

  // Writer.
  recording::FrameCipher cipher_;
  recording::Chain chain_;
  std::deque<Mark> pending_;
  Bytes plain_, frame_, scratch_;
  std::optional<TimePoint> plain_since_;
  std::optional<TimePoint> unsynced_since_;
  std::optional<recording::Micros> paused_since_;
  std::optional<recording::Micros> stopped_at_;
  RecordingSummary summary_;
};

}  // namespace parley::media
