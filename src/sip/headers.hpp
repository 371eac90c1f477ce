#pragma once
#include <optional>
#include <string>

#include <sip/method.hpp>
#include <sip/uri.hpp>

/// Header values as types, parsed when first asked for. All are views into the text given; folding was undone by
/// Message. Source: RFC 3261 §20, §25.1. Errors: ParseError with the offset in the text given. Nothing throws, nothing
/// allocates.
namespace parley::sip {

/// From, To, Contact, Route, Record-Route, P-Asserted-Identity, Refer-To...
struct NameAddr {
  std::string_view display;  // as it came: quoted string with its quotes, or tokens; empty if none
  Uri uri;
  bool bracketed = false;
  Params params;          // the header's, not the URI's
  std::string_view text;  // the whole element
  bool is_star = false;   // Contact: *

  [[nodiscard]] std::string_view tag() const noexcept { return params.value("tag"); }
  /// Unquoted, unescaped, invalid UTF-8 and control characters replaced: fit for a page or a log.
  [[nodiscard]] std::string display_text() const;
  [[nodiscard]] std::optional<std::uint32_t> expires() const noexcept;  // overlarge: the greatest value
  [[nodiscard]] unsigned q_thousandths() const noexcept;                // 0..1000; 1000 if absent or odd
  /// +sip.instance without its <>: "urn:uuid:..." (RFC 5626 §4.1); "" if absent.
  [[nodiscard]] std::string_view instance() const noexcept;
  [[nodiscard]] std::optional<std::uint32_t> reg_id() const noexcept;  // 1..2^31-1 (RFC 5626 §4.2)
};
/// One element, the whole text.
[[nodiscard]] Result<NameAddr, ParseError> parse_name_addr(std::string_view text) noexcept;

struct Via {
  Transport transport = Transport::Other;
  std::string_view transport_text;
  std::string_view host;   // sent-by; IPv6 with brackets
  std::uint16_t port = 0;  // 0: not given
  Params params;
  std::string_view branch;  // "" if absent (RFC 2543)
  std::string_view received;
  bool rport = false;  // asked for, RFC 3581
  std::uint16_t rport_value = 0;
  std::string_view text;

  /// Magic cookie with something behind it: the branch names a transaction (RFC 3261 §8.1.1.7).
  [[nodiscard]] bool has_rfc3261_branch() const noexcept;
};
inline constexpr std::string_view kMagicCookie = "z9hG4bK";
[[nodiscard]] Result<Via, ParseError> parse_via(std::string_view text) noexcept;

struct CSeq {
  std::uint32_t number = 0;
  Method method = Method::Other;
  std::string_view method_text;
};
[[nodiscard]] Result<CSeq, ParseError> parse_cseq(std::string_view text) noexcept;

/// qvalue in thousandths; nullopt: not one (RFC 3261 §25.1).
[[nodiscard]] std::optional<unsigned> parse_q(std::string_view text) noexcept;

/// Digits only, at most `max`. Overlarge is BadNumber.
[[nodiscard]] Result<std::uint32_t, ParseError> parse_number(std::string_view text,
                                                             std::uint32_t max = 0xffffffffU) noexcept;
/// delta-seconds that a peer may have overdone: digits beyond 2^32-1 give 2^32-1; nullopt if not digits.
[[nodiscard]] std::optional<std::uint32_t> parse_seconds(std::string_view text) noexcept;

struct MediaType {
  std::string_view type, subtype;
  Params params;
  [[nodiscard]] bool is(std::string_view type_name, std::string_view subtype_name) const noexcept;
};
[[nodiscard]] Result<MediaType, ParseError> parse_media_type(std::string_view text) noexcept;

struct Reason {  // RFC 3326
  std::string_view protocol;
  std::uint32_t cause = 0;
  std::string_view text;
};
[[nodiscard]] Result<Reason, ParseError> parse_reason(std::string_view text) noexcept;

struct RetryAfter {
  std::uint32_t seconds = 0;
  Params params;
};
[[nodiscard]] Result<RetryAfter, ParseError> parse_retry_after(std::string_view text) noexcept;

/// WWW-/Proxy-Authenticate and (Proxy-)Authorization: a scheme and its comma-separated auth-params. A view; values keep
/// the escapes of their quoted strings.
struct AuthParams {
  std::string_view scheme;
  std::string_view text;  // behind the scheme
  [[nodiscard]] std::optional<Param> find(std::string_view name) const noexcept;
  [[nodiscard]] std::string_view value(std::string_view name) const noexcept;
  [[nodiscard]] bool is_digest() const noexcept;
};
[[nodiscard]] Result<AuthParams, ParseError> parse_auth(std::string_view text) noexcept;

/// Takes the next element off a comma-separated list (quotes and <> respected); false at the end. An empty
/// element, or an empty list, is given as "": the caller decides whether its grammar allows one.
[[nodiscard]] bool next_element(std::string_view& rest, std::string_view& element) noexcept;
/// Whether a list of tokens (Require, Supported, Allow...) has this one, any case.
[[nodiscard]] bool list_has(std::string_view list, std::string_view token) noexcept;
/// Unescapes a quoted string (with or without its quotes).
[[nodiscard]] std::string unquote(std::string_view text);
/// Invalid UTF-8 and control characters replaced.
[[nodiscard]] std::string printable(std::string_view text);
/// Makes a quoted string; control characters become spaces.
[[nodiscard]] std::string quote(std::string_view text);

}  // namespace parley::sip
