#pragma once
#include <optional>

#include <sip/headers.hpp>

/// Headers of subscriptions and published state (RFC 6665, RFC 3903). As in headers.hpp: views, offsets, no throw.
namespace parley::sip {

/// Event (RFC 6665 §8.2.1), one of Allow-Events: package *( "." template ) [ ;id= ].
struct Event {
  std::string_view type;       // "presence.winfo"
  std::string_view package;    // "presence"
  std::string_view templates;  // "winfo"; "" if none
  std::string_view id;
  Params params;
  /// Names the same package with the same templates and id (RFC 6665 §4.5.1: id counts, other parameters do not).
  [[nodiscard]] bool same_as(const Event& other) const noexcept;
  /// Any case is taken, though event types are defined in lower case only.
  [[nodiscard]] bool is(std::string_view name) const noexcept;
};
[[nodiscard]] Result<Event, ParseError> parse_event(std::string_view text) noexcept;

enum class SubscriptionStatus : std::uint8_t { Active, Pending, Terminated, Other };
/// Subscription-State (RFC 6665 §8.2.3).
struct SubscriptionState {
  SubscriptionStatus status = SubscriptionStatus::Other;
  std::string_view status_text;
  std::string_view reason;  // "deactivated", "timeout"...; "" if absent
  std::optional<std::uint32_t> expires, retry_after;
  Params params;
};
[[nodiscard]] Result<SubscriptionState, ParseError> parse_subscription_state(std::string_view text) noexcept;

/// SIP-ETag, SIP-If-Match (RFC 3903 §11.3): one token, compared with its case.
[[nodiscard]] Result<std::string_view, ParseError> parse_entity_tag(std::string_view text) noexcept;
/// Suppress-If-Match (RFC 5839): an entity tag or "*".
[[nodiscard]] Result<std::string_view, ParseError> parse_suppress_if_match(std::string_view text) noexcept;

}  // namespace parley::sip
