#include <algorithm>
#include <iterator>

#include <ice/stun.hpp>

namespace parley::ice {
namespace {

constexpr std::size_t kMaxRequest = 548;  // what fits into any path's datagram (RFC 8489 §6.1)
constexpr std::size_t kMaxUnknown = 8;
/// What a keep-alive may carry although it must be understood: we need no proof of who asks. The proof itself is no
/// attribute here.
constexpr std::uint16_t kUnderstood[] = {kUsername};

}  // namespace

std::optional<StunBindingRequest> parse_binding_request(BytesView datagram) {
  if (datagram.size() > kMaxRequest) return std::nullopt;
  const auto message = StunMessage::parse(datagram);
  if (!message || message->type() != kBindingRequest || message->fingerprint() == false) return std::nullopt;
  StunBindingRequest request{message->id(), {}};
  for (const auto& attribute : message->attributes()) {
    if (attribute.type >= kFirstOptional || std::ranges::find(kUnderstood, attribute.type) != std::end(kUnderstood))
      continue;
    if (request.unknown.size() < kMaxUnknown) request.unknown.push_back(attribute.type);
  }
  return request;
}

Bytes answer(const StunBindingRequest& request, const Endpoint& source) {
  StunWriter out(request.unknown.empty() ? kBindingResponse : kBindingError, request.transaction_id);
  if (request.unknown.empty())
    out.xor_address(source);
  else
    out.error(420, "Unknown Attribute").unknown(request.unknown);
  return {out.bytes().begin(), out.bytes().end()};
}

}  // namespace parley::ice
