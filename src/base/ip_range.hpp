#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <base/endpoint.hpp>

namespace parley {

/// An address, or all that share its first bits: "192.0.2.7", "192.0.2.0/24", "2001:db8::/32". A plain value.
struct IpRange {
  IpAddress first;  // bits behind the prefix are zero
  std::uint8_t prefix = 0;

  /// nullopt on anything else; bits behind the prefix may be set and are cleared.
  [[nodiscard]] static std::optional<IpRange> parse(std::string_view text);
  /// What one source is counted as: a v4 address, the /64 of a v6 address.
  [[nodiscard]] static IpRange of_source(const IpAddress& address);
  [[nodiscard]] bool contains(const IpAddress& address) const noexcept;
  [[nodiscard]] bool is_one_source() const noexcept { return prefix == (first.v6 ? 64 : 32); }
  [[nodiscard]] std::string text() const;  // without "/32" and "/128"
  friend auto operator<=>(const IpRange&, const IpRange&) = default;
};

}  // namespace parley
