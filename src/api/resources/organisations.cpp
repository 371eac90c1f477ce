#include <api/host_name.hpp>
#include <api/route.hpp>
#include <api/shapes.hpp>
#include <base/log.hpp>
#include <privacy/eraser.hpp>
#include <store/store.hpp>

namespace parley::api {

namespace {
const Schema kWrite{
    "OrganisationWrite",
    {text("name").need().between(1, 200),
     text("sip_domain").between(1, 253).says("what phones register with; lower case"),
     text("time_zone").between(1, 64).says("IANA name, such as Europe/Berlin"),
     choice("media_encryption", {"off", "optional", "required"}).says("SRTP of devices and trunks that do not say")}};

json::object to_json(const store::Organisation& one) {
  return {{"id", one.id.text()},
          {"name", one.name},
          {"sip_domain", one.sip_domain},
          {"time_zone", one.time_zone},
          {"media_encryption", store::to_string(one.media_encryption)},
          {"created_at", to_rfc3339(one.created)}};
}

std::optional<Refusal> take(const Request& request, store::Organisation& one) {
  if (auto name = request.text("name")) one.name = std::move(*name);
  if (auto zone = request.text("time_zone")) one.time_zone = std::move(*zone);
  if (const auto text = request.text("media_encryption"))
    one.media_encryption = store::media_encryption_of(*text).value_or(one.media_encryption);
  if (auto domain = request.text("sip_domain")) one.sip_domain = std::move(*domain);
  if (!is_host_name(one.sip_domain)) {
    return Refusal{Problem::InvalidValue, "sip_domain must be a host name in lower case", std::nullopt};
  }
  return std::nullopt;
}

Answer list(Request& request) {
  const auto all = request.parts.store.organisations.list();
  if (!all) return refuse(all.error());
  json::array items;
  for (const auto& one : *all) {
    if (request.caller.is_platform() || one.id == request.caller.user.organisation) items.push_back(to_json(one));
  }
  return ok(page(std::move(items)));
}

Answer create(Request& request) {
  store::Organisation one;
  one.id = OrganisationId::make(request.parts.clock, request.parts.store.random);
  one.created = request.parts.clock.wall();
  one.sip_domain = one.id.text().substr(24) + ".parley.local";
  if (auto refusal = take(request, one)) return std::unexpected(std::move(*refusal));
  if (auto done = request.parts.store.organisations.create(one); !done) return refuse(done.error());
  request.organisation = one.id;
  if (auto done = request.audit("organisation.created", "organisation", one.id.text()); !done)
    return refuse(done.error());
  if (auto done = request.parts.configuration_changed(); !done) return refuse(done.error());
  return ok(to_json(one), 201).set("Location", "/v1/organisations/" + one.id.text());
}

Answer show(Request& request) {
  const auto one = request.parts.store.organisations.find(request.organisation);
  if (!one) return refuse(one.error());
  const auto body = to_json(*one);
  return ok(body).set("ETag", etag_of(body));
}

Answer change(Request& request) {
  auto one = request.parts.store.organisations.find(request.organisation);
  if (!one) return refuse(one.error());
  if (auto refusal = check_if_match(request, etag_of(to_json(*one)))) return std::unexpected(std::move(*refusal));
  if (auto refusal = take(request, *one)) return std::unexpected(std::move(*refusal));
  if (auto done = request.parts.store.organisations.update(*one); !done) return refuse(done.error());
  if (auto done = request.audit("organisation.changed", "organisation", one->id.text()); !done)
    return refuse(done.error());
  if (auto done = request.parts.configuration_changed(); !done) return refuse(done.error());
  const auto body = to_json(*one);
  return ok(body).set("ETag", etag_of(body));
}

Answer remove(Request& request) {
  privacy::ErasureReason reason{"RET-9 by hand",
                                request.entry("organisation.deleted", "organisation", request.organisation.text())};
  if (auto done = request.parts.eraser.erase_organisation(request.organisation, reason); !done) {
    if (done.error().code == Errc::Conflict) return refuse(Problem::OnHold, done.error().text);
    return refuse(done.error());
  }
  if (auto done = request.parts.configuration_changed(); !done) return refuse(done.error());
  return no_content();
}
}  // namespace

void add_organisation_routes(std::vector<Route>& out) {
  out.push_back({.method = "GET",
                 .path = "/v1/organisations",
                 .permission = Permission::OrganisationsRead,
                 .summary = "Organisations that the caller may see",
                 .response = &shapes::kOrganisation,
                 .list = true,
                 .handler = list,
                 .query = {}});
  out.push_back({.method = "POST",
                 .path = "/v1/organisations",
                 .permission = Permission::OrganisationsManage,
                 .summary = "Make an organisation",
                 .request = &kWrite,
                 .response = &shapes::kOrganisation,
                 .status = 201,
                 .handler = create,
                 .query = {}});
  out.push_back({.method = "GET",
                 .path = "/v1/organisations/{organisation}",
                 .permission = Permission::OrganisationsRead,
                 .summary = "One organisation",
                 .response = &shapes::kOrganisation,
                 .handler = show,
                 .query = {}});
  out.push_back({.method = "PATCH",
                 .path = "/v1/organisations/{organisation}",
                 .permission = Permission::OrganisationsWrite,
                 .summary = "Change an organisation",
                 .request = &kWrite,
                 .response = &shapes::kOrganisation,
                 .handler = change,
                 .query = {}});
  out.push_back({.method = "DELETE",
                 .path = "/v1/organisations/{organisation}",
                 .permission = Permission::OrganisationsManage,
                 .summary = "Delete an organisation with everything it has, for good",
                 .status = 204,
                 .handler = remove,
                 .query = {}});
}

}  // namespace parley::api
