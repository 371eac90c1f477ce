#include <algorithm>
#include <cstring>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <base/assert.hpp>
#include <ice/stun_message.hpp>

namespace parley::ice {
namespace {

constexpr std::uint32_t kCookie = 0x2112a442;
constexpr std::uint32_t kFingerprintMask = 0x5354554e;  // "STUN"
constexpr std::size_t kHead = 4, kIntegritySize = 20, kFingerprintSize = 4;

std::uint16_t get16(BytesView bytes, std::size_t at) {
  return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}
std::uint32_t get32(BytesView bytes, std::size_t at) {
  return std::uint32_t{get16(bytes, at)} << 16 | get16(bytes, at + 2);
}
constexpr std::size_t padded(std::size_t size) { return (size + 3) / 4 * 4; }

constexpr auto kCrcTable = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value & 1U) != 0 ? 0xedb88320U ^ value >> 1U : value >> 1U;
    table[i] = value;
  }
  return table;
}();

std::uint32_t fingerprint_of(BytesView bytes) {
  std::uint32_t crc = 0xffffffffU;  // ITU V.42
  for (const auto byte : bytes) crc = kCrcTable[(crc ^ byte) & 0xffU] ^ crc >> 8U;
  return ~crc ^ kFingerprintMask;
}

using Mac = std::array<std::uint8_t, kIntegritySize>;
/// HMAC-SHA1 over a message whose length field already says what §14.5 wants.
Mac mac_of(BytesView message, std::string_view key) {
  Mac out{};
  unsigned size = out.size();
  PARLEY_ASSERT(HMAC(EVP_sha1(), key.data(), static_cast<int>(key.size()), message.data(), message.size(), out.data(),
                     &size) != nullptr);
  return out;
}

}  // namespace

bool is_stun(BytesView datagram) noexcept {
  return datagram.size() >= kStunHeader && (datagram[0] & 0xc0U) == 0 && get32(datagram, 4) == kCookie &&
         get16(datagram, 2) % 4 == 0 && get16(datagram, 2) + kStunHeader == datagram.size();
}

std::expected<StunMessage, StunErrc> StunMessage::parse(BytesView datagram) noexcept {
  if (!is_stun(datagram) || datagram.size() > kMaxStun) return std::unexpected(StunErrc::NotStun);
  StunMessage out;
  out.bytes_ = datagram;
  out.type_ = get16(datagram, 0);
  std::copy_n(datagram.begin() + 8, out.id_.size(), out.id_.begin());
  for (std::size_t at = kStunHeader; at < datagram.size();) {
    if (datagram.size() - at < kHead) return std::unexpected(StunErrc::Truncated);
    const Attribute one{get16(datagram, at), {}};
    const std::size_t size = get16(datagram, at + 2);
    if (datagram.size() - at - kHead < padded(size)) return std::unexpected(StunErrc::Truncated);
    const auto value = datagram.subspan(at + kHead, size);
    const auto next = at + kHead + padded(size);
    if (out.fingerprint_at_ != 0) return std::unexpected(StunErrc::BadAttribute);
    if (one.type == kFingerprint) {
      if (size != kFingerprintSize) return std::unexpected(StunErrc::BadAttribute);
      out.fingerprint_at_ = at;
    } else if (one.type == kMessageIntegrity) {
      if (size != kIntegritySize) return std::unexpected(StunErrc::BadAttribute);
      if (out.integrity_at_ == 0) out.integrity_at_ = at;
    } else if (out.integrity_at_ == 0) {
      if (out.count_ == out.attributes_.size()) return std::unexpected(StunErrc::TooMany);
      out.attributes_[out.count_++] = {one.type, value};
    }
    at = next;
  }
  return out;
}

const StunMessage::Attribute* StunMessage::find(std::uint16_t type) const noexcept {
  const auto all = attributes();
  const auto found = std::ranges::find(all, type, &Attribute::type);
  return found == all.end() ? nullptr : &*found;
}

std::string_view StunMessage::text(std::uint16_t type) const noexcept {
  const auto* const found = find(type);
  return found != nullptr ? as_text(found->value) : std::string_view{};
}

std::optional<bool> StunMessage::fingerprint() const noexcept {
  if (fingerprint_at_ == 0) return std::nullopt;
  return get32(bytes_, fingerprint_at_ + kHead) == fingerprint_of(bytes_.first(fingerprint_at_));
}

