#pragma once
#include <cstdint>
#include <string_view>

namespace parley::sip {

enum class SipErrc : std::uint8_t {
  Truncated,  // ends in the middle of something
  BadStartLine,
  BadVersion,  // not SIP/2.0
  BadHeader,   // a header line without name or colon, or with a bare CR or LF
  BadToken,
  BadNumber,  // not a number, or out of the range that its field has
  BadUri,
  BadHost,
  BadQuoting,  // quoted string or <> without its end
  BadParameter,
  TrailingText,  // something stands behind a complete value
  Missing,       // a mandatory header is absent
  Repeated,      // a header that may stand once stands twice
  Mismatch,      // two fields that must agree do not
  TooLarge,
  TooMany,
  UnknownScheme,
  UnknownMethod,
  UnknownExtension,
  UnknownMediaType,
};
[[nodiscard]] std::string_view to_string(SipErrc code) noexcept;

/// What is wrong, where, and the status that a request with it deserves (a response with it is dropped).
struct ParseError {
  SipErrc code = SipErrc::BadToken;
  std::uint32_t offset = 0;  // in bytes from the start of the parsed text
  std::uint16_t status = 400;
  friend bool operator==(const ParseError&, const ParseError&) = default;
};

}  // namespace parley::sip
