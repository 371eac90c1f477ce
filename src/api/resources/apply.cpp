#include <api/document.hpp>
#include <api/shapes.hpp>
#include <store/store.hpp>

namespace parley::api {

namespace {
const Schema kApply{"Apply", {object("document", kDocument).need()}};
const Schema kApplyAll{"ApplyAll", {object("document", kDocuments).need()}};
const Schema kApplied{"Applied", {list_of("changes", shapes::kChange).need(), truth("applied").need()}};

Answer run(Request& request, std::optional<Refusal> (Plan::*read)(const json::object&, const std::string&)) {
  const auto dry = request.http.parameter("dry_run").value_or("false");
  if (dry != "true" && dry != "false") return refuse(Problem::InvalidValue, "dry_run must be true or false");
  Plan plan(request);
  if (auto refusal = (plan.*read)(request.body.at("document").get_object(), "document."))
    return std::unexpected(std::move(*refusal));
  if (dry == "false" && !plan.changes().empty()) {
    if (auto done = plan.carry_out(); !done) return refuse(done.error());
    if (auto done = request.parts.configuration_changed(); !done) return refuse(done.error());
  }
  return ok({{"changes", plan.changes()}, {"applied", dry == "false"}});
}

Answer apply(Request& request) { return run(request, &Plan::one); }
Answer apply_all(Request& request) { return run(request, &Plan::several); }

Answer show(Request& request) {
  auto organisation = organisation_fields(request.parts, request.organisation);
  if (!organisation) return refuse(organisation.error());
  auto sections = section_fields(request.parts, request.organisation);
  if (!sections) return refuse(sections.error());
  if (auto done = request.audit("configuration.exported", "organisation", request.organisation.text()); !done)
    return refuse(done.error());
  json::object document{{"organisation", std::move(*organisation)}};
  for (auto& member : *sections) document[member.key()] = std::move(member.value());
  return ok(document);
}

Answer show_all(Request& request) {
  const auto all = request.parts.store.organisations.list();
  if (!all) return refuse(all.error());
  json::array organisations;
  for (const auto& one : *all) {
    if (!request.caller.is_platform() && one.id != request.caller.user.organisation) continue;
    auto entry = organisation_fields(request.parts, one.id);
    if (!entry) return refuse(entry.error());
    auto sections = section_fields(request.parts, one.id);
    if (!sections) return refuse(sections.error());
    for (auto& member : *sections) (*entry)[member.key()] = std::move(member.value());
    request.organisation = one.id;
    if (auto done = request.audit("configuration.exported", "organisation", one.id.text()); !done)
      return refuse(done.error());
    organisations.push_back(std::move(*entry));
  }
  return ok({{"organisations", std::move(organisations)}});
}
}  // namespace

void add_apply_routes(std::vector<Route>& out) {
  constexpr std::size_t kLargest = std::size_t{8} * 1024 * 1024;
  out.push_back({.method = "POST",
                 .path = "/v1/organisations/{organisation}/apply",
                 .permission = Permission::OrganisationsWrite,
                 .summary = "Make the organisation as the document says, in one step or not at all",
                 .request = &kApply,
                 .response = &kApplied,
                 .handler = apply,
                 .query = {{"dry_run", "true: only say what would change"}},
                 .body_limit = kLargest});
  out.push_back({.method = "GET",
                 .path = "/v1/organisations/{organisation}/export",
                 .permission = Permission::OrganisationsWrite,
                 .summary = "The organisation as such a document",
                 .response = &kDocument,
                 .handler = show,
                 .query = {}});
  out.push_back({.method = "POST",
                 .path = "/v1/apply",
                 .permission = Permission::OrganisationsWrite,
                 .summary = "The same for several organisations, all in one step; making one and changing another's "
                            "needs the platform's administrator",
                 .request = &kApplyAll,
                 .response = &kApplied,
                 .handler = apply_all,
                 .query = {{"dry_run", "true: only say what would change"}},
                 .body_limit = kLargest});
  out.push_back({.method = "GET",
                 .path = "/v1/export",
                 .permission = Permission::OrganisationsWrite,
                 .summary = "All organisations that the caller may see, as such a document",
                 .response = &kDocuments,
                 .handler = show_all,
                 .query = {}});
}

}  // namespace parley::api
