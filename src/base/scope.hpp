#pragma once
#include <cstdint>

#include <base/endpoint.hpp>

/// The interface behind a link-local IPv6 address (fe80::/10, RFC 4007): without it such an address leads nowhere, and
/// the same one may stand for two hosts on two interfaces. As the BSD kernels do it, the interface's number lies in the
/// second pair of the address's bytes, which is zero on every wire: Endpoint puts it there when it comes from a socket
/// and takes it out on the way back and in text. Numbers above 65535 are not kept.
namespace parley {

[[nodiscard]] constexpr bool is_link_local(const IpAddress& address) noexcept {
  return address.v6 && address.bytes[0] == 0xfe && (address.bytes[1] & 0xc0U) == 0x80;
}

[[nodiscard]] constexpr std::uint32_t scope_of(const IpAddress& address) noexcept {
  return is_link_local(address) ? std::uint32_t{address.bytes[2]} << 8 | address.bytes[3] : 0;
}

[[nodiscard]] constexpr IpAddress with_scope(IpAddress address, std::uint32_t interface_number) noexcept {
  if (!is_link_local(address) || interface_number > 0xffff) return address;
  address.bytes[2] = static_cast<std::uint8_t>(interface_number >> 8);
  address.bytes[3] = static_cast<std::uint8_t>(interface_number & 0xff);
  return address;
}

[[nodiscard]] constexpr IpAddress without_scope(const IpAddress& address) noexcept { return with_scope(address, 0); }

/// Equal but for the interface, which a peer cannot write.
[[nodiscard]] constexpr bool same_host(const IpAddress& a, const IpAddress& b) noexcept {
  return without_scope(a) == without_scope(b);
}

}  // namespace parley
