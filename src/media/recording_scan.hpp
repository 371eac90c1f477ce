#pragma once
#include <functional>
#include <vector>

#include <media/recording_format.hpp>
#include <media/recording_reader.hpp>

namespace parley::media::recording {

/// A whole and true frame in the file.
struct FoundFrame {
  std::uint64_t counter = 0;
  std::uint64_t offset = 0;
  std::uint32_t size = 0;  // with head
};

struct Scan {
  std::vector<FoundFrame> frames;  // by counter, each once
  std::vector<RecordingFault> faults;
  vault::Digest digest{};
  std::optional<Closing> closing;
};

/// Walks through the file once, checks every frame, finds the next one behind damage, and names what is wrong.
/// Errors: Io only. Work is bounded by the file's size plus kMaxResync bytes of wrong guesses.
[[nodiscard]] Result<Scan> scan_frames(RandomAccessFile& file, FrameCipher& cipher);

inline constexpr std::uint64_t kMaxResync = std::uint64_t{64} * 1024 * 1024;

}  // namespace parley::media::recording
