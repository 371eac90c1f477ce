#pragma once
#include <string>
#include <string_view>

#include <sip/uri.hpp>

namespace parley::sip {

/// A telephone number as a URI says it: of a tel URI, or of a SIP URI whose user part is one (RFC 3261 §19.1.6).
struct TelNumber {
  std::string digits;  // without separators, letters in lower case; a global number begins with '+'
  bool global = false;
  std::string_view context;  // phone-context of a local number: whose plan it belongs to; "" if not given
  bool context_is_domain = false;
  std::string_view extension;   // ;ext=
  std::string_view subaddress;  // ;isub=
};

/// Source: RFC 3966 §3, §5.   Lifetime: views into the URI's text.   Pure, does not throw but for want of memory.
/// Errors: BadUri (no number), BadParameter (a context that is neither domain nor global number, an ext that is no
/// number, one of these twice, ext beside isub, a context of a global number), with the offset in the URI. A local
/// number without context, which §5.1.5 forbids, is taken: phones send what was dialled so.
[[nodiscard]] Result<TelNumber, ParseError> parse_tel(const Uri& uri);

}  // namespace parley::sip
