#pragma once
#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

struct sockaddr;

namespace parley {

/// An IP address, v4 or v6. A v4-mapped v6 address is kept as v4, so that equal hosts compare equal.
struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};  // v4 in the first four; for link-local see scope.hpp
  bool v6 = false;

  /// "192.0.2.1", "2001:db8::1" or "[2001:db8::1]"; nullopt on anything else (no names, no zones).
  [[nodiscard]] static std::optional<IpAddress> parse(std::string_view text);
  [[nodiscard]] static IpAddress v4_any() { return {}; }
  [[nodiscard]] std::string text() const;
  [[nodiscard]] bool is_unspecified() const noexcept;
  [[nodiscard]] bool is_loopback() const noexcept;
  [[nodiscard]] bool is_multicast() const noexcept;
  /// Who one source is for counting and limits: a v4 address itself, of a v6 address its /64, which one host may fill.
  [[nodiscard]] IpAddress source_class() const noexcept;
  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;
};

/// Address and port: the far or near end of a socket. A plain value, no system call behind it.
struct Endpoint {
  IpAddress address;
  std::uint16_t port = 0;

  /// "192.0.2.1:5060" or "[2001:db8::1]:5060".
  [[nodiscard]] static std::optional<Endpoint> parse(std::string_view text);
  [[nodiscard]] static Endpoint from_sockaddr(const sockaddr& address);
  /// `out` must have room for a sockaddr_storage. Returns the length used.
  unsigned to_sockaddr(sockaddr& out) const;
  [[nodiscard]] std::string text() const;
  friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

}  // namespace parley

template <>
struct std::hash<parley::IpAddress> {
  std::size_t operator()(const parley::IpAddress& address) const noexcept {
    std::array<std::uint64_t, 2> words{};
    std::memcpy(words.data(), address.bytes.data(), sizeof words);
    auto value = (words[0] ^ (address.v6 ? 7U : 3U)) * 0x9e3779b97f4a7c15U;
    value = (value ^ value >> 32 ^ words[1]) * 0xbf58476d1ce4e5b9U;
    return value ^ value >> 29;
  }
};
template <>
struct std::hash<parley::Endpoint> {
  std::size_t operator()(const parley::Endpoint& endpoint) const noexcept {
    return (std::hash<parley::IpAddress>{}(endpoint.address) ^ endpoint.port) * 1099511628211U;
  }
};
