#pragma once
#include <set>
#include <string>
#include <vector>

#include <api/schema.hpp>
#include <store/routes.hpp>

namespace parley::api {

extern const Schema kRouteWrite;  // also how a document has it

/// What the owner of a route can change: name, order, pattern, callers, strip, prepend, destination, enabled.
[[nodiscard]] json::object route_fields(const store::Route& route);
/// Takes the members that are there, checked against kRouteWrite before, and judges the whole: whether the pattern
/// compiles, the destination says enough and not too much, and each extension that it names is one of `numbers`,
/// each trunk one of `trunks`.
/// Adds to `faults` what is wrong, at `prefix`.
void take_route(const json::object& body, store::Route& route, const std::set<std::string>& numbers,
                const std::set<std::string>& trunks, const std::string& prefix, std::vector<Fault>& faults);

}  // namespace parley::api
