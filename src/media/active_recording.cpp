#include <algorithm>
#include <utility>

#include <media/active_recording.hpp>

namespace parley::media {
using namespace std::chrono_literals;
using recording::Micros;

namespace {
constexpr std::size_t kFullFrame = std::size_t{64} * 1024;  // written at once, however young
constexpr std::size_t kMaxRecord = recording::kPacketHead + 1500;
// A packet that comes right after the end of a pause holds sound from before it.
constexpr Micros kAfterPause = 40'000;
}  // namespace

ActiveRecording::ActiveRecording(RecordingStart start, const Clock& clock, const RecorderOptions& options,
                                 recording::FrameCipher cipher, WallTime started, std::uint64_t header_bytes)
    : start_(std::move(start)),
      clock_(clock),
      options_(options),
      begun_(clock.now()),
      ring_(options.ring_bytes),
      cipher_(std::move(cipher)) {
  summary_.recording = start_.recording;
  summary_.started = started;
  summary_.bytes = header_bytes;
  plain_.reserve(kFullFrame + kMaxRecord);
}

Micros ActiveRecording::micros(TimePoint at) const noexcept {
  return static_cast<Micros>(
      std::max<std::int64_t>(std::chrono::duration_cast<std::chrono::microseconds>(at - begun_).count(), 0));
}

void ActiveRecording::mark(Mark::What what, RecordingState from, RecordingState to) {
  marks_.with([&](std::deque<Mark>& marks) {
    if (state_.load(std::memory_order_relaxed) != from) return;
    const Micros now = micros(clock_.now());
    if (what == Mark::What::Resume) resumed_at_.store(now, std::memory_order_relaxed);
    marks.push_back({what, now});
    state_.store(to, std::memory_order_release);
  });
}

void ActiveRecording::pause() { mark(Mark::What::Pause, RecordingState::Recording, RecordingState::Paused); }
void ActiveRecording::resume() { mark(Mark::What::Resume, RecordingState::Paused, RecordingState::Recording); }
void ActiveRecording::stop() {
  mark(Mark::What::Stop, RecordingState::Recording, RecordingState::Stopped);
  mark(Mark::What::Stop, RecordingState::Paused, RecordingState::Stopped);
}

void ActiveRecording::offer(const RecordedPacket& packet) noexcept {
  if (state_.load(std::memory_order_acquire) != RecordingState::Recording || packet.payload.size() > 1500) return;
  const Micros at = micros(packet.at);
  const Micros resumed = resumed_at_.load(std::memory_order_relaxed);
  if (resumed != 0 && at < resumed + kAfterPause) return;
  const recording::PacketRecord record{packet.party,
                                       packet.codec,
                                       static_cast<std::uint32_t>(packet.source),
                                       static_cast<std::uint32_t>(packet.sequence),
                                       packet.timestamp,
                                       at,
                                       packet.payload};
  const auto head = recording::write_packet_head(record);
  if (!gap_) {
    if (ring_.push(head, packet.payload)) return;
  } else {
    // The mark of the gap and the packet behind it go together, or the gap goes on.
    std::array<std::uint8_t, recording::kGapSize + recording::kPacketHead> both;
    std::ranges::copy(head, std::ranges::copy(recording::write_gap(*gap_), both.begin()).out);
    if (ring_.push(both, packet.payload)) return gap_.reset();
  }
  // The disk does not keep up: the call goes on, the recording has a gap and says so.
  if (!gap_) gap_ = recording::GapRecord{at, at, 0};
  gap_->to = at;
  ++gap_->packets;
  dropped_.fetch_add(1, std::memory_order_relaxed);
}

void ActiveRecording::apply(const Mark& mark) {
  switch (mark.what) {
    case Mark::What::Pause:
      paused_since_ = mark.at;
      recording::append_mark(plain_, {recording::RecordKind::Pause, mark.at});
      break;
    case Mark::What::Resume:
      if (paused_since_)
        summary_.pauses.push_back({std::chrono::microseconds(*paused_since_), std::chrono::microseconds(mark.at)});
      paused_since_.reset();
      recording::append_mark(plain_, {recording::RecordKind::Resume, mark.at});
      break;
    case Mark::What::Stop: stopped_at_ = mark.at; break;
  }
}

void ActiveRecording::take_marks_until(Micros at) {
  while (!pending_.empty() && pending_.front().at <= at) {
    apply(pending_.front());
    pending_.pop_front();
  }
}

void ActiveRecording::take_item(BytesView item) {
  while (!item.empty()) {
    const BytesView from = item;
    const auto record = recording::next_record(item);
    if (!record) return;
    if (const auto* packet = std::get_if<recording::PacketRecord>(&*record)) {
      take_marks_until(packet->at);
      if (paused_since_ || stopped_at_) continue;
      ++summary_.packets[static_cast<std::size_t>(packet->party)];
      if (std::ranges::find(summary_.codecs, packet->codec) == summary_.codecs.end())
        summary_.codecs.push_back(packet->codec);
    }
    const BytesView bytes = from.first(from.size() - item.size());
    plain_.insert(plain_.end(), bytes.begin(), bytes.end());
  }
}

bool ActiveRecording::write(TimePoint now) {
  const auto give_up = [&](const Error& error) {
    end(RecordingState::Failed, micros(now), error.text);
    return false;
  };
  marks_.with(
      [&](std::deque<Mark>& marks) { pending_.insert(pending_.end(), marks.begin(), marks.end()), marks.clear(); });
  std::optional<Error> failure;
  if (plain_.empty()) plain_.push_back(static_cast<std::uint8_t>(recording::FrameKind::Records));
  ring_.drain(scratch_, [&](BytesView item) {
    take_item(item);
    if (plain_.size() < kFullFrame || failure) return;
    if (auto written = flush(); !written) failure = written.error();
  });
  if (failure) return give_up(*failure);
  take_marks_until(micros(now) + 1);
  if (plain_.size() > 1 && !plain_since_) plain_since_ = now;
  const bool due = plain_since_ && now - *plain_since_ >= options_.frame_interval;
  if (plain_.size() > 1 && (due || stopped_at_)) {
    if (auto written = flush(); !written) return give_up(written.error());
  }
  if (stopped_at_) {
    end(RecordingState::Stopped, *stopped_at_, {});
    return false;
  }
  if (unsynced_since_ && now - *unsynced_since_ >= options_.sync_interval) {
    unsynced_since_.reset();
    // After a failed sync the kernel may have dropped the bytes: trying again would only hide that.
    if (auto synced = start_.file->sync(); !synced) return give_up(synced.error());
  }
  return true;
}

Result<void> ActiveRecording::write_frame(BytesView plain) {
  cipher_.seal(summary_.frames, plain, frame_);
  if (auto written = start_.file->append(frame_); !written) return written;
  chain_.add(frame_);
  ++summary_.frames;
  summary_.bytes += frame_.size();
  return {};
}

Result<void> ActiveRecording::flush() {
  auto written = write_frame(plain_);
  plain_.clear();
  plain_.push_back(static_cast<std::uint8_t>(recording::FrameKind::Records));
  plain_since_.reset();
  if (written && !unsynced_since_) unsynced_since_ = clock_.now();
  return written;
}

void ActiveRecording::end(RecordingState how, Micros at, std::string failure) {
  marks_.with([&](auto&) { state_.store(how, std::memory_order_release); });
  if (paused_since_)
    summary_.pauses.push_back({std::chrono::microseconds(*paused_since_), std::chrono::microseconds(at)});
  summary_.dropped = dropped_.load();
  const recording::Closing closing{
      how, at, {summary_.packets[0], summary_.packets[1]}, summary_.dropped, summary_.frames};
  // On a failed disk this is the mark of the failure, if the disk still takes so little.
  auto last = write_frame(recording::write_closing(closing));
  if (last) last = start_.file->sync();
  if (!last && how == RecordingState::Stopped) {
    how = RecordingState::Failed;
    failure = last.error().text;
    state_.store(how, std::memory_order_release);
  }
  wipe(plain_);
  wipe(scratch_);
  start_.file.reset();
  summary_.state = how;
  summary_.failure = std::move(failure);
  summary_.ended = clock_.wall();
  summary_.length = std::chrono::microseconds(at);
  for (const auto& pause : summary_.pauses) summary_.length -= pause.to - pause.from;
  summary_.digest = chain_.digest();
  if (start_.post && start_.on_ended)
    start_.post([tell = std::move(start_.on_ended), summary = std::move(summary_)] { tell(summary); });
}

}  // namespace parley::media
