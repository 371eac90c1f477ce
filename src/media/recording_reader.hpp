#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <base/ids.hpp>
#include <base/result.hpp>
#include <media/append_file.hpp>
#include <media/recorder.hpp>

namespace parley::media {

/// What is wrong with a recording file. `frame` counts from 0; nullopt for the header.
struct RecordingFault {
  enum class Kind : std::uint8_t {
    Altered,     // the frame's bytes do not fit its seal
    Missing,     // frames between two whole ones are absent
    Swapped,     // a true frame at another's place
    Repeated,    // a true frame for the second time
    Torn,        // bytes of an unfinished frame at the end: the writer was killed
    NotClosed,   // no closing frame: killed, still running, or cut at a frame border
    RolledBack,  // an older or shorter state of the file than the database knows
    Foreign,     // bytes between frames or after the closing frame
  };
  Kind kind;
  std::optional<std::uint64_t> frame;
  std::uint64_t offset = 0;  // of the file
  [[nodiscard]] std::string text() const;
};

struct RecordingInfo {
  OrganisationId organisation;
  CallId call;
  RecordingId recording;
  WallTime started{};
  Duration length{};  // of the audio: without the pauses
  std::vector<RecordedPause> pauses;
  std::vector<RecordedPause> gaps;     // stretches with packets dropped for a full ring
  std::vector<codec::CodecId> codecs;  // in order of appearance
  std::uint64_t frames = 0;            // whole and true ones
  std::uint64_t packets[2] = {0, 0};
  bool closed = false;                             // a closing frame is there
  RecordingState end = RecordingState::Recording;  // from the closing frame: Stopped or Failed
  std::vector<RecordingFault> faults;              // empty: everything is as it was written
};

/// Reads, verifies and decodes one recording: all whole, true frames are usable whatever happened to the others.
/// Both parties are aligned on media time: silence where nothing arrived, nothing at all for paused stretches.
/// The same range always decodes to the same samples. Memory: an index of some bytes per frame and one decoded block.
/// Thread: one at a time, not a reactor's.
class RecordingReader {
 public:
  /// Errors: Corrupt when the header is unreadable or not sealed by this key; Io.
  [[nodiscard]] static Result<RecordingReader> open(std::unique_ptr<RandomAccessFile> file, const vault::ThingKey& key);
  ~RecordingReader();
  RecordingReader(RecordingReader&&) noexcept;
  RecordingReader& operator=(RecordingReader&&) noexcept;

  [[nodiscard]] const RecordingInfo& info() const;
  /// Compares with what the database kept at the end; adds RolledBack to the faults where they differ.
  void expect(const RecordingSummary& summary);

  /// Interleaved samples, channel 0 caller, 1 callee. `rate` is 8000 or 16000; `first` and the count are in frames
  /// (sample pairs). Returns the pairs written: fewer only at the end.
  [[nodiscard]] Result<std::size_t> read(std::uint32_t rate, std::uint64_t first, std::span<std::int16_t> interleaved);
  [[nodiscard]] std::uint64_t samples(std::uint32_t rate) const;  // per channel

  /// The same as a stereo 16-bit WAV file of wav_size() bytes, by byte range.
  [[nodiscard]] std::uint64_t wav_size(std::uint32_t rate) const;
  [[nodiscard]] Result<std::size_t> read_wav(std::uint32_t rate, std::uint64_t offset, std::span<std::uint8_t> out);

  /// Greatest amplitude (0 to 1) per stretch of 1/per_second, for each channel.
  [[nodiscard]] Result<std::array<std::vector<float>, 2>> waveform(unsigned per_second);
  /// One party at 16 kHz, -1 to 1: what the recogniser takes.
  [[nodiscard]] Result<std::vector<float>> channel_16k(Party party);

 private:
  class Impl;
  explicit RecordingReader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace parley::media
