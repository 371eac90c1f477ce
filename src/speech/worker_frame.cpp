#include <fmt/format.h>

#include <speech/worker_frame.hpp>

namespace parley::speech {

Bytes encode_frame(FrameKind kind, BytesView payload) {
  const auto length = static_cast<std::uint32_t>(payload.size());
  Bytes out;
  out.reserve(kFrameHeader + payload.size());
  for (unsigned shift = 0; shift < 32; shift += 8) out.push_back(static_cast<std::uint8_t>(length >> shift));
  out.push_back(static_cast<std::uint8_t>(kind));
  out.insert(out.end(), payload.begin(), payload.end());
  return out;
}

std::nullopt_t FrameReader::need_more() {
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(start_));
  start_ = 0;
  return std::nullopt;
}

Result<std::optional<Frame>> FrameReader::next() {
  const BytesView rest = BytesView(buffer_).subspan(start_);
  if (rest.size() < kFrameHeader) return need_more();
  std::size_t length = 0;
  for (unsigned i = 0; i < 4; ++i) length |= std::size_t{rest[i]} << (8 * i);
  const std::uint8_t kind = rest[4];
  if (length > limit_)
    return fail(Errc::Limited, fmt::format("a frame of {} bytes is over the limit of {}", length, limit_));
  if (kind < static_cast<std::uint8_t>(FrameKind::Transcribe) || kind > static_cast<std::uint8_t>(FrameKind::Error))
    return fail(Errc::Invalid, fmt::format("a frame of the unknown kind {}", kind));
  if (rest.size() < kFrameHeader + length) return need_more();
  const BytesView payload = rest.subspan(kFrameHeader, length);
  start_ += kFrameHeader + length;
  return Frame{static_cast<FrameKind>(kind), {payload.begin(), payload.end()}};
}

Result<std::vector<std::int16_t>> decode_sound(BytesView payload) {
  if (payload.size() % 2 != 0) return fail(Errc::Invalid, "a frame of sound ends in the middle of a sample");
  std::vector<std::int16_t> out(payload.size() / 2);
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = static_cast<std::int16_t>(payload[2 * i] | payload[2 * i + 1] << 8);
  return out;
}

Bytes encode_sound(std::span<const std::int16_t> samples) {
  Bytes out;
  out.reserve(samples.size() * 2);
  for (const std::int16_t sample : samples) {
    out.push_back(static_cast<std::uint8_t>(sample & 0xFF));
    out.push_back(static_cast<std::uint8_t>(static_cast<std::uint16_t>(sample) >> 8U));
  }
  return out;
}

}  // namespace parley::speech
