#include <api/route.hpp>
#include <api/route_json.hpp>
#include <pbx/directory.hpp>
#include <pbx/routing.hpp>
#include <store/store.hpp>

namespace parley::api {

namespace {
const Schema kDestination{"RouteDestinationView",
                          {text("kind").need(), text("number"), texts("trunks"), text("reason")}};
const Schema kRoute{"Route",
                    {id("id").need(), text("name").need(), integer("order").need(), text("pattern").need(),
                     texts("callers").need(), integer("strip").need(), text("prepend").need(),
                     object("destination", kDestination).need(), truth("enabled").need()}};
const Schema kRouteTest{
    "RouteTest",
    {text("number").need(), truth("emergency").need().says("refused only by a route that names the very number"),
     texts("path").need().says("the routes that it takes, and what is dialled in its place"),
     choice("result", {"extension", "echo_test", "trunk", "pickup", "refuse"}).need(), text("extension").null(),
     texts("trunks").need().says("trunk: in the order to try them"),
     integer("status").null().says("refuse: of the SIP response"), text("cause").need()}};

const Schema kOrder{
    "RouteOrder",
    {texts("routes")
         .need()
         .between(0, store::RouteRepository::kMaxRoutes)
         .says("ids of all routes, the one that is asked first in front; their order becomes 10, 20, …")}};

json::object to_json(const store::Route& route) {
  json::object out{{"id", route.id.text()}};
  for (auto& member : route_fields(route)) out[member.key()] = std::move(member.value());
  return out;
}

Result<std::set<std::string>> extension_numbers(const Request& request) {
  const auto all = request.parts.store.extensions.list(request.organisation);
  if (!all) return std::unexpected(all.error());
  std::set<std::string> out;
  for (const auto& one : *all) out.insert(one.number);
  return out;
}

std::optional<Refusal> take(const Request& request, store::Route& route) {
  const auto numbers = extension_numbers(request);
  if (!numbers) return refuse(numbers.error()).error();
  const auto trunks = request.parts.store.trunks.list(request.organisation);
  if (!trunks) return refuse(trunks.error()).error();
  std::set<std::string> names;
  for (const auto& one : *trunks) names.insert(one.name);
  std::vector<Fault> faults;
  take_route(request.body, route, *numbers, names, {}, faults);
  if (faults.empty()) return std::nullopt;
  return refusal_of(std::move(faults));
}

Answer list(Request& request) {
  auto all = request.parts.store.routes.list(request.organisation);
  if (!all) return refuse(all.error());
  pbx::sort_as_asked(*all);
  json::array items;
  for (const auto& one : *all) items.push_back(to_json(one));
  return ok(page(std::move(items)));
}

Answer reorder(Request& request) {
  std::vector<RouteId> ids;
  for (const auto& text : request.body.at("routes").get_array()) {
    const auto id = RouteId::parse(std::string_view(text.get_string()));
    if (!id) return refuse(Problem::InvalidValue, "routes must be ids of routes");
    ids.push_back(*id);
  }
  const auto changed = request.parts.store.routes.reorder(request.organisation, ids);
  if (!changed && changed.error().code == Errc::Conflict) {
    return refuse(Problem::Conflict, "routes must name each route of the organisation once: load them again");
  }
  if (!changed) return refuse(changed.error());
  if (*changed > 0) {
    if (auto done = request.audit("routes.reordered", "organisation", request.organisation.text()); !done)
      return refuse(done.error());
    if (auto done = request.parts.configuration_changed(); !done) return refuse(done.error());
  }
  return list(request);
}

Answer create(Request& request) {
  store::Route one;
  one.id = RouteId::make(request.parts.clock, request.parts.store.random);
  one.organisation = request.organisation;
  one.created = request.parts.clock.wall();
  if (auto refusal = take(request, one)) return std::unexpected(std::move(*refusal));
  if (auto done = request.parts.store.routes.create(one); !done) return refuse(done.error());
  if (auto done = request.audit("route.created", "route", one.id.text()); !done) return refuse(done.error());
  if (auto done = request.parts.configuration_changed(); !done) return refuse(done.error());
  const auto body = to_json(one);
  return ok(body, 201).set("Location", request.http.path + "/" + one.id.text()).set("ETag", etag_of(body));
}

Answer show(Request& request) {
  const auto one = request.parts.store.routes.find(request.organisation, request.id<RouteId>("route"));
  if (!one) return refuse(one.error());
  const auto body = to_json(*one);
  return ok(body).set("ETag", etag_of(body));
}

Answer change(Request& request) {
  auto one = request.parts.store.routes.find(request.organisation, request.id<RouteId>("route"));
  if (!one) return refuse(one.error());
  if (auto refusal = check_if_match(request, etag_of(to_json(*one)))) return std::unexpected(std::move(*refusal));
  if (auto refusal = take(request, *one)) return std::unexpected(std::move(*refusal));
  if (auto done = request.parts.store.routes.update(*one); !done) return refuse(done.error());
  json::array fields;
  for (const auto& member : request.body) fields.emplace_back(member.key());
  if (auto done = request.audit("route.changed", "route", one->id.text(), {{"fields", std::move(fields)}}); !done)
    return refuse(done.error());
  if (auto done = request.parts.configuration_changed(); !done) return refuse(done.error());
  const auto body = to_json(*one);
  return ok(body).set("ETag", etag_of(body));
}

Answer remove(Request& request) {
  const auto id = request.id<RouteId>("route");
  if (auto done = request.parts.store.routes.remove(request.organisation, id); !done) return refuse(done.error());
  if (auto done = request.audit("route.deleted", "route", id.text()); !done) return refuse(done.error());
  if (auto done = request.parts.configuration_changed(); !done) return refuse(done.error());
  return no_content();
}

/// The directory as calls have it, of one organisation and without devices.
Result<std::shared_ptr<const pbx::Directory>> directory_of(const Request& request) {
  auto& store = request.parts.store;
  const auto organisation = store.organisations.find(request.organisation);
  if (!organisation) return std::unexpected(organisation.error());
  const auto extensions = store.extensions.list(request.organisation);
  if (!extensions) return std::unexpected(extensions.error());
  auto routes = store.routes.list(request.organisation);
  if (!routes) return std::unexpected(routes.error());
  pbx::DirectorySource source;
  source.organisations.push_back({organisation->id, organisation->name, organisation->sip_domain, {}, {}});
  for (const auto& row : *extensions)
    source.extensions.push_back({row.id, row.organisation, row.number, row.display_name, row.caller_id, false,
                                 row.enabled, std::chrono::seconds(row.ring_timeout_s)});
  source.routes = std::move(*routes);
  auto trunks = store.trunks.list(request.organisation);
  if (!trunks) return std::unexpected(trunks.error());
  source.trunks = std::move(*trunks);
  return pbx::Directory::build(source);
}

Answer test(Request& request) {
  const auto number = request.http.parameter("number").value_or("");
  if (!pbx::is_dialled_number(number) || number.size() > 64)
    return refuse(Problem::InvalidValue, "number must be what can be dialled: up to 64 digits, *, # and +");
  const auto directory = directory_of(request);
  if (!directory) return refuse(directory.error());
  const auto& organisation = *(*directory)->organisation(request.organisation);
  const pbx::DirectoryExtension* caller = nullptr;
  if (const auto from = request.http.parameter("caller")) {
    caller = organisation.extension(*from);
    if (caller == nullptr) return refuse(Problem::InvalidValue, "caller is no extension of this organisation");
  }
  const auto found = pbx::route_number(organisation, caller, std::string(number));
  const bool refused = found.kind == pbx::Route::Kind::Refuse;
  json::array trunk_names;
  if (found.kind == pbx::Route::Kind::Trunk)
    for (const auto* trunk : found.trunks) trunk_names.emplace_back(trunk->settings.name);
  return ok({{"number", number},
             {"emergency", found.emergency},
             {"path", json::array(found.path.begin(), found.path.end())},
             {"result", refused                                    ? "refuse"
                        : found.kind == pbx::Route::Kind::EchoTest ? "echo_test"
                        : found.kind == pbx::Route::Kind::Pickup   ? "pickup"
                        : found.kind == pbx::Route::Kind::Trunk    ? "trunk"
                                                                   : "extension"},
             {"trunks", std::move(trunk_names)},
             {"extension", found.extension == nullptr ? json::value() : json::value(found.extension->number)},
             {"status", refused ? json::value(found.status) : json::value()},
             {"cause", found.cause}});
}
}  // namespace

void add_dial_routes(std::vector<Route>& out) {
  constexpr std::string_view kAll = "/v1/organisations/{organisation}/routes";
  constexpr std::string_view kOne = "/v1/organisations/{organisation}/routes/{route}";
  out.push_back({.method = "GET",
                 .path = kAll,
                 .permission = Permission::RoutesRead,
                 .summary = "Routes: what numbers mean that are no extension, in the order in which they are asked",
                 .response = &kRoute,
                 .list = true,
                 .handler = list,
                 .query = {}});
  out.push_back({.method = "POST",
                 .path = kAll,
                 .permission = Permission::RoutesWrite,
                 .summary = "Make a route",
                 .request = &kRouteWrite,
                 .response = &kRoute,
                 .status = 201,
                 .handler = create,
                 .query = {}});
  out.push_back({.method = "GET",
                 .path = "/v1/organisations/{organisation}/routes/test",
                 .permission = Permission::RoutesRead,
                 .summary = "Which routes a number would take, and where it would end",
                 .response = &kRouteTest,
                 .handler = test,
                 .query = {{"number", "as dialled"}, {"caller", "the extension that dials; none: anybody"}}});
  out.push_back({.method = "PUT",
                 .path = "/v1/organisations/{organisation}/routes/order",
                 .permission = Permission::RoutesWrite,
                 .summary = "Ask the routes in this order",
                 .request = &kOrder,
                 .response = &kRoute,
                 .list = true,
                 .handler = reorder,
                 .query = {}});
  out.push_back({.method = "GET",
                 .path = kOne,
                 .permission = Permission::RoutesRead,
                 .summary = "One route",
                 .response = &kRoute,
                 .handler = show,
                 .query = {}});
  out.push_back({.method = "PATCH",
                 .path = kOne,
                 .permission = Permission::RoutesWrite,
                 .summary = "Change a route (If-Match)",
                 .request = &kRouteWrite,
                 .response = &kRoute,
                 .handler = change,
                 .query = {}});
  out.push_back({.method = "DELETE",
                 .path = kOne,
                 .permission = Permission::RoutesWrite,
                 .summary = "Delete a route",
                 .status = 204,
                 .handler = remove,
                 .query = {}});
}

}  // namespace parley::api
