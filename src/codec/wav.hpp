#pragma once
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include <base/bytes.hpp>
#include <base/result.hpp>

namespace parley::codec {

/// Sound as a RIFF/WAVE file holds it, brought to 16 bits.
struct Wav {
  std::uint32_t rate = 0;  // Hz
  unsigned channels = 0;
  std::vector<std::int16_t> samples;  // interleaved, whole frames only

  [[nodiscard]] std::size_t frames() const { return channels == 0 ? 0 : samples.size() / channels; }
  /// One channel of it.
  [[nodiscard]] std::vector<std::int16_t> channel(unsigned index) const;
};

inline constexpr std::size_t kWavHeader = 44;

/// Takes PCM of 8, 16, 24 or 32 bits and 32-bit floats, 1 to 8 channels, 1 to 384 kHz; a data chunk that promises more
/// than the file holds (a stream's) ends with the file. Errors: Corrupt, Unsupported.
[[nodiscard]] Result<Wav> parse_wav(BytesView file);
/// Errors: NotFound, Limited (over 1 GiB), Io, and those of parse_wav.
[[nodiscard]] Result<Wav> read_wav(const std::filesystem::path& path);

/// The first kWavHeader bytes of a 16-bit PCM file of so many frames.
[[nodiscard]] Bytes wav_header(std::uint32_t rate, unsigned channels, std::uint64_t frames);
[[nodiscard]] Bytes to_wav(const Wav& wav);
/// Errors: Io.
[[nodiscard]] Result<void> write_wav(const std::filesystem::path& path, const Wav& wav);

}  // namespace parley::codec
