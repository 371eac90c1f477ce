#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <variant>

#include <base/bytes.hpp>
#include <base/ids.hpp>
#include <base/result.hpp>
#include <media/recorder.hpp>
#include <vault/aead.hpp>
#include <vault/hash.hpp>

/// Bytes of a recording file: docs/recording-format.md. Numbers are big-endian. Pure.
namespace parley::media::recording {

// ---- header: plain, sealed by a tag -------------------------------------------------------------------------------
struct Header {
  OrganisationId organisation;
  CallId call;
  RecordingId recording;
  WallTime started{};
  std::array<std::uint8_t, 32> salt{};
};
inline constexpr std::size_t kHeaderSize = 124;  // with its tag

[[nodiscard]] Bytes write_header(const Header& header, vault::Aead& aead);
/// Reads without a check of the tag, which needs the key that the salt makes. Errors: Corrupt, Unsupported (newer).
[[nodiscard]] Result<Header> read_header(BytesView bytes);
[[nodiscard]] Result<void> check_header(BytesView bytes, vault::Aead& aead);
/// The recording's own key from the call's: HKDF with the header's salt and the recording's id.
[[nodiscard]] vault::Aead make_aead(const vault::ThingKey& key, const Header& header);

// ---- frames -------------------------------------------------------------------------------------------------------
inline constexpr std::uint32_t kFrameMagic = 0x50'46'52'4D;  // "PFRM": where a reader finds its feet after damage
inline constexpr std::size_t kFrameHead = 16;                // magic, sealed length, counter
inline constexpr std::size_t kMaxFramePlain = std::size_t{128} * 1024;
inline constexpr std::size_t kMaxFrame = kFrameHead + kMaxFramePlain + vault::kTagSize;

struct FrameHead {
  std::uint32_t sealed = 0;  // bytes of ciphertext and tag that follow
  std::uint64_t counter = 0;
};
/// nullopt: no frame begins here.
[[nodiscard]] std::optional<FrameHead> read_frame_head(BytesView bytes) noexcept;

/// Seals and opens frames; the associated data is the header's hash and the frame's head.
class FrameCipher {
 public:
  FrameCipher(vault::Aead aead, BytesView header);
  /// `out` is replaced by the whole frame.
  void seal(std::uint64_t counter, BytesView plain, Bytes& out);
  /// `frame` is head, ciphertext and tag. `out` is replaced.
  [[nodiscard]] bool open(BytesView frame, Bytes& out);

 private:
  vault::Aead aead_;
  vault::Digest header_hash_;
};

/// Digest over the tags of all frames in order: two files with the same chain are the same recording.
class Chain {
 public:
  void add(BytesView frame);
  [[nodiscard]] const vault::Digest& digest() const noexcept { return digest_; }

 private:
  vault::Digest digest_{};
};

// ---- what frames hold ---------------------------------------------------------------------------------------------
enum class FrameKind : std::uint8_t { Records = 1, Closing = 2 };
enum class RecordKind : std::uint8_t { Packet = 1, Pause = 2, Resume = 3, Gap = 4 };

using Micros = std::uint64_t;  // since the start of the recording, in call time

struct PacketRecord {
  Party party = Party::Caller;
  codec::CodecId codec = codec::CodecId::Pcmu;
  std::uint32_t source = 0;
  std::uint32_t sequence = 0;
  std::uint32_t timestamp = 0;
  Micros at = 0;
  BytesView payload;
};
struct MarkRecord {
  RecordKind kind = RecordKind::Pause;  // Pause or Resume
  Micros at = 0;
};
struct GapRecord {
  Micros from = 0, to = 0;
  std::uint32_t packets = 0;
};
using Record = std::variant<PacketRecord, MarkRecord, GapRecord>;

inline constexpr std::size_t kPacketHead = 24;
using PacketHead = std::array<std::uint8_t, kPacketHead>;
[[nodiscard]] PacketHead write_packet_head(const PacketRecord& packet) noexcept;
void append_mark(Bytes& plain, const MarkRecord& mark);
inline constexpr std::size_t kGapSize = 21;
[[nodiscard]] std::array<std::uint8_t, kGapSize> write_gap(const GapRecord& gap) noexcept;
/// The next record of `rest`, which is moved on; nullopt at the end and for bytes that are none.
[[nodiscard]] std::optional<Record> next_record(BytesView& rest) noexcept;

struct Closing {
  RecordingState end = RecordingState::Stopped;
  Micros at = 0;
  std::array<std::uint64_t, 2> packets{};
  std::uint64_t dropped = 0;
  std::uint64_t frames = 0;  // before this one
};
[[nodiscard]] Bytes write_closing(const Closing& closing);
[[nodiscard]] std::optional<Closing> read_closing(BytesView plain) noexcept;

}  // namespace parley::media::recording
