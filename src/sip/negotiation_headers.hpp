#pragma once
#include <optional>

#include <base/clock.hpp>
#include <sip/headers.hpp>

/// What is accepted, in which form a body comes, and the small rest: Warning, Date. As in headers.hpp: views, offsets,
/// no throw.
namespace parley::sip {

/// One element of Accept (RFC 3261 §20.1); "*" stands for any.
struct MediaRange {
  std::string_view type, subtype;
  unsigned q = 1000;  // thousandths
  Params params;
  [[nodiscard]] bool covers(std::string_view type_name, std::string_view subtype_name) const noexcept;
};
[[nodiscard]] Result<MediaRange, ParseError> parse_media_range(std::string_view text) noexcept;

/// One element of Accept-Encoding, Accept-Language, Content-Encoding, Content-Language: a token with perhaps a q.
struct Coding {
  std::string_view name;
  unsigned q = 1000;
  Params params;
};
[[nodiscard]] Result<Coding, ParseError> parse_coding(std::string_view text) noexcept;

/// Content-Disposition (RFC 3261 §20.11). Unknown handling counts as required, as absent does.
struct ContentDisposition {
  std::string_view type;  // "session", "render", "by-reference"...
  bool optional = false;  // ;handling=optional
  Params params;
};
[[nodiscard]] Result<ContentDisposition, ParseError> parse_content_disposition(std::string_view text) noexcept;

/// One token, the whole text: an element of Allow, Supported, Require, Unsupported, Recv-Info; Priority.
[[nodiscard]] Result<std::string_view, ParseError> parse_token(std::string_view text) noexcept;

/// One element of Warning (RFC 3261 §20.43).
struct Warning {
  unsigned code = 0;       // three digits
  std::string_view agent;  // host[:port] or pseudonym
  std::string_view text;   // without its quotes, still escaped
};
[[nodiscard]] Result<Warning, ParseError> parse_warning(std::string_view text) noexcept;

/// Date (RFC 3261 §20.17): "Sat, 13 Nov 2010 23:29:00 GMT", no other zone; the day of the week is not compared.
[[nodiscard]] Result<WallTime, ParseError> parse_date(std::string_view text) noexcept;

/// Timestamp (RFC 3261 §20.38): checked only, sent back as it came.
[[nodiscard]] Result<std::string_view, ParseError> parse_timestamp(std::string_view text) noexcept;

}  // namespace parley::sip
