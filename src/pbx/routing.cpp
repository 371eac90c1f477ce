#include <algorithm>
#include <array>
#include <iterator>
#include <variant>

#include <pbx/routing.hpp>
#include <sip/tel_uri.hpp>

namespace parley::pbx {
namespace {

constexpr std::size_t kLongestNumber = 64;

Route refused(unsigned status, std::string cause, std::vector<std::string> path = {}) {
  return {Route::Kind::Refuse, nullptr, status, std::move(cause), std::move(path)};
}

Route to_extension(const DirectoryExtension& extension, std::vector<std::string> path) {
  if (!extension.enabled) return refused(480, "extension switched off", std::move(path));
  return {Route::Kind::Extension, &extension, 0, {}, std::move(path)};
}

bool may_use(const DirectoryRoute& route, const DirectoryExtension* caller) {
  return route.callers.empty() ||
         (caller != nullptr && std::ranges::find(route.callers, caller->number) != route.callers.end());
}

/// The route that applies, or why none does.
struct Choice {
  const DirectoryRoute* route = nullptr;
  bool withheld = false;     // one matched that this caller may not use
  bool passed_over = false;  // a refusal for many numbers, which an emergency number does not fall under
};

Choice choose(const DirectoryOrganisation& organisation, const DirectoryExtension* caller, std::string_view number) {
  const bool emergency = is_emergency_number(number);
  Choice out;
  const DirectoryRoute* of_others = nullptr;
  for (const auto& route : organisation.routes) {
    if (!route.pattern.matches(number)) continue;
    const bool refuses = std::holds_alternative<store::ToRefusal>(route.destination);
    if (emergency && refuses && !route.pattern.is_one_number()) {
      out.passed_over = true;
    } else if (may_use(route, caller)) {
      out.route = &route;
      return out;
    } else {
      out.withheld = true;
      if (of_others == nullptr && !refuses) of_others = &route;
    }
  }
  if (emergency) out.route = of_others;
  return out;
}

bool has_trunk(const DirectoryOrganisation& organisation) {
  return std::ranges::any_of(organisation.trunks, [](const auto* trunk) { return trunk->settings.enabled; });
}

/// Adds what else could take an emergency call.
void add_every_trunk(const DirectoryOrganisation& organisation, Route& route) {
  std::ranges::copy_if(organisation.trunks, std::back_inserter(route.trunks), [&](const auto* one) {
    return one->settings.enabled && std::ranges::find(route.trunks, one) == route.trunks.end();
  });
}

Route by_every_trunk(const DirectoryOrganisation& organisation, std::string number, std::vector<std::string> path) {
  Route out;
  out.kind = Route::Kind::Trunk;
  add_every_trunk(organisation, out);
  out.number = std::move(number);
  out.path = std::move(path);
  out.path.emplace_back("emergency number: every trunk");
  return out;
}

Route nothing_for(const DirectoryOrganisation& organisation, std::string_view number, const Choice& choice,
                  std::vector<std::string> path) {
  if (is_emergency_number(number)) {
    if (has_trunk(organisation)) return by_every_trunk(organisation, std::string(number), std::move(path));
    std::string cause = "no route for an emergency number";
    if (choice.passed_over) cause += "; a refusal of many numbers does not apply to it";
    return refused(404, std::move(cause), std::move(path));
  }
  if (choice.withheld) return refused(403, "no route that this extension may use", std::move(path));
  return refused(404, "not found", std::move(path));
}

constexpr unsigned status_of(store::RefusalReason reason) noexcept {
  switch (reason) {
    case store::RefusalReason::Busy: return 486;
    case store::RefusalReason::Forbidden: return 403;
    case store::RefusalReason::NotFound: break;
  }
  return 404;
}

/// An emergency call that a route sends to an extension: where nobody can take it there, every trunk may.
Route with_help(const DirectoryOrganisation& organisation, Route to, const std::string& emergency) {
  if (emergency.empty() || !has_trunk(organisation)) return to;
  if (to.kind == Route::Kind::Refuse) return by_every_trunk(organisation, emergency, std::move(to.path));
  add_every_trunk(organisation, to);
  to.number = emergency;
  return to;
}

std::string transformed(const DirectoryRoute& route, std::string_view number) {
  return route.prepend + std::string(number.substr(std::min<std::size_t>(route.strip, number.size())));
}

Route to_trunks(const DirectoryOrganisation& organisation, const store::ToTrunks& to, const std::string& name,
                std::string number, bool emergency, std::vector<std::string> path) {
  Route out;
  for (const auto& one : to.names)
    if (const auto* trunk = organisation.trunk(one)) out.trunks.push_back(trunk);
  if (emergency) add_every_trunk(organisation, out);
  if (out.trunks.empty()) return refused(404, "route " + name + " leads to a trunk that is not there", std::move(path));
  out.kind = Route::Kind::Trunk;
  out.number = std::move(number);
  out.path = std::move(path);
  return out;
}

}  // namespace

bool is_emergency_number(std::string_view number) noexcept {
  constexpr std::array<std::string_view, 8> kNumbers = {"112", "911", "000", "08", "110", "118", "119", "999"};
  return std::ranges::find(kNumbers, number) != kNumbers.end();
}

std::string dialled_number(const sip::Uri& target) {
  auto user = target.user_text();
  user = user.substr(0, std::min(user.find(';'), kLongestNumber));  // user parameters (RFC 3966 within sip)
  const auto is_dialled = [](char c) { return (c >= '0' && c <= '9') || c == '+' || c == '*' || c == '#'; };
  const auto is_separator = [](char c) { return c == '-' || c == '.' || c == '(' || c == ')' || c == ' '; };
  if (std::ranges::all_of(user, [&](char c) { return is_dialled(c) || is_separator(c); }))
    std::erase_if(user, is_separator);
  for (auto& c : user)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return user;
}

Route route(const Identity& caller, const sip::Uri& target) {
  if (target.scheme != sip::Scheme::Sip && target.scheme != sip::Scheme::Tel) return refused(416, "scheme not served");
  if (target.scheme == sip::Scheme::Sip && caller.directory->domain(target.host) != caller.organisation)
    return refused(404, "not found");
  if (target.scheme == sip::Scheme::Tel) {
    const auto tel = sip::parse_tel(target);
    if (!tel) return refused(404, "no telephone number");
    if (tel->context_is_domain && caller.directory->domain(tel->context) != caller.organisation)
      return refused(404, "a number of somebody else's plan");
  }
  auto number = dialled_number(target);
  if (number.empty()) return refused(484, "no number dialled");
  return route_number(*caller.organisation, caller.extension, std::move(number));
}

namespace {

/// `emergency`: the emergency number that it is, as dialled or as a route made it ("0112" with a 0 for the outside).
Route resolved(const DirectoryOrganisation& organisation, const DirectoryExtension* caller, std::string number,
               std::string& emergency) {
  std::vector<std::string> path;
  for (unsigned rerouted = 0; rerouted <= kMaxReroutes; ++rerouted) {
    if (is_emergency_number(number)) {
      emergency = number;  // and no extension of that number stands before it
    } else if (const auto* extension = organisation.extension_of_user(number)) {
      return with_help(organisation, to_extension(*extension, std::move(path)), emergency);
    }
    if (number == kEchoTestNumber) return {Route::Kind::EchoTest, nullptr, 0, {}, std::move(path)};
    if (number.starts_with(kPickupCode))
      if (const auto* rings = organisation.extension(std::string_view(number).substr(kPickupCode.size())))
        return {Route::Kind::Pickup, rings, 0, {}, std::move(path)};
    const auto choice = choose(organisation, caller, number);
    if (choice.route == nullptr) return nothing_for(organisation, number, choice, std::move(path));
    const auto& taken = *choice.route;
    path.push_back("route " + taken.name);
    if (const auto* refusal = std::get_if<store::ToRefusal>(&taken.destination))
      return refused(status_of(refusal->reason), "refused by route " + taken.name, std::move(path));
    if (std::holds_alternative<store::ToEchoTest>(taken.destination))
      return {Route::Kind::EchoTest, nullptr, 0, {}, std::move(path)};
    if (const auto* to = std::get_if<store::ToExtension>(&taken.destination)) {
      const auto* extension = organisation.extension(to->number);
      auto there =
          extension ? to_extension(*extension, std::move(path))
                    : refused(404, "route " + taken.name + " leads to an extension that is not there", std::move(path));
      return with_help(organisation, std::move(there), emergency);
    }
    const auto* fixed = std::get_if<store::ToNumber>(&taken.destination);
    number = fixed && !fixed->number.empty() ? fixed->number : transformed(taken, number);
    if (number.empty() || number.size() > kLongestNumber)
      return refused(484, "route " + taken.name + " leaves no number to dial", std::move(path));
    if (const auto* to = std::get_if<store::ToTrunks>(&taken.destination)) {
      if (is_emergency_number(number)) emergency = number;
      return to_trunks(organisation, *to, taken.name, number, !emergency.empty(), std::move(path));
    }
    path.push_back("dialled as " + number);
  }
  return refused(482, "routes lead round in a circle", std::move(path));
}

}  // namespace

Route route_number(const DirectoryOrganisation& organisation, const DirectoryExtension* caller, std::string number) {
  std::string emergency;
  auto out = resolved(organisation, caller, std::move(number), emergency);
  out.emergency = !emergency.empty();
  if (out.emergency && out.number.empty()) out.number = std::move(emergency);
  return out;
}

}  // namespace parley::pbx
