#include <dtls/record_check.hpp>

namespace parley::dtls {
namespace {

constexpr std::size_t kRecordHeader = 13, kHandshakeHeader = 12, kMaxRecordBody = 16'384 + 2'048;
enum ContentType : std::uint8_t { kChangeCipherSpec = 20, kAlert = 21, kHandshake = 22, kApplicationData = 23 };
constexpr std::uint8_t kClientHello = 1;

std::size_t get(BytesView bytes, std::size_t at, std::size_t count) {
  std::size_t value = 0;
  for (std::size_t i = 0; i < count; ++i) value = value << 8U | bytes[at + i];
  return value;
}

/// Whether an unfragmented ClientHello offers a cipher suite: without, it could only break the handshake off.
bool offers_something(BytesView hello) {
  std::size_t at = 2 + 32;                              // version, random
  for (const std::size_t length_size : {1U, 1U, 2U}) {  // session id, cookie, cipher suites
    if (hello.size() < at + length_size) return false;
    const auto length = get(hello, at, length_size);
    at += length_size + length;
    if (hello.size() < at) return false;
    if (length_size == 2) return length >= 2 && length % 2 == 0;
  }
  return false;
}

RecordVerdict check_handshake(BytesView body) {
  if (body.size() < kHandshakeHeader) return RecordVerdict::Truncated;
  while (!body.empty()) {
    if (body.size() < kHandshakeHeader) return RecordVerdict::Truncated;
    const auto whole = get(body, 1, 3), offset = get(body, 6, 3), size = get(body, 9, 3);
    if (whole > kMaxHandshakeMessage || offset > whole || size > whole - offset || (size == 0 && whole != 0))
      return RecordVerdict::BadFragment;
    if (body.size() - kHandshakeHeader < size) return RecordVerdict::Truncated;
    if (body[0] == kClientHello && size == whole && !offers_something(body.subspan(kHandshakeHeader, size)))
      return RecordVerdict::BadHello;
    body = body.subspan(kHandshakeHeader + size);
  }
  return RecordVerdict::Fine;
}

}  // namespace

RecordVerdict check_records(BytesView datagram) noexcept {
  if (datagram.empty()) return RecordVerdict::Truncated;
  for (std::size_t count = 0; !datagram.empty(); ++count) {
    if (count == kMaxRecords) return RecordVerdict::TooMany;
    if (datagram.size() < kRecordHeader) return RecordVerdict::Truncated;
    const auto type = datagram[0];
    if (type < kChangeCipherSpec || type > kApplicationData) return RecordVerdict::BadType;
    if (datagram[1] != 0xfe || (datagram[2] != 0xff && datagram[2] != 0xfd)) return RecordVerdict::BadVersion;
    const auto epoch = get(datagram, 3, 2), size = get(datagram, 11, 2);
    if (size > kMaxRecordBody || datagram.size() - kRecordHeader < size) return RecordVerdict::Truncated;
    const auto body = datagram.subspan(kRecordHeader, size);
    if (epoch == 0) {
      if (type == kAlert) return RecordVerdict::ClearAlert;
      if (type == kApplicationData) return RecordVerdict::BadType;
      if (type == kChangeCipherSpec && (size != 1 || body[0] != 1)) return RecordVerdict::BadFragment;
      if (type == kHandshake)
        if (const auto verdict = check_handshake(body); verdict != RecordVerdict::Fine) return verdict;
    }
    datagram = datagram.subspan(kRecordHeader + size);
  }
  return RecordVerdict::Fine;
}

}  // namespace parley::dtls
