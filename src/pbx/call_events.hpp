#pragma once
#include <initializer_list>
#include <string>
#include <string_view>

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

}  // namespace parley::pbx
