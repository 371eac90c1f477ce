#include <algorithm>

#include <pbx/event_package.hpp>
#include <sip/scan.hpp>

namespace parley::pbx {
namespace {

using namespace std::chrono_literals;

constexpr EventPackageRule kRules[] = {
    {EventPackage::Dialog, false, "dialog", "application", "dialog-info+xml", {1s, 4}},  // RFC 4235 §3.10
    {EventPackage::MessageSummary, true, "message-summary", "application", "simple-message-summary", {1s, 1}},
    {EventPackage::Presence, false, "presence", "application", "pidf+xml", {5s, 3}},  // RFC 3856 §6.10
    {EventPackage::Reg, true, "reg", "application", "reginfo+xml", {5s, 3}},          // RFC 3680 §4.10
};

}  // namespace

const EventPackageRule& rule_of(EventPackage package) noexcept {
  return *std::ranges::find(kRules, package, &EventPackageRule::package);
}

const EventPackageRule* find_package(std::string_view event_type) noexcept {
  const auto* const found =
      std::ranges::find_if(kRules, [&](const auto& rule) { return sip::scan::iequals(rule.name, event_type); });
  return found == std::end(kRules) ? nullptr : found;
}

}  // namespace parley::pbx
