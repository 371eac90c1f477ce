#include <algorithm>
#include <span>
#include <string_view>

#include <ice/stun.hpp>

namespace parley::ice {
namespace {

constexpr std::size_t kHeader = 20;
constexpr std::uint32_t kCookie = 0x2112a442;
constexpr std::size_t kMaxRequest = 548;  // what fits into any path's datagram (RFC 5389 §7.1)
constexpr std::size_t kMaxUnknown = 8;

enum Type : std::uint16_t { kBindingRequest = 0x0001, kBindingResponse = 0x0101, kBindingError = 0x0111 };
enum Attribute : std::uint16_t {
  kUsername = 0x0006,
  kMessageIntegrity = 0x0008,
  kErrorCode = 0x0009,
  kUnknownAttributes = 0x000a,
  kXorMappedAddress = 0x0020,
  kFirstOptional = 0x8000,
};
/// What a keep-alive may carry although it must be understood: we need no proof of who asks.
constexpr std::uint16_t kUnderstood[] = {kUsername, kMessageIntegrity};

std::uint16_t get16(BytesView bytes, std::size_t at) {
  return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}
std::uint32_t get32(BytesView bytes, std::size_t at) {
  return std::uint32_t{get16(bytes, at)} << 16 | get16(bytes, at + 2);
}
void put16(Bytes& out, std::uint16_t value) {
  out.push_back(static_cast<std::uint8_t>(value >> 8));
  out.push_back(static_cast<std::uint8_t>(value & 0xff));
}
void put32(Bytes& out, std::uint32_t value) {
  put16(out, static_cast<std::uint16_t>(value >> 16));
  put16(out, static_cast<std::uint16_t>(value & 0xffff));
}

Bytes begin(Type type, const StunBindingRequest& request) {
  Bytes out;
  out.reserve(64);
  put16(out, type);
  put16(out, 0);
  put32(out, kCookie);
  out.insert(out.end(), request.transaction_id.begin(), request.transaction_id.end());
  return out;
}

Bytes finish(Bytes out) {
  const auto size = out.size() - kHeader;
  out[2] = static_cast<std::uint8_t>(size >> 8);
  out[3] = static_cast<std::uint8_t>(size & 0xff);
  return out;
}

}  // namespace

bool is_stun(BytesView datagram) noexcept {
  return datagram.size() >= kHeader && (datagram[0] & 0xc0U) == 0 && get32(datagram, 4) == kCookie &&
         get16(datagram, 2) % 4 == 0 && get16(datagram, 2) + kHeader == datagram.size();
}

std::optional<StunBindingRequest> parse_binding_request(BytesView datagram) {
  if (!is_stun(datagram) || datagram.size() > kMaxRequest || get16(datagram, 0) != kBindingRequest) return std::nullopt;
  StunBindingRequest request;
  std::copy_n(datagram.begin() + 8, request.transaction_id.size(), request.transaction_id.begin());
  for (std::size_t at = kHeader; at < datagram.size();) {
    if (datagram.size() - at < 4) return std::nullopt;
    const auto type = get16(datagram, at);
    const auto size = (std::size_t{get16(datagram, at + 2)} + 3) / 4 * 4;
    if (datagram.size() - at - 4 < size) return std::nullopt;
    at += 4 + size;
    if (type >= kFirstOptional || std::ranges::find(kUnderstood, type) != std::end(kUnderstood)) continue;
    if (request.unknown.size() < kMaxUnknown) request.unknown.push_back(type);
  }
  return request;
}

Bytes answer(const StunBindingRequest& request, const Endpoint& source) {
  if (!request.unknown.empty()) {
    auto out = begin(kBindingError, request);
    constexpr std::string_view kReason = "Unknown Attribute   ";  // a whole number of words
    static_assert(kReason.size() % 4 == 0);
    put16(out, kErrorCode);
    put16(out, 4 + 17);  // without the padding
    put32(out, 4 << 8 | 20);
    out.insert(out.end(), kReason.begin(), kReason.end());
    put16(out, kUnknownAttributes);
    put16(out, static_cast<std::uint16_t>(2 * request.unknown.size()));
    for (const auto type : request.unknown) put16(out, type);
    if (request.unknown.size() % 2 != 0) put16(out, 0);
    return finish(std::move(out));
  }
  auto out = begin(kBindingResponse, request);
  const std::size_t size = source.address.v6 ? 16 : 4;
  put16(out, kXorMappedAddress);
  put16(out, static_cast<std::uint16_t>(4 + size));
  put16(out, source.address.v6 ? 2 : 1);
  put16(out, static_cast<std::uint16_t>(source.port ^ (kCookie >> 16)));
  const auto mask = Bytes(out.begin() + 4, out.begin() + kHeader);  // cookie and transaction id (§15.2)
  for (std::size_t i = 0; i < size; ++i) out.push_back(source.address.bytes[i] ^ mask[i]);
  return finish(std::move(out));
}

}  // namespace parley::ice
