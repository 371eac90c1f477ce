#include <sip/cursor.hpp>
#include <sip/event_headers.hpp>
#include <sip/scan.hpp>

namespace parley::sip {

using scan::iequals;

bool Event::same_as(const Event& other) const noexcept { return iequals(type, other.type) && id == other.id; }
bool Event::is(std::string_view name) const noexcept { return iequals(type, name); }

Result<Event, ParseError> parse_event(std::string_view text) noexcept {
  Event out;
  Cursor in(text);
  in.lws();
  const auto at = in.at();
  out.type = in.token();
  const auto dot = out.type.find('.');
  out.package = out.type.substr(0, dot);
  if (dot != std::string_view::npos) out.templates = out.type.substr(dot + 1);
  if (!in.failed() && (out.package.empty() || (dot != std::string_view::npos && out.templates.empty())))
    in.fail_at(SipErrc::BadToken, at);
  out.params = in.params();
  out.id = out.params.value("id");
  return in.finish(out);
}

Result<SubscriptionState, ParseError> parse_subscription_state(std::string_view text) noexcept {
  SubscriptionState out;
  Cursor in(text);
  in.lws();
  out.status_text = in.token();
  if (iequals(out.status_text, "active")) out.status = SubscriptionStatus::Active;
  if (iequals(out.status_text, "pending")) out.status = SubscriptionStatus::Pending;
  if (iequals(out.status_text, "terminated")) out.status = SubscriptionStatus::Terminated;
  out.params = in.params();
  out.reason = out.params.value("reason");
  const auto seconds = [&](std::string_view name) -> std::optional<std::uint32_t> {
    const auto param = out.params.find(name);
    if (!param) return std::nullopt;
    const auto value = parse_seconds(param->value);
    if (!value) in.fail(SipErrc::BadNumber);
    return value;
  };
  out.expires = seconds("expires");
  out.retry_after = seconds("retry-after");
  return in.finish(out);
}

Result<std::string_view, ParseError> parse_entity_tag(std::string_view text) noexcept {
  Cursor in(text);
  in.lws();
  const auto tag = in.token();
  return in.finish(tag);
}

Result<std::string_view, ParseError> parse_suppress_if_match(std::string_view text) noexcept {
  return parse_entity_tag(text);  // '*' is a sign of tokens
}

}  // namespace parley::sip
