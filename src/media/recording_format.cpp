#include <algorithm>
#include <cstring>

#include <media/recording_format.hpp>
#include <vault/keyring.hpp>

namespace parley::media::recording {
namespace {

constexpr std::string_view kMagic = "PRLYREC\n";
constexpr std::uint16_t kVersion = 1;
constexpr std::uint8_t kKeyScheme = 1;  // HKDF-SHA-256 of the thing key's "recording", AES-256-GCM
constexpr std::size_t kSealed = kHeaderSize - vault::kTagSize;
constexpr std::uint64_t kHeaderCounter = ~std::uint64_t{0};  // no frame ever gets there

class Writer {
 public:
  explicit Writer(std::uint8_t* at) : at_(at) {}
  template <class Int>
  void number(Int value) {
    for (std::size_t i = sizeof(Int); i > 0; --i)
      *at_++ = static_cast<std::uint8_t>(std::uint64_t{value} >> (8 * (i - 1)));
  }
  void bytes(BytesView from) { at_ = std::ranges::copy(from, at_).out; }

 private:
  std::uint8_t* at_;
};

/// The caller has checked that there is enough.
class Reader {
 public:
  explicit Reader(BytesView from) : from_(from) {}
  template <class Int>
  Int number() {
    std::uint64_t value = 0;
    for (const auto byte : take(sizeof(Int))) value = value << 8U | byte;
    return static_cast<Int>(value);
  }
  BytesView take(std::size_t count) {
    const BytesView out = from_.first(count);
    from_ = from_.subspan(count);
    return out;
  }
  Uuid uuid() {
    Uuid out;
    std::ranges::copy(take(16), out.bytes.begin());
    return out;
  }

