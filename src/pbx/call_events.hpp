#pragma once
#include <initializer_list>
#include <string>
#include <string_view>

#include <pbx/ban_list.hpp>
#include <pbx/location.hpp>
#include <pbx/switchboard.hpp>
#include <store/events.hpp>

namespace parley::pbx {

/// The envelopes of what calls and registrations tell (DESIGN "Events"). Data is snake_case JSON; personal data stands
/// only in `caller`, `callee`, `contact` and `source`. Pure.
[[nodiscard]] store::Event call_event(std::string_view type, const LiveCall& call, WallTime now, const Clock& clock,
                                      Random& random,
                                      std::initializer_list<std::pair<std::string_view, std::string>> more = {});
[[nodiscard]] store::Event registration_event(std::string_view type, const Binding& binding, WallTime now,
                                              std::string_view reason, const Clock& clock, Random& random);
[[nodiscard]] store::Event trunk_event(std::string_view type, OrganisationId organisation, TrunkId trunk,
                                       std::string_view name, std::string_view state, std::string_view reason,
                                       WallTime now, const Clock& clock, Random& random);

/// security.banned, security.unbanned, security.allowed, security.disallowed: of the platform, so of no organisation;
/// personal data stands only in `address`.
[[nodiscard]] store::Event security_event(const Ban& ban, BanList::Change change, const Clock& clock, Random& random);

}  // namespace parley::pbx
