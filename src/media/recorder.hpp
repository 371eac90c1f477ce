#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <base/clock.hpp>
#include <base/ids.hpp>
#include <base/random.hpp>
#include <base/result.hpp>
#include <codec/format.hpp>
#include <media/append_file.hpp>
#include <media/media_types.hpp>

namespace parley::vault {
class ThingKey;
}

namespace parley::media {

/// Channel of the recording; the number is the channel's.
enum class Party : std::uint8_t { Caller = 0, Callee = 1 };

enum class RecordingState : std::uint8_t { Recording, Paused, Stopped, Failed };

struct RecordedPause {
  Duration from{}, to{};  // since the start of the recording, in call time
};

/// What the database keeps of a finished recording. `frames` and `digest` let a reader tell a rolled-back file.
struct RecordingSummary {
  RecordingId recording;
  RecordingState state = RecordingState::Stopped;  // Stopped or Failed
  std::string failure;                             // Failed: why, without personal data
  WallTime started{}, ended{};
  Duration length{};  // of the audio: without the pauses
  std::vector<RecordedPause> pauses;
  std::vector<codec::CodecId> codecs;
  std::uint64_t packets[2] = {0, 0};  // by Party
  std::uint64_t dropped = 0;          // packets that the ring had no room for (each gap is marked)
  std::uint64_t frames = 0;
  std::array<std::uint8_t, 32> digest{};  // chain over all frames
  std::uint64_t bytes = 0;
};

/// One accepted audio packet, as the media thread saw it.
struct RecordedPacket {
  Party party = Party::Caller;
  TimePoint at{};               // arrival
  std::uint64_t source = 0;     // another number: another SSRC or a restart of its time stamps
  std::uint64_t sequence = 0;   // unwrapped
  std::uint32_t timestamp = 0;  // in units of the codec's RTP clock
  codec::CodecId codec = codec::CodecId::Pcmu;
  BytesView payload;
};

struct RecordingStart {
  OrganisationId organisation;
  CallId call;
  RecordingId recording;
  std::unique_ptr<AppendFile> file;  // empty
  Poster post;
  /// Once, after the last byte is on disk (or could not be put there). A failed disk ends the recording, never the
  /// call.
  std::function<void(const RecordingSummary&)> on_ended;
};

/// One recording in progress. Packets come from the media thread, the rest from its owner.
/// Thread: any. Lifetime: shared between owner, media engine and recorder; ends with stop() or a failed disk.
class Recording {
 public:
  virtual ~Recording() = default;
  /// From the return of this call on no packet is taken, and what is already in the queue with a later time is dropped.
  virtual void pause() = 0;
  virtual void resume() = 0;
  /// Writes the closing frame; on_ended follows. Repeating it is harmless.
  virtual void stop() = 0;
  [[nodiscard]] virtual RecordingState state() const = 0;
  [[nodiscard]] virtual RecordingId id() const = 0;
  /// The media thread's only: copies the packet into the ring or counts it as dropped. Never blocks.
  virtual void offer(const RecordedPacket& packet) noexcept = 0;
};

struct RecorderOptions {
  std::size_t ring_bytes = std::size_t{256} * 1024;  // per recording: about 7 s of two G.711 parties
  Duration frame_interval = std::chrono::milliseconds(200);
  Duration sync_interval = std::chrono::seconds(1);
};

/// Writes all recordings of this process: payloads as they came, with their media time, in sealed frames of at most 250
/// ms. Container: docs/recording-format.md (DESIGN "One call" step 5). Thread:   own writer thread; `start` from any,
/// it writes and syncs the header, so not from a reactor. Lifetime: outlives the media engine; the destructor stops
/// what still runs.
class Recorder {
 public:
  Recorder(const Clock& clock, Random& random, RecorderOptions options = {});
  ~Recorder();
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  /// `key` is the call's: the recording's own key is derived from it and a random salt in the header.
  /// Errors: Full or Io of the file, Unavailable while stopping. on_ended is not called then.
  [[nodiscard]] Result<std::shared_ptr<Recording>> start(RecordingStart start, const vault::ThingKey& key);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace parley::media
