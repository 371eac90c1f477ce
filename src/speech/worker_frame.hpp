#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <base/bytes.hpp>
#include <base/result.hpp>

/// The wire between a worker and its client. A frame: u32 length of the payload (little endian), u8 kind, payload.
/// Either side treats a longer length or an unknown kind as the end of the connection.
namespace parley::speech {

enum class FrameKind : std::uint8_t {
  Transcribe = 1,  // to the child: JSON {rate, channels, model}
  Sound = 2,       // either way: 16-bit little-endian samples
  EndOfSound = 3,  // to the child: empty
  Speak = 4,       // to the child: JSON {text, voice, speed}
  Progress = 5,    // to the client: JSON {seconds}
  Transcript = 6,  // to the client: the transcript's JSON
  Spoken = 7,      // to the client, after its Sound frames: JSON {rate}
  Error = 8,       // to the client: JSON {code, text}
};

struct Frame {
  FrameKind kind = FrameKind::Error;
  Bytes payload;

  [[nodiscard]] std::string_view text() const { return as_text(payload); }
};

inline constexpr std::size_t kFrameHeader = 5;
inline constexpr std::size_t kMaxFrame = 64U << 20U;       // a day's transcript fits
inline constexpr std::size_t kMaxSoundFrame = 64U << 10U;  // bytes of samples in one frame

[[nodiscard]] Bytes encode_frame(FrameKind kind, BytesView payload);

/// Cuts a byte stream into frames. Memory: one frame and what was fed with it. After an error every call gives that
/// error.
class FrameReader {
 public:
  explicit FrameReader(std::size_t limit = kMaxFrame) : limit_(limit) {}

  void feed(BytesView bytes) { buffer_.insert(buffer_.end(), bytes.begin(), bytes.end()); }
  /// nullopt: more bytes are needed. Errors: Limited (length), Invalid (kind).
  [[nodiscard]] Result<std::optional<Frame>> next();

 private:
  [[nodiscard]] std::nullopt_t need_more();  // drops what was read

  std::size_t limit_;
  Bytes buffer_;
  std::size_t start_ = 0;
};

/// Samples of a Sound frame. Errors: Invalid for half a sample.
[[nodiscard]] Result<std::vector<std::int16_t>> decode_sound(BytesView payload);
[[nodiscard]] Bytes encode_sound(std::span<const std::int16_t> samples);

}  // namespace parley::speech