 private:
  BytesView from_;
};

std::array<std::uint8_t, vault::kNonceSize> nonce_of(std::uint64_t counter) {
  std::array<std::uint8_t, vault::kNonceSize> out{};
  Writer(out.data() + 4).number(counter);
  return out;
}

}  // namespace

Bytes write_header(const Header& header, vault::Aead& aead) {
  Bytes out(kHeaderSize);
  Writer to(out.data());
  to.bytes(as_bytes(kMagic));
  to.number(kVersion);
  to.number(static_cast<std::uint16_t>(kHeaderSize));
  to.bytes(header.organisation.uuid.bytes);
  to.bytes(header.call.uuid.bytes);
  to.bytes(header.recording.uuid.bytes);
  to.number(static_cast<std::uint64_t>(header.started.time_since_epoch().count()));
  to.bytes(header.salt);
  to.number(kKeyScheme);
  to.number(std::uint8_t{2});  // streams: 0 caller, 1 callee
  to.number(std::uint16_t{0});
  to.number(std::uint32_t{0});
  aead.seal_into(nonce_of(kHeaderCounter), BytesView(out).first(kSealed), {}, std::span(out).subspan(kSealed));
  return out;
}

Result<Header> read_header(BytesView bytes) {
  if (bytes.size() < kHeaderSize || as_text(bytes.first(kMagic.size())) != kMagic)
    return fail(Errc::Corrupt, "the file is no recording");
  Reader from(bytes.subspan(kMagic.size()));
  if (from.number<std::uint16_t>() != kVersion || from.number<std::uint16_t>() != kHeaderSize)
    return fail(Errc::Unsupported, "the recording is of another version");
  Header out;
  out.organisation.uuid = from.uuid();
  out.call.uuid = from.uuid();
  out.recording.uuid = from.uuid();
  out.started = WallTime{std::chrono::milliseconds(from.number<std::int64_t>())};
  std::ranges::copy(from.take(32), out.salt.begin());
  if (from.number<std::uint8_t>() != kKeyScheme || from.number<std::uint8_t>() != 2)
    return fail(Errc::Unsupported, "the recording's key scheme or streams are of another version");
  return out;
}

Result<void> check_header(BytesView bytes, vault::Aead& aead) {
  std::array<std::uint8_t, 1> none{};
  const auto opened = aead.open_into(nonce_of(kHeaderCounter), bytes.first(kSealed),
                                     bytes.subspan(kSealed, vault::kTagSize), std::span(none).first(0));
  if (!opened) return fail(Errc::Corrupt, "the recording's header was altered, or the key is another's");
  return {};
}

vault::Aead make_aead(const vault::ThingKey& key, const Header& header) {
  const auto base = key.derive("recording");
  return vault::Aead(
      vault::hkdf_sha256(base.view(), header.salt, "recording " + header.recording.text(), vault::kKeySize).view());
}

std::optional<FrameHead> read_frame_head(BytesView bytes) noexcept {
  if (bytes.size() < kFrameHead) return std::nullopt;
  Reader from(bytes);
  if (from.number<std::uint32_t>() != kFrameMagic) return std::nullopt;
  FrameHead out;
  out.sealed = from.number<std::uint32_t>();
  out.counter = from.number<std::uint64_t>();
  if (out.sealed <= vault::kTagSize || out.sealed > kMaxFramePlain + vault::kTagSize || out.counter == kHeaderCounter)
    return std::nullopt;
  return out;
}

FrameCipher::FrameCipher(vault::Aead aead, BytesView header)
    : aead_(std::move(aead)), header_hash_(vault::sha256(header.first(kHeaderSize))) {}

namespace {
using Associated = std::array<std::uint8_t, 32 + kFrameHead>;
Associated associated(const vault::Digest& header_hash, BytesView head) {
  Associated out{};
  std::ranges::copy(header_hash, out.begin());
  std::ranges::copy(head.first(kFrameHead), out.begin() + 32);
  return out;
}
}  // namespace

void FrameCipher::seal(std::uint64_t counter, BytesView plain, Bytes& out) {
  out.resize(kFrameHead + plain.size() + vault::kTagSize);
  Writer to(out.data());
  to.number(kFrameMagic);
  to.number(static_cast<std::uint32_t>(plain.size() + vault::kTagSize));
  to.number(counter);
  aead_.seal_into(nonce_of(counter), associated(header_hash_, out), plain, std::span(out).subspan(kFrameHead));
}

bool FrameCipher::open(BytesView frame, Bytes& out) {
  const auto head = read_frame_head(frame);
  if (!head || frame.size() != kFrameHead + head->sealed) return false;
  out.resize(head->sealed - vault::kTagSize);
  return aead_.open_into(nonce_of(head->counter), associated(header_hash_, frame), frame.subspan(kFrameHead), out)
      .has_value();
}

void Chain::add(BytesView frame) {
  Bytes text(digest_.begin(), digest_.end());
  const BytesView tag = frame.last(vault::kTagSize);
  text.insert(text.end(), tag.begin(), tag.end());
  digest_ = vault::sha256(text);
}

PacketHead write_packet_head(const PacketRecord& packet) noexcept {
  PacketHead out{};
  Writer to(out.data());
  to.number(static_cast<std::uint8_t>(RecordKind::Packet));
  to.number(static_cast<std::uint8_t>(static_cast<unsigned>(packet.party) << 4U | static_cast<unsigned>(packet.codec)));
  to.number(static_cast<std::uint16_t>(packet.payload.size()));
  to.number(packet.source);
  to.number(packet.sequence);
  to.number(packet.timestamp);
  to.number(packet.at);
  return out;
}

void append_mark(Bytes& plain, const MarkRecord& mark) {
  plain.resize(plain.size() + 9);
  Writer to(plain.data() + plain.size() - 9);
  to.number(static_cast<std::uint8_t>(mark.kind));
  to.number(mark.at);
}

std::array<std::uint8_t, kGapSize> write_gap(const GapRecord& gap) noexcept {
  std::array<std::uint8_t, kGapSize> out{};
  Writer to(out.data());
  to.number(static_cast<std::uint8_t>(RecordKind::Gap));
  to.number(gap.packets);
  to.number(gap.from);
  to.number(gap.to);
  return out;
}

std::optional<Record> next_record(BytesView& rest) noexcept {
  if (rest.empty()) return std::nullopt;
  Reader from(rest.subspan(1));
  switch (static_cast<RecordKind>(rest[0])) {
    case RecordKind::Packet: {
      if (rest.size() < kPacketHead) return std::nullopt;
      const auto what = from.number<std::uint8_t>();
      const std::size_t size = from.number<std::uint16_t>();
      if (what >> 4U > 1 || (what & 0x0FU) > static_cast<unsigned>(codec::CodecId::Opus) ||
          size > rest.size() - kPacketHead)
        return std::nullopt;
      PacketRecord out;
      out.party = static_cast<Party>(what >> 4U);
      out.codec = static_cast<codec::CodecId>(what & 0x0FU);
      out.source = from.number<std::uint32_t>();
      out.sequence = from.number<std::uint32_t>();
      out.timestamp = from.number<std::uint32_t>();
      out.at = from.number<Micros>();
      out.payload = rest.subspan(kPacketHead, size);
      rest = rest.subspan(kPacketHead + size);
      return out;
    }
    case RecordKind::Pause:
    case RecordKind::Resume: {
      if (rest.size() < 9) return std::nullopt;
      const MarkRecord out{static_cast<RecordKind>(rest[0]), from.number<Micros>()};
      rest = rest.subspan(9);
      return out;
    }
    case RecordKind::Gap: {
      if (rest.size() < kGapSize) return std::nullopt;
      GapRecord out;
      out.packets = from.number<std::uint32_t>();
      out.from = from.number<Micros>();
      out.to = from.number<Micros>();
      rest = rest.subspan(kGapSize);
      return out;
    }
  }
  return std::nullopt;
}

namespace {
constexpr std::size_t kClosingSize = 2 + 5 * 8;
}

Bytes write_closing(const Closing& closing) {
  Bytes out(kClosingSize);
  Writer to(out.data());
  to.number(static_cast<std::uint8_t>(FrameKind::Closing));
  to.number(static_cast<std::uint8_t>(closing.end));
  to.number(closing.at);
  to.number(closing.packets[0]);
  to.number(closing.packets[1]);
  to.number(closing.dropped);
  to.number(closing.frames);
  return out;
}

std::optional<Closing> read_closing(BytesView plain) noexcept {
  if (plain.size() != kClosingSize || plain[0] != static_cast<std::uint8_t>(FrameKind::Closing)) return std::nullopt;
  Reader from(plain.subspan(1));
  Closing out;
  out.end = from.number<std::uint8_t>() == static_cast<std::uint8_t>(RecordingState::Failed) ? RecordingState::Failed
                                                                                             : RecordingState::Stopped;
  out.at = from.number<Micros>();
  out.packets = {from.number<std::uint64_t>(), from.number<std::uint64_t>()};
  out.dropped = from.number<std::uint64_t>();
  out.frames = from.number<std::uint64_t>();
  return out;
}

}  // namespace parley::media::recording
