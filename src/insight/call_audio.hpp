#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include <base/result.hpp>
#include <store/jobs.hpp>

namespace parley::store {
class Store;
}

namespace parley::insight {

/// The sound of a call as it is decrypted, in memory only. Thread: one at a time.
class CallAudio {
 public:
  virtual ~CallAudio() = default;
  [[nodiscard]] virtual int rate() const = 0;      // Hz
  [[nodiscard]] virtual int channels() const = 0;  // 2: channel 0 caller, 1 callee
  [[nodiscard]] virtual double seconds() const = 0;
  /// Where the next read() begins.
  virtual void start_at(double seconds) = 0;
  /// The next interleaved frames; gives the count of samples, 0 at the end. Errors: Corrupt, Io.
  [[nodiscard]] virtual Result<std::size_t> read(std::span<std::int16_t> out) = 0;
};

/// Errors: NotFound (erased meanwhile), Corrupt (cannot be read by its key), Io.
using OpenAudio = std::function<Result<std::unique_ptr<CallAudio>>(const store::Job& job)>;

/// A recording that is still being written, as far as its last whole frame.
struct SoundSoFar {
  RecordingId recording;
  std::unique_ptr<CallAudio> audio;
};
/// The call's recording in progress. Errors: Conflict (it has ended), NotFound, Corrupt, Io.
using OpenSoundSoFar = std::function<Result<SoundSoFar>(OrganisationId organisation, CallId call)>;

[[nodiscard]] OpenSoundSoFar recording_so_far(store::Store& store);

/// Opens the recording that a job names, with the recording's own key.
[[nodiscard]] OpenAudio recorded_audio(store::Store& store);

}  // namespace parley::insight
