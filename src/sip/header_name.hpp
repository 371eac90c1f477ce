#pragma once
#include <cstdint>
#include <string_view>

namespace parley::sip {

/// The header fields that a PBX reads or writes. Anything else is Other and keeps its own name.
enum class Header : std::uint8_t {
  Accept,
  AcceptEncoding,
  AcceptLanguage,
  AlertInfo,
  Allow,
  AllowEvents,
  Authorization,
  AuthenticationInfo,
  CallId,
  CallInfo,
  Contact,
  ContentDisposition,
  ContentEncoding,
  ContentLanguage,
  ContentLength,
  ContentType,
  CSeq,
  Date,
  Diversion,
  ErrorInfo,
  Event,
  Expires,
  From,
  HistoryInfo,
  InReplyTo,
  MaxForwards,
  MimeVersion,
  MinExpires,
  MinSe,
  Organization,
  PAssertedIdentity,
  Path,
  PPreferredIdentity,
  Priority,
  Privacy,
  ProxyAuthenticate,
  ProxyAuthorization,
  ProxyRequire,
  Rack,
  Reason,
  RecordRoute,
  ReferredBy,
  ReferTo,
  Replaces,
  ReplyTo,
  Require,
  RetryAfter,
  Route,
  Rseq,
  Server,
  ServiceRoute,
  SessionExpires,
  Subject,
  SubscriptionState,
  Supported,
  Timestamp,
  To,
  Unsupported,
  UserAgent,
  Via,
  Warning,
  WwwAuthenticate,
  Other,
};

/// Full and compact names, any case (RFC 3261 §7.3.1, §7.3.3).
[[nodiscard]] Header header_of(std::string_view name) noexcept;
[[nodiscard]] std::string_view name_of(Header header) noexcept;  // canonical full name; Other gives ""
/// May stand in a message once only: a second one is a 400, never "the first here, the last there".
[[nodiscard]] bool is_single(Header header) noexcept;

}  // namespace parley::sip
