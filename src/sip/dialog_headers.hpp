#pragma once
#include <optional>
#include <string>

#include <sip/headers.hpp>

/// Headers that speak of dialogs and transactions: transfer, session timers, reliable provisionals. As in headers.hpp:
/// views into the text given, ParseError with the offset in it, nothing throws.
namespace parley::sip {

/// Replaces (RFC 3891 §6.1): the dialog to take over, as the receiver sees it: to_tag is the receiver's own.
struct Replaces {
  std::string_view call_id, to_tag, from_tag;
  bool early_only = false;
  Params params;
};
[[nodiscard]] Result<Replaces, ParseError> parse_replaces(std::string_view text) noexcept;

/// Join (RFC 3911 §7.1): the same grammar without early-only.
struct Join {
  std::string_view call_id, to_tag, from_tag;
  Params params;
};
[[nodiscard]] Result<Join, ParseError> parse_join(std::string_view text) noexcept;

/// Target-Dialog (RFC 4538 §7). Tags may be missing when the dialog is not yet known by them.
struct TargetDialog {
  std::string_view call_id, local_tag, remote_tag;
  Params params;
};
[[nodiscard]] Result<TargetDialog, ParseError> parse_target_dialog(std::string_view text) noexcept;

/// Refer-To (RFC 3515 §2.1) is a NameAddr; what the URI says about the request to make stands in its parameters and
/// headers.
struct ReferTo {
  NameAddr target;
  Method method = Method::Invite;  // ;method= of the URI; Other: one that we do not know
  std::string_view method_text;    // "" if not given
};
[[nodiscard]] Result<ReferTo, ParseError> parse_refer_to(std::string_view text) noexcept;
/// Value of one header in the URI ("?Replaces=..."), unescaped; nullopt: it has none, any case.
[[nodiscard]] std::optional<std::string> uri_header(const Uri& uri, std::string_view name);

/// Referred-By (RFC 3892 §3).
struct ReferredBy {
  NameAddr who;
  std::string_view cid;  // of the signed token in a body part; "" if absent
};
[[nodiscard]] Result<ReferredBy, ParseError> parse_referred_by(std::string_view text) noexcept;
/// Refer-Sub (RFC 4488 §4).
[[nodiscard]] Result<bool, ParseError> parse_refer_sub(std::string_view text) noexcept;

/// RAck (RFC 3262 §7.2): which provisional response a PRACK acknowledges.
struct Rack {
  std::uint32_t rseq = 0;
  std::uint32_t cseq = 0;
  Method method = Method::Other;
  std::string_view method_text;
};
[[nodiscard]] Result<Rack, ParseError> parse_rack(std::string_view text) noexcept;
/// RSeq (RFC 3262 §7.1): 1..2^32-1.
[[nodiscard]] Result<std::uint32_t, ParseError> parse_rseq(std::string_view text) noexcept;

enum class Refresher : std::uint8_t { None, Uac, Uas };
/// Session-Expires (RFC 4028 §4). Whether the interval is too small is the user's question (422), not the parser's.
struct SessionExpires {
  std::uint32_t seconds = 0;
  Refresher refresher = Refresher::None;
  Params params;
};
[[nodiscard]] Result<SessionExpires, ParseError> parse_session_expires(std::string_view text) noexcept;
/// Min-SE (RFC 4028 §5), also Min-Expires and Flow-Timer: seconds, perhaps with parameters.
[[nodiscard]] Result<std::uint32_t, ParseError> parse_min_se(std::string_view text) noexcept;

}  // namespace parley::sip
