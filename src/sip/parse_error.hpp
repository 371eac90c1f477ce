#pragma once
#include <cstdint>
#include <string_view>

namespace parley::sip {

enum class SipErrc : std::uint8_t {
  Truncated,  // ends in the middle of something
  BadStartLine,
  BadVersion,  // of a Via, or of a status line: not SIP/2.0
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
  OtherVersion,  // a request of another version than SIP/2.0
  TooLarge,
  TooMany,
  TooManyHops,
  UnknownScheme,
  UnknownMethod,
  UnknownExtension,
  UnknownMediaType,
  BadBody,  // a multipart, or a session description, that breaks its own grammar
};
[[nodiscard]] std::string_view to_string(SipErrc code) noexcept;
/// Whether the message itself is broken, so that every parser must refuse it. What else is wrong are well-formed
/// messages that this element, or any, cannot serve: an unknown scheme, a missing header, two fields that disagree.
[[nodiscard]] constexpr bool is_malformed(SipErrc code) noexcept {
  return code < SipErrc::Missing || code == SipErrc::Repeated || code == SipErrc::TooLarge ||
         code == SipErrc::TooMany || code == SipErrc::BadBody;
}

/// What is wrong, where, and the status that a request with it deserves (a response with it is dropped).
struct ParseError {
  SipErrc code = SipErrc::BadToken;
  std::uint32_t offset = 0;  // in bytes from the start of the parsed text
  std::uint16_t status = 400;
  friend bool operator==(const ParseError&, const ParseError&) = default;
};

}  // namespace parley::sip
