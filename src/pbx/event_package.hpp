#pragma once
#include <cstdint>
#include <initializer_list>
#include <string_view>

#include <sip/subscription.hpp>

namespace parley::pbx {

/// The event packages that are served (RFC 6665 §7.2).
enum class EventPackage : std::uint8_t { Dialog, MessageSummary, Presence, Reg };
inline constexpr std::size_t kEventPackages = 4;

class EventPackages {
 public:
  constexpr EventPackages(std::initializer_list<EventPackage> packages) {
    for (const auto one : packages) bits_ |= 1U << static_cast<unsigned>(one);
  }
  [[nodiscard]] constexpr bool has(EventPackage one) const { return (bits_ >> static_cast<unsigned>(one) & 1U) != 0; }

 private:
  unsigned bits_ = 0;
};

struct EventPackageRule {
  EventPackage package;
  bool own_only;  // only the extension itself may subscribe
  std::string_view name;
  std::string_view type, subtype;  // of its documents
  sip::Subscription::Pace pace;
};
[[nodiscard]] const EventPackageRule& rule_of(EventPackage package) noexcept;
/// By the event type of an Event header; nullptr: not served.
[[nodiscard]] const EventPackageRule* find_package(std::string_view event_type) noexcept;

inline constexpr std::string_view kAllowEvents = "dialog, message-summary, presence, reg";
inline constexpr std::string_view kAllowEventsLine = "Allow-Events: dialog, message-summary, presence, reg";

}  // namespace parley::pbx
