#pragma once
#include <set>
#include <string>
#include <vector>

#include <api/schema.hpp>
#include <store/trunks.hpp>

namespace parley::api {

extern const Schema kTrunkWrite;

/// What the owner of a trunk can change, but the password: that never leaves the server.
[[nodiscard]] json::object trunk_fields(const store::Trunk& trunk);
/// Takes the members that are there, checked against kTrunkWrite before, and judges the whole; each extension that it
/// names must be one of `numbers`. Adds to `faults` what is wrong, at `prefix`.
void take_trunk(const json::object& body, store::Trunk& trunk, const std::set<std::string>& numbers,
                const std::string& prefix, std::vector<Fault>& faults);

}  // namespace parley::api
