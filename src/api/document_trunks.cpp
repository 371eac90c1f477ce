// The trunks of a configuration document.
#include <algorithm>

#include <fmt/format.h>

#include <api/document.hpp>
#include <api/trunk_json.hpp>
#include <store/store.hpp>
#include <store/text.hpp>

namespace parley::api {
namespace {

/// Of the password people learn that it changes, and nothing else.
json::object shown(const store::Trunk& trunk, std::string_view password) {
  auto out = trunk_fields(trunk);
  out["password"] = trunk.password.empty() ? std::string_view() : password;
  return out;
}

}  // namespace

void Plan::trunks(OrganisationPlan& plan, const json::array& wanted, const std::string& prefix) {
  if (wanted.size() > store::TrunkRepository::kMaxTrunks)
    fault(prefix + "trunks", "has too many trunks", fmt::format("{} at most", store::TrunkRepository::kMaxTrunks));
  plan.trunks.clear();
  std::set<std::string> seen;  // however they are written
  for (std::size_t index = 0; index < wanted.size() && faults_.size() <= kMaxFaults; ++index) {
    const auto& fields = wanted[index].get_object();
    const auto here = fmt::format("{}trunks[{}].", prefix, index);
    const std::string name(fields.at("name").get_string());
    plan.trunks.insert(name);
    if (!seen.insert(store::lower(name)).second) {
      fault(here + "name", "is listed twice", "give each trunk a name of its own");
      continue;
    }
    const auto known = std::ranges::find_if(
        plan.trunks_before, [&](const store::Trunk& one) { return store::lower(one.name) == store::lower(name); });
    const bool fresh = known == plan.trunks_before.end();
    store::Trunk one = fresh ? store::Trunk{} : *known;
    take_trunk(fields, one, plan.numbers, here, faults_);
    if (fresh) {
      one.id = TrunkId::make(request_.parts.clock, request_.parts.store.random);
      one.organisation = plan.organisation.id;
      one.created = request_.parts.clock.wall();
      note(plan, "create", "trunk", name, {}, shown(one, "as the file says"));
      plan.trunks_new.push_back(std::move(one));
    } else if (one != *known) {
      const bool kept = one.password == known->password;
      note(plan, "update", "trunk", name, shown(*known, "kept"), shown(one, kept ? "kept" : "as the file says"));
      plan.trunks_changed.push_back(std::move(one));
    }
  }
  for (const auto& one : plan.trunks_before) {
    if (seen.contains(store::lower(one.name))) continue;
    note(plan, "delete", "trunk", one.name, shown(one, "forgotten"), {});
    plan.trunks_gone.push_back(one);
  }
}

}  // namespace parley::api
