#pragma once
#include <optional>

#include <sip/headers.hpp>

/// Headers that say who is calling, by which way, and how the phone may show or take it. As in headers.hpp: views,
/// offsets, no throw. P-Asserted-Identity, P-Preferred-Identity, Remote-Party-ID, Path and Service-Route elements are
/// NameAddr.
namespace parley::sip {

/// One element of Diversion (RFC 5806 §5).
struct Diversion {
  NameAddr who;
  std::string_view reason;  // "unconditional", "no-answer"...; "" if absent
  std::optional<std::uint32_t> counter, limit;
  std::string_view privacy, screen;
};
[[nodiscard]] Result<Diversion, ParseError> parse_diversion(std::string_view text) noexcept;

/// How a History-Info entry came to be from the one that its parameter names.
enum class HistoryTarget : std::uint8_t { None, Rc, Mp, Np };  // retargeted, mapped, not changed
/// One element of History-Info (RFC 7044 §5). Reason and Privacy of the entry are in the URI's headers:
/// uri_header(who.uri, "Reason").
struct HistoryEntry {
  NameAddr who;
  std::string_view index;  // "1.2.1"; "" if absent (RFC 4244 senders leave it out at times)
  HistoryTarget target = HistoryTarget::None;
  std::string_view target_index;
};
[[nodiscard]] Result<HistoryEntry, ParseError> parse_history_entry(std::string_view text) noexcept;

enum class PrivacyValue : std::uint8_t { Header, Session, User, None, Critical, Id, History };
/// Privacy (RFC 3323 §4.2, RFC 3325 §9.3, RFC 7044 §5): values separated by ';'. Unknown ones are counted, for a
/// request with `critical` and a value that we cannot give must fail.
struct Privacy {
  std::uint8_t bits = 0;
  unsigned unknown = 0;
  [[nodiscard]] constexpr bool has(PrivacyValue value) const noexcept {
    return (bits >> static_cast<unsigned>(value) & 1U) != 0;
  }
  friend bool operator==(const Privacy&, const Privacy&) = default;
};
[[nodiscard]] Result<Privacy, ParseError> parse_privacy(std::string_view text) noexcept;

/// One element of Alert-Info, Call-Info, Error-Info (RFC 3261 §20.4, §20.9), Geolocation (RFC 6442 §4.1):
/// "<" URI ">" with parameters (purpose=, appearance-index=...). A URI of any scheme.
struct InfoUri {
  Uri uri;
  Params params;
};
[[nodiscard]] Result<InfoUri, ParseError> parse_info_uri(std::string_view text) noexcept;

/// Answer-Mode, Priv-Answer-Mode (RFC 5373 §4).
struct AnswerMode {
  enum class Mode : std::uint8_t { Manual, Auto, Other };
  Mode mode = Mode::Other;
  bool required = false;  // ;require: refuse rather than answer otherwise
  Params params;
};
[[nodiscard]] Result<AnswerMode, ParseError> parse_answer_mode(std::string_view text) noexcept;

/// One element of Identity (RFC 8224 §4), passed on as it came. The PASSporT is not opened here.
struct Identity {
  std::string_view token;  // full, or compact form (".." with empty header and payload)
  std::string_view info;   // URI of the certificate, without <>; "" if absent
  std::string_view algorithm, passport_type;
  Params params;
};
[[nodiscard]] Result<Identity, ParseError> parse_identity(std::string_view text) noexcept;

}  // namespace parley::sip
