#include <algorithm>
#include <bit>
#include <cmath>
#include <fstream>
#include <limits>
#include <optional>

#include <fmt/format.h>

#include <codec/wav.hpp>

namespace parley::codec {
namespace {

constexpr std::uint16_t kPcm = 1;
constexpr std::uint16_t kFloat = 3;
constexpr std::uint16_t kExtensible = 0xFFFE;
constexpr std::uintmax_t kLargestFile = 1U << 30U;

std::uint32_t little(BytesView bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) value |= std::uint32_t{bytes[i]} << (8 * i);
  return value;
}

struct Format {
  std::uint16_t tag = 0;
  unsigned channels = 0;
  std::uint32_t rate = 0;
  unsigned bits = 0;
};

Result<Format> parse_format(BytesView chunk) {
  if (chunk.size() < 16) return fail(Errc::Corrupt, "the format chunk of a WAV file is too short");
  Format out{static_cast<std::uint16_t>(little(chunk.subspan(0, 2))), little(chunk.subspan(2, 2)),
             little(chunk.subspan(4, 4)), little(chunk.subspan(14, 2))};
  if (out.tag == kExtensible && chunk.size() >= 26) out.tag = static_cast<std::uint16_t>(little(chunk.subspan(24, 2)));
  const bool pcm = out.tag == kPcm && (out.bits == 8 || out.bits == 16 || out.bits == 24 || out.bits == 32);
  if (!pcm && !(out.tag == kFloat && out.bits == 32))
    return fail(Errc::Unsupported, fmt::format("a WAV file of format {} with {} bits", out.tag, out.bits));
  if (out.channels < 1 || out.channels > 8 || out.rate < 1'000 || out.rate > 384'000)
    return fail(Errc::Unsupported, fmt::format("a WAV file of {} channels at {} Hz", out.channels, out.rate));
  return out;
}

std::int16_t sample_of(BytesView bytes, std::uint16_t tag) {
  const std::uint32_t raw = little(bytes);
  if (tag == kFloat) {
    const float value = std::bit_cast<float>(raw);
    return std::isfinite(value) ? static_cast<std::int16_t>(std::lround(std::clamp(value, -1.0F, 1.0F) * 32767.0F))
                                : std::int16_t{0};
  }
  if (bytes.size() == 1) return static_cast<std::int16_t>((static_cast<int>(raw) - 128) * 256);
  return static_cast<std::int16_t>(raw >> (8 * (bytes.size() - 2)));  // the upper 16 bits
}

Wav decode(const Format& format, BytesView data) {
  const std::size_t width = format.bits / 8;
  Wav out{format.rate, format.channels, {}};
  const std::size_t count = data.size() / (width * format.channels) * format.channels;
  out.samples.resize(count);
  for (std::size_t i = 0; i < count; ++i) out.samples[i] = sample_of(data.subspan(i * width, width), format.tag);
  return out;
}

}  // namespace

std::vector<std::int16_t> Wav::channel(unsigned index) const {
  std::vector<std::int16_t> out;
  out.reserve(frames());
  for (std::size_t i = index; i < samples.size() && index < channels; i += channels) out.push_back(samples[i]);
  return out;
}

Result<Wav> parse_wav(BytesView file) {
  if (file.size() < 12 || as_text(file.first(4)) != "RIFF" || as_text(file.subspan(8, 4)) != "WAVE")
    return fail(Errc::Corrupt, "not a WAV file");
  std::optional<Format> format;
  for (BytesView rest = file.subspan(12); rest.size() >= 8;) {
    const std::string_view name = as_text(rest.first(4));
    const std::size_t promised = little(rest.subspan(4, 4));
    const std::size_t size = std::min(promised, rest.size() - 8);
    const BytesView chunk = rest.subspan(8, size);
    if (name == "fmt ") {
      auto parsed = parse_format(chunk);
      if (!parsed) return std::unexpected(parsed.error());
      format = *parsed;
    } else if (name == "data") {
      if (!format) return fail(Errc::Corrupt, "a WAV file has its data before its format");
      return decode(*format, chunk);
    }
    rest = rest.subspan(8 + std::min(size + (promised & 1U), rest.size() - 8));
  }
  return fail(Errc::Corrupt, "a WAV file without data");
}

Result<Wav> read_wav(const std::filesystem::path& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (error) return fail(Errc::NotFound, fmt::format("{}: {}", path.string(), error.message()));
  if (size > kLargestFile) return fail(Errc::Limited, path.string() + ": too large a WAV file");
  std::ifstream in(path, std::ios::binary);
  Bytes bytes(size);
  if (!in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size)))
    return fail(Errc::Io, path.string() + ": cannot be read");
  return parse_wav(bytes);
}

Bytes wav_header(std::uint32_t rate, unsigned channels, std::uint64_t frames) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max() - 64;
  const auto data = static_cast<std::uint32_t>(std::min<std::uint64_t>(frames * channels * 2, kMost));
  Bytes out;
  out.reserve(kWavHeader);
  const auto text = [&](std::string_view name) { out.insert(out.end(), name.begin(), name.end()); };
  const auto number = [&](std::uint32_t value, unsigned bytes) {
    for (unsigned i = 0; i < bytes; ++i) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  };
  text("RIFF"), number(data + kWavHeader - 8, 4), text("WAVE");
  text("fmt "), number(16, 4), number(kPcm, 2), number(channels, 2), number(rate, 4), number(rate * channels * 2, 4);
  number(channels * 2, 2), number(16, 2);
  text("data"), number(data, 4);
  return out;
}

Bytes to_wav(const Wav& wav) {
  Bytes out = wav_header(wav.rate, wav.channels, wav.frames());
  out.reserve(out.size() + wav.samples.size() * 2);
  for (const std::int16_t sample : wav.samples) {
    out.push_back(static_cast<std::uint8_t>(sample & 0xFF));
    out.push_back(static_cast<std::uint8_t>(static_cast<std::uint16_t>(sample) >> 8U));
  }
  return out;
}

Result<void> write_wav(const std::filesystem::path& path, const Wav& wav) {
  const Bytes bytes = to_wav(wav);
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  out.close();
  return out ? Result<void>{} : fail(Errc::Io, path.string() + ": cannot be written");
}

}  // namespace parley::codec
