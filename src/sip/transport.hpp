#pragma once
#include <cstdint>
#include <string_view>

#include <base/endpoint.hpp>

namespace parley::sip {

enum class Transport : std::uint8_t { Udp, Tcp, Tls, Ws, Wss, Other };  // RFC 3261, RFC 7118

/// Case-insensitive; what we do not know is Other, not an error (RFC 4475 §3.1.1.10).
[[nodiscard]] Transport transport_of(std::string_view name) noexcept;
[[nodiscard]] std::string_view to_string(Transport transport) noexcept;  // as in Via: "UDP"
[[nodiscard]] constexpr bool is_reliable(Transport transport) noexcept { return transport != Transport::Udp; }
[[nodiscard]] constexpr std::uint16_t default_port(Transport transport) noexcept {
  return transport == Transport::Tls || transport == Transport::Wss ? 5061 : 5060;
}

/// The way that bytes came in or shall go out. For a stream `connection` names the open connection (0: any, or a new
/// one).
struct Flow {
  Transport transport = Transport::Udp;
  Endpoint local;
  Endpoint remote;
  std::uint64_t connection = 0;
  friend bool operator==(const Flow&, const Flow&) = default;
};

}  // namespace parley::sip
