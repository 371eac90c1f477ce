#pragma once
#include <optional>
#include <vector>

#include <ice/stun_message.hpp>

namespace parley::ice {

/// As much STUN as a SIP server owes its phones: "what is my address as you see it?" over the port of SIP, which keeps
/// the NAT in between awake. Source: RFC 8489 §6.3, §14.2; RFC 5626 §8.   Pure; thread: any.
/// Only requests with the magic cookie are taken: older ones cannot be told from other traffic. A SIP message begins
/// with a letter, so that is_stun() tells the two apart.
struct StunBindingRequest {
  StunId transaction_id{};
  std::vector<std::uint16_t> unknown;  // attributes that must be understood and are not: answered 420
};

/// nullopt: no binding request, or a broken one. Nothing is answered then.
[[nodiscard]] std::optional<StunBindingRequest> parse_binding_request(BytesView datagram);

/// The binding response with the source's address (XOR-MAPPED-ADDRESS), or the error 420.
[[nodiscard]] Bytes answer(const StunBindingRequest& request, const Endpoint& source);

}  // namespace parley::ice
