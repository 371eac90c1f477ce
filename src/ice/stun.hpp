#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include <base/bytes.hpp>
#include <base/endpoint.hpp>

namespace parley::ice {

/// As much STUN as a SIP server owes its phones: "what is my address as you see it?" over the port of SIP, which keeps
/// the NAT in between awake. Source: RFC 5389 §6, §7.3, §15.2; RFC 5626 §8.   Pure; thread: any.
/// Only requests with the magic cookie are taken: older ones cannot be told from other traffic.
struct StunBindingRequest {
  std::array<std::uint8_t, 12> transaction_id{};
  std::vector<std::uint16_t> unknown;  // attributes that must be understood and are not: answered 420
};

/// Whether a datagram on the SIP port is meant as STUN at all: two zero bits, the cookie, a length that fits. A SIP
/// message begins with a letter.
[[nodiscard]] bool is_stun(BytesView datagram) noexcept;

/// nullopt: no binding request, or a broken one. Nothing is answered then.
[[nodiscard]] std::optional<StunBindingRequest> parse_binding_request(BytesView datagram);

/// The binding response with the source's address (XOR-MAPPED-ADDRESS), or the error 420.
[[nodiscard]] Bytes answer(const StunBindingRequest& request, const Endpoint& source);

}  // namespace parley::ice