bool StunMessage::proves(std::string_view key) const {
  if (integrity_at_ == 0) return false;
  std::array<std::uint8_t, kMaxStun> covered;
  std::ranges::copy(bytes_.first(integrity_at_), covered.begin());
  const auto length = integrity_at_ + kHead + kIntegritySize - kStunHeader;  // as if nothing followed
  covered[2] = static_cast<std::uint8_t>(length >> 8);
  covered[3] = static_cast<std::uint8_t>(length & 0xff);
  return equal_constant_time(mac_of(BytesView(covered).first(integrity_at_), key),
                             bytes_.subspan(integrity_at_ + kHead, kIntegritySize));
}

std::optional<Endpoint> StunMessage::mapped_address() const noexcept {
  const auto* const found = find(kXorMappedAddress);
  if (found == nullptr || found->value.size() < 8) return std::nullopt;
  const auto value = found->value;
  const bool v6 = value[1] == 2;
  if ((!v6 && value[1] != 1) || value.size() != (v6 ? 20U : 8U)) return std::nullopt;
  Endpoint out;
  out.port = static_cast<std::uint16_t>(get16(value, 2) ^ (kCookie >> 16));
  out.address.v6 = v6;
  for (std::size_t i = 0; i < value.size() - 4; ++i) out.address.bytes[i] = value[4 + i] ^ bytes_[4 + i];
  return out;
}

StunWriter::StunWriter(std::uint16_t type, const StunId& id) {
  put16(type);
  put16(0);
  put16(kCookie >> 16);
  put16(kCookie & 0xffffU);
  std::ranges::copy(id, out_.begin() + 8);
  size_ = kStunHeader;
}

void StunWriter::put16(std::uint16_t value) {
  PARLEY_ASSERT(size_ + 2 <= out_.size());
  out_[size_++] = static_cast<std::uint8_t>(value >> 8);
  out_[size_++] = static_cast<std::uint8_t>(value & 0xff);
}

void StunWriter::set_length(std::size_t message_size) {
  out_[2] = static_cast<std::uint8_t>((message_size - kStunHeader) >> 8);
  out_[3] = static_cast<std::uint8_t>((message_size - kStunHeader) & 0xff);
}

void StunWriter::head(std::uint16_t type, std::size_t size) {
  PARLEY_ASSERT(size_ + kHead + padded(size) <= out_.size());
  set_length(size_ + kHead + padded(size));
  put16(type);
  put16(static_cast<std::uint16_t>(size));
}

StunWriter& StunWriter::attribute(std::uint16_t type, BytesView value) {
  head(type, value.size());
  std::ranges::copy(value, out_.begin() + static_cast<std::ptrdiff_t>(size_));
  std::fill_n(out_.begin() + static_cast<std::ptrdiff_t>(size_ + value.size()), padded(value.size()) - value.size(), 0);
  size_ += padded(value.size());
  return *this;
}

StunWriter& StunWriter::number(std::uint16_t type, std::uint32_t value) {
  head(type, 4);
  put16(static_cast<std::uint16_t>(value >> 16));
  put16(static_cast<std::uint16_t>(value & 0xffffU));
  return *this;
}

StunWriter& StunWriter::xor_address(const Endpoint& address) {
  const std::size_t size = address.address.v6 ? 16 : 4;
  head(kXorMappedAddress, 4 + size);
  put16(address.address.v6 ? 2 : 1);
  put16(static_cast<std::uint16_t>(address.port ^ (kCookie >> 16)));
  for (std::size_t i = 0; i < size; ++i) out_[size_++] = address.address.bytes[i] ^ out_[4 + i];  // cookie, id (§14.2)
  return *this;
}

StunWriter& StunWriter::error(unsigned code, std::string_view reason) {
  std::array<std::uint8_t, 4 + 128> value{0, 0, static_cast<std::uint8_t>(code / 100),
                                          static_cast<std::uint8_t>(code % 100)};
  PARLEY_ASSERT(reason.size() <= value.size() - 4);
  std::ranges::copy(reason, value.begin() + 4);
  return attribute(kErrorCode, BytesView(value).first(4 + reason.size()));
}

StunWriter& StunWriter::unknown(std::span<const std::uint16_t> types) {
  head(kUnknownAttributes, 2 * types.size());
  for (const auto type : types) put16(type);
  if (types.size() % 2 != 0) put16(0);
  return *this;
}

StunWriter& StunWriter::integrity(std::string_view key) {
  const auto covered = size_;
  head(kMessageIntegrity, kIntegritySize);
  const auto mac = mac_of(BytesView(out_).first(covered), key);
  std::ranges::copy(mac, out_.begin() + static_cast<std::ptrdiff_t>(size_));
  size_ += mac.size();
  return *this;
}

StunWriter& StunWriter::fingerprint() {
  const auto covered = size_;
  head(kFingerprint, kFingerprintSize);
  size_ = covered;
  return number(kFingerprint, fingerprint_of(BytesView(out_).first(covered)));
}

}  // namespace parley::ice
