#pragma once
#include <memory>
#include <optional>
#include <string>

#include <pbx/call_leg.hpp>

namespace parley::pbx {

/// What a party wants us to do with the other one.   Source: RFC 3515, RFC 3891, RFC 3892, RFC 4488.
struct ReferOrder {
  std::string target;  // a URI without headers
  std::optional<DialogName> replaces;
  bool reports = true;      // NOTIFY how it goes; false: Refer-Sub: false
  std::string referred_by;  // for who is called; "" if the party said nothing
};
/// Error: the status to answer (400: no usable Refer-To; 403: another method than INVITE; 416: another scheme).
[[nodiscard]] std::expected<ReferOrder, unsigned> read_refer(const sip::Message& refer);
[[nodiscard]] std::optional<DialogName> read_replaces(std::string_view text);

}  // namespace parley::pbx
