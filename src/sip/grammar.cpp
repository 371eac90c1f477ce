#include <array>

#include <sip/dialog_headers.hpp>
#include <sip/event_headers.hpp>
#include <sip/grammar.hpp>
#include <sip/identity_headers.hpp>
#include <sip/negotiation_headers.hpp>
#include <sip/scan.hpp>

namespace parley::sip {
namespace {

using Fault = std::optional<ParseError>;
using Check = Fault (*)(std::string_view) noexcept;

/// The whole value by one parser.
template <auto Parse>
Fault one(std::string_view value) noexcept {
  const auto result = Parse(value);
  return result ? Fault{} : Fault{result.error()};
}

/// Each element of a comma-separated list. `Empty`: an empty list, and empty elements, are no fault.
template <auto Parse, bool Empty>
Fault each(std::string_view value) noexcept {
  std::string_view rest = value;
  std::string_view element;
  while (next_element(rest, element)) {
    if (Empty && element.empty()) continue;
    if (const auto result = Parse(element); !result) {
      auto error = result.error();
      error.offset +=
          static_cast<std::uint32_t>(element.empty() ? (rest.data() == nullptr ? value.size() : 0)
                                                     : static_cast<std::size_t>(element.data() - value.data()));
      return error;
    }
  }
  return std::nullopt;
}

Result<NameAddr, ParseError> address(std::string_view text) noexcept {  // no star
  auto parsed = parse_name_addr(text);
  if (parsed && parsed->is_star) return std::unexpected(ParseError{SipErrc::BadUri, 0, 400});
  return parsed;
}

Result<NameAddr, ParseError> route(std::string_view text) noexcept {  // name-addr alone
  auto parsed = address(text);
  if (parsed && !parsed->bracketed) return std::unexpected(ParseError{SipErrc::BadUri, 0, 400});
  return parsed;
}

Result<std::uint32_t, ParseError> any_number(std::string_view text) noexcept { return parse_number(text); }
Result<std::uint32_t, ParseError> hops(std::string_view text) noexcept { return parse_number(text, 255); }

Result<std::uint32_t, ParseError> expires(std::string_view text) noexcept {  // overlarge is taken as the greatest
  const auto seconds = parse_seconds(text);
  if (!seconds) return std::unexpected(ParseError{SipErrc::BadNumber, 0, 400});
  return *seconds;
}

Result<std::string_view, ParseError> call_id(std::string_view text) noexcept {
  for (std::size_t i = 0; i < text.size(); ++i)
    if (static_cast<unsigned char>(text[i]) <= 0x20 || text[i] == 0x7f)
      return std::unexpected(ParseError{SipErrc::BadToken, static_cast<std::uint32_t>(i), 400});
  if (text.empty()) return std::unexpected(ParseError{SipErrc::BadToken, 0, 400});
  return text;
}

/// "1.0" and the like.
Result<std::string_view, ParseError> mime_version(std::string_view text) noexcept { return parse_token(text); }

struct Row {
  Header id;
  Check check;
  HeaderRule rule;
};
constexpr auto kRefused = Malformed::Refused;
constexpr auto kIgnored = Malformed::Ignored;

constexpr Row kRows[] = {
    {Header::Accept, each<parse_media_range, true>, {kIgnored, "RFC 3261 §20.1"}},
    {Header::AcceptContact, nullptr, {kIgnored, "RFC 3841 §9.2"}},
    {Header::AcceptEncoding, each<parse_coding, true>, {kIgnored, "RFC 3261 §20.2"}},
    {Header::AcceptLanguage, each<parse_coding, true>, {kIgnored, "RFC 3261 §20.3"}},
    {Header::AlertInfo, each<parse_info_uri, false>, {kIgnored, "RFC 3261 §20.4"}},
    {Header::Allow, each<parse_token, true>, {kIgnored, "RFC 3261 §20.5"}},
    {Header::AllowEvents, each<parse_event, true>, {kIgnored, "RFC 6665 §8.2.2"}},
    {Header::AnswerMode, one<parse_answer_mode>, {kIgnored, "RFC 5373 §4"}},
    {Header::AuthenticationInfo, nullptr, {kIgnored, "RFC 3261 §20.6"}},
    {Header::Authorization, one<parse_auth>, {kRefused, "RFC 3261 §20.7"}},
    {Header::CallId, one<call_id>, {kRefused, "RFC 3261 §20.8"}},
    {Header::CallInfo, each<parse_info_uri, false>, {kIgnored, "RFC 3261 §20.9"}},
    {Header::Contact, each<parse_name_addr, false>, {kRefused, "RFC 3261 §20.10"}},
    {Header::ContentDisposition, one<parse_content_disposition>, {kRefused, "RFC 3261 §20.11"}},
    {Header::ContentEncoding, each<parse_token, true>, {kIgnored, "RFC 3261 §20.12"}},
    {Header::ContentLanguage, each<parse_coding, true>, {kIgnored, "RFC 3261 §20.13"}},
    {Header::ContentLength, one<any_number>, {kRefused, "RFC 3261 §20.14"}},
    {Header::ContentType, one<parse_media_type>, {kRefused, "RFC 3261 §20.15"}},
    {Header::CSeq, one<parse_cseq>, {kRefused, "RFC 3261 §20.16"}},
    {Header::Date, one<parse_date>, {kRefused, "RFC 3261 §20.17"}},
    {Header::Diversion, each<parse_diversion, false>, {kIgnored, "RFC 5806 §5"}},
    {Header::ErrorInfo, each<parse_info_uri, false>, {kIgnored, "RFC 3261 §20.18"}},
    {Header::Event, one<parse_event>, {kRefused, "RFC 6665 §8.2.1"}},
    {Header::Expires, one<expires>, {kIgnored, "RFC 3261 §20.19"}},
    {Header::FlowTimer, one<any_number>, {kIgnored, "RFC 5626 §11.2"}},
    {Header::From, one<address>, {kRefused, "RFC 3261 §20.20"}},
    {Header::Geolocation, each<parse_info_uri, false>, {kIgnored, "RFC 6442 §4.1"}},
    {Header::GeolocationError, nullptr, {kIgnored, "RFC 6442 §4.3"}},
    {Header::GeolocationRouting, one<parse_token>, {kIgnored, "RFC 6442 §4.2"}},
    {Header::HistoryInfo, each<parse_history_entry, false>, {kIgnored, "RFC 7044 §5"}},
    {Header::Identity, each<parse_identity, false>, {kIgnored, "RFC 8224 §4"}},
    {Header::InReplyTo, each<call_id, false>, {kIgnored, "RFC 3261 §20.21"}},
    {Header::Join, one<parse_join>, {kRefused, "RFC 3911 §7.1"}},
    {Header::MaxBreadth, one<any_number>, {kIgnored, "RFC 5393 §5.8"}},
    {Header::MaxForwards, one<hops>, {kRefused, "RFC 3261 §20.22"}},
    {Header::MimeVersion, one<mime_version>, {kIgnored, "RFC 3261 §20.24"}},
    {Header::MinExpires, one<parse_min_se>, {kIgnored, "RFC 3261 §20.23"}},
    {Header::MinSe, one<parse_min_se>, {kRefused, "RFC 4028 §5"}},
    {Header::Organization, nullptr, {kIgnored, "RFC 3261 §20.25"}},
    {Header::PAssertedIdentity, each<address, false>, {kIgnored, "RFC 3325 §9.1"}},
    {Header::Path, each<route, false>, {kRefused, "RFC 3327 §4"}},
    {Header::PPreferredIdentity, each<address, false>, {kIgnored, "RFC 3325 §9.2"}},
    {Header::Priority, one<parse_token>, {kIgnored, "RFC 3261 §20.26"}},
    {Header::Privacy, one<parse_privacy>, {kRefused, "RFC 3323 §4.2"}},
    {Header::PrivAnswerMode, one<parse_answer_mode>, {kIgnored, "RFC 5373 §4"}},
    {Header::ProxyAuthenticate, one<parse_auth>, {kIgnored, "RFC 3261 §20.27"}},
    {Header::ProxyAuthenticationInfo, nullptr, {kIgnored, "RFC 7615 §4"}},
    {Header::ProxyAuthorization, one<parse_auth>, {kRefused, "RFC 3261 §20.28"}},
    {Header::ProxyRequire, each<parse_token, true>, {kRefused, "RFC 3261 §20.29"}},
    {Header::Rack, one<parse_rack>, {kRefused, "RFC 3262 §7.2"}},
    {Header::Reason, each<parse_reason, false>, {kIgnored, "RFC 3326 §2"}},
    {Header::RecordRoute, each<route, false>, {kRefused, "RFC 3261 §20.30"}},
    {Header::RecvInfo, each<parse_coding, true>, {kIgnored, "RFC 6086 §7.2"}},
    {Header::InfoPackage, one<parse_coding>, {kRefused, "RFC 6086 §7.1"}},
    {Header::ReferredBy, one<parse_referred_by>, {kRefused, "RFC 3892 §3"}},
    {Header::ReferSub, one<parse_refer_sub>, {kRefused, "RFC 4488 §4"}},
    {Header::ReferTo, one<parse_refer_to>, {kRefused, "RFC 3515 §2.1"}},
    {Header::RejectContact, nullptr, {kIgnored, "RFC 3841 §9.2"}},
    {Header::RemotePartyId, each<address, false>, {kIgnored, "draft-ietf-sip-privacy-04 §4"}},
    {Header::Replaces, one<parse_replaces>, {kRefused, "RFC 3891 §6.1"}},
    {Header::ReplyTo, one<address>, {kIgnored, "RFC 3261 §20.31"}},
    {Header::RequestDisposition, each<parse_token, false>, {kIgnored, "RFC 3841 §9.1"}},
    {Header::Require, each<parse_token, true>, {kRefused, "RFC 3261 §20.32"}},
    {Header::RetryAfter, one<parse_retry_after>, {kIgnored, "RFC 3261 §20.33"}},
    {Header::Route, each<route, false>, {kRefused, "RFC 3261 §20.34"}},
    {Header::Rseq, one<parse_rseq>, {kRefused, "RFC 3262 §7.1"}},
    {Header::Server, nullptr, {kIgnored, "RFC 3261 §20.35"}},
    {Header::ServiceRoute, each<route, false>, {kIgnored, "RFC 3608 §5"}},
    {Header::SessionExpires, one<parse_session_expires>, {kRefused, "RFC 4028 §4"}},
    {Header::SipEtag, one<parse_entity_tag>, {kIgnored, "RFC 3903 §11.3.1"}},
    {Header::SipIfMatch, one<parse_entity_tag>, {kRefused, "RFC 3903 §11.3.2"}},
    {Header::Subject, nullptr, {kIgnored, "RFC 3261 §20.36"}},
    {Header::SubscriptionState, one<parse_subscription_state>, {kRefused, "RFC 6665 §8.2.3"}},
    {Header::Supported, each<parse_token, true>, {kIgnored, "RFC 3261 §20.37"}},
    {Header::SuppressIfMatch, one<parse_suppress_if_match>, {kIgnored, "RFC 5839 §4.4"}},
    {Header::TargetDialog, one<parse_target_dialog>, {kRefused, "RFC 4538 §7"}},
    {Header::Timestamp, one<parse_timestamp>, {kIgnored, "RFC 3261 §20.38"}},
    {Header::To, one<address>, {kRefused, "RFC 3261 §20.39"}},
    {Header::Unsupported, each<parse_token, true>, {kIgnored, "RFC 3261 §20.40"}},
    {Header::UserAgent, nullptr, {kIgnored, "RFC 3261 §20.41"}},
    {Header::UserToUser, nullptr, {kIgnored, "RFC 7433 §4"}},
    {Header::Via, each<parse_via, false>, {kRefused, "RFC 3261 §20.42"}},
    {Header::Warning, each<parse_warning, false>, {kIgnored, "RFC 3261 §20.43"}},
    {Header::WwwAuthenticate, one<parse_auth>, {kIgnored, "RFC 3261 §20.44"}},
};
static_assert(std::size(kRows) == static_cast<std::size_t>(Header::Other));
static_assert([] {
  for (std::size_t i = 0; i < std::size(kRows); ++i)
    if (kRows[i].id != static_cast<Header>(i)) return false;
  return true;
}());

}  // namespace

HeaderRule rule_of(Header id) noexcept {
  return id == Header::Other ? HeaderRule{} : kRows[static_cast<std::size_t>(id)].rule;
}

std::optional<ParseError> grammar_fault(Header id, std::string_view value) noexcept {
  if (id == Header::Other) return std::nullopt;
  const auto& row = kRows[static_cast<std::size_t>(id)];
  return row.check == nullptr ? std::nullopt : row.check(value);
}

}  // namespace parley::sip
