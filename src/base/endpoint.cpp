#include <algorithm>
#include <charconv>
#include <cstring>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <base/endpoint.hpp>
#include <base/scope.hpp>

namespace parley {
namespace {

constexpr std::array<std::uint8_t, 12> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

IpAddress from_v6(const std::uint8_t* bytes) {
  IpAddress address;
  if (std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), bytes)) {
    std::copy_n(bytes + 12, 4, address.bytes.begin());
  } else {
    std::copy_n(bytes, 16, address.bytes.begin());
    address.v6 = true;
  }
  return address;
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  const bool bracketed = text.size() > 2 && text.front() == '[' && text.back() == ']';
  if (bracketed) text = text.substr(1, text.size() - 2);
  std::array<char, INET6_ADDRSTRLEN> copy{};
  if (text.size() >= copy.size()) return std::nullopt;
  std::copy(text.begin(), text.end(), copy.begin());
  if (text.find('\0') != std::string_view::npos) return std::nullopt;
  std::array<std::uint8_t, 16> raw{};
  if (!bracketed && ::inet_pton(AF_INET, copy.data(), raw.data()) == 1) {
    IpAddress address;
    std::copy_n(raw.begin(), 4, address.bytes.begin());
    return address;
  }
  if (::inet_pton(AF_INET6, copy.data(), raw.data()) == 1) return from_v6(raw.data());
  return std::nullopt;
}

std::string IpAddress::text() const {
  std::array<char, INET6_ADDRSTRLEN> out{};
  ::inet_ntop(v6 ? AF_INET6 : AF_INET, without_scope(*this).bytes.data(), out.data(), out.size());
  return out.data();
}

bool IpAddress::is_unspecified() const noexcept {
  return std::all_of(bytes.begin(), bytes.end(), [](auto byte) { return byte == 0; });
}

bool IpAddress::is_loopback() const noexcept {
  if (!v6) return bytes[0] == 127;
  return std::all_of(bytes.begin(), bytes.end() - 1, [](auto byte) { return byte == 0; }) && bytes[15] == 1;
}

bool IpAddress::is_multicast() const noexcept { return v6 ? bytes[0] == 0xff : bytes[0] >= 224 && bytes[0] <= 239; }

IpAddress IpAddress::source_class() const noexcept {
  IpAddress out = *this;
  if (v6) std::fill(out.bytes.begin() + 8, out.bytes.end(), std::uint8_t{0});
  return out;
}

std::optional<Endpoint> Endpoint::parse(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto host = text.substr(0, colon);
  if (host.find(':') != std::string_view::npos && !host.starts_with('[')) return std::nullopt;
  const auto address = IpAddress::parse(host);
  const auto digits = text.substr(colon + 1);
  Endpoint endpoint;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), endpoint.port);
  if (!address || error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  endpoint.address = *address;
  return endpoint;
}

Endpoint Endpoint::from_sockaddr(const sockaddr& address) {
  Endpoint endpoint;
  if (address.sa_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, &address, sizeof in);
    std::memcpy(endpoint.address.bytes.data(), &in.sin_addr, 4);
    endpoint.port = ntohs(in.sin_port);
  } else if (address.sa_family == AF_INET6) {
    sockaddr_in6 in{};
    std::memcpy(&in, &address, sizeof in);
    endpoint.address = with_scope(from_v6(in.sin6_addr.s6_addr), in.sin6_scope_id);
    endpoint.port = ntohs(in.sin6_port);
  }
  return endpoint;
}

unsigned Endpoint::to_sockaddr(sockaddr& out) const {
  if (!address.v6) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(port);
    std::memcpy(&in.sin_addr, address.bytes.data(), 4);
    std::memcpy(&out, &in, sizeof in);
    return sizeof in;
  }
  sockaddr_in6 in{};
  in.sin6_family = AF_INET6;
  in.sin6_port = htons(port);
  const auto wire = without_scope(address);
  std::copy(wire.bytes.begin(), wire.bytes.end(), in.sin6_addr.s6_addr);
  in.sin6_scope_id = scope_of(address);
  std::memcpy(&out, &in, sizeof in);
  return sizeof in;
}

std::string Endpoint::text() const {
  return (address.v6 ? "[" + address.text() + "]" : address.text()) + ":" + std::to_string(port);
}

}  // namespace parley
