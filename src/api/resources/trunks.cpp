#include <api/route.hpp>
#include <api/trunk_json.hpp>
#include <pbx/switchboard.hpp>
#include <store/store.hpp>

namespace parley::api {

namespace {
const Schema kInbound{"TrunkNumberView", {text("pattern").need(), text("extension").need()}};
const Schema kServer{"TrunkServer",
                     {text("server").need().says("transport, address and port"),
                      truth("answers").null().says("the last OPTIONS; null: not known"), time("asked_at").null()}};
const Schema kState{"TrunkState",
                    {choice("condition", {"off", "connecting", "up", "down", "refused"})
                         .need()
                         .says("down: tried again by itself; refused: not before somebody changes it or orders it"),
                     text("reason").need().says("why not up"), time("since").null(), time("registered_at").null(),
                     time("registered_until").null(), list_of("servers", kServer).need(),
                     text("server").need().says("transport, address and port"), integer("calls").need()}};
const Schema kTrunk{"Trunk",
                    {id("id").need(),
                     text("name").need(),
                     truth("enabled").need(),
                     text("kind").need(),
                     text("host").need(),
                     integer("port").need(),
                     text("transport").need(),
                     text("username").need(),
                     text("realm").need(),
                     integer("expires_s").need(),
                     texts("addresses").need(),
                     integer("probe_s").need(),
                     integer("channels").need(),
                     text("caller_id").need(),
                     truth("caller_in_from").need(),
                     truth("asserted_identity").need(),
                     text("diversions").need(),
                     text("numbers").need(),
                     text("country_code").need(),
                     text("national_prefix").need(),
                     text("international_prefix").need(),
                     list_of("inbound", kInbound).need(),
                     truth("password_set").need().says("the password itself never leaves the server"),
                     object("state", kState).need()}};

json::object state_of(const Request& request, const store::Trunk& trunk) {
  const auto status = request.parts.switchboard.trunk_status(trunk.id).value_or(pbx::TrunkStatus{});
  const auto stamp = [](const std::optional<WallTime>& at) {
    return at ? json::value(to_rfc3339(*at)) : json::value();
  };
  json::array servers;
  for (const auto& [server, answers, asked_at] : status.servers)
    servers.push_back(json::object{{"server", server},
                                   {"answers", answers ? json::value(*answers) : json::value()},
                                   {"asked_at", stamp(asked_at)}});
  return {{"condition", pbx::to_string(trunk.enabled ? status.condition : pbx::TrunkCondition::Off)},
          {"reason", status.reason},
          {"since", stamp(status.since)},
          {"registered_at", stamp(status.registered_at)},
          {"registered_until", stamp(status.registered_until)},
          {"servers", std::move(servers)},
          {"server", status.server},
          {"calls", status.calls}};
}

/// What changes only by order; the state changes by itself and is no part of the ETag.
json::object lasting(const store::Trunk& trunk) {
  json::object out{{"id", trunk.id.text()}};
  for (auto& member : trunk_fields(trunk)) out[member.key()] = std::move(member.value());
  out["password_set"] = !trunk.password.empty();
  return out;
}

json::object to_json(const Request& request, const store::Trunk& trunk) {
  auto out = lasting(trunk);
  out["state"] = state_of(request, trunk);
  return out;
}

std::optional<Refusal> take(const Request& request, store::Trunk& trunk) {
  const auto all = request.parts.store.extensions.list(request.organisation);
  if (!all) return refuse(all.error()).error();
  std::set<std::string> numbers;
  for (const auto& one : *all) numbers.insert(one.number);
  std::vector<Fault> faults;
  take_trunk(request.body, trunk, numbers, {}, faults);
  if (faults.empty()) return std::nullopt;
  return refusal_of(std::move(faults));
}

Answer list(Request& request) {
  const auto all = request.parts.store.trunks.list(request.organisation);
  if (!all) return refuse(all.error());
  json::array items;
  for (const auto& one : *all) items.push_back(to_json(request, one));
  return ok(page(std::move(items)));
}

Answer create(Request& request) {
  store::Trunk one;
  one.id = TrunkId::make(request.parts.clock, request.parts.store.random);
  one.organisation = request.organisation;
  one.created = request.parts.clock.wall();
  if (auto refusal = take(request, one)) return std::unexpected(std::move(*refusal));
  if (auto done = request.parts.store.trunks.create(one); !done) return refuse(done.error());
  if (auto done = request.audit("trunk.created", "trunk", one.id.text()); !done) return refuse(done.error());
  if (auto done = request.parts.configuration_changed(); !done) return refuse(done.error());
  return ok(to_json(request, one), 201)
      .set("Location", request.http.path + "/" + one.id.text())
      .set("ETag", etag_of(lasting(one)));
}

Answer show(Request& request) {
  const auto one = request.parts.store.trunks.find(request.organisation, request.id<TrunkId>("trunk"));
  if (!one) return refuse(one.error());
  return ok(to_json(request, *one)).set("ETag", etag_of(lasting(*one)));
}

Answer change(Request& request) {
  auto one = request.parts.store.trunks.find(request.organisation, request.id<TrunkId>("trunk"));
  if (!one) return refuse(one.error());
  if (auto refusal = check_if_match(request, etag_of(lasting(*one)))) return std::unexpected(std::move(*refusal));
  if (auto refusal = take(request, *one)) return std::unexpected(std::move(*refusal));
  if (auto done = request.parts.store.trunks.update(*one); !done) return refuse(done.error());
  json::array fields;
  for (const auto& member : request.body) fields.emplace_back(member.key());
  if (auto done = request.audit("trunk.changed", "trunk", one->id.text(), {{"fields", std::move(fields)}}); !done)
    return refuse(done.error());
  if (auto done = request.parts.configuration_changed(); !done) return refuse(done.error());
  return ok(to_json(request, *one)).set("ETag", etag_of(lasting(*one)));
}

Answer remove(Request& request) {
  const auto id = request.id<TrunkId>("trunk");
  if (auto done = request.parts.store.trunks.remove(request.organisation, id); !done) return refuse(done.error());
  if (auto done = request.audit("trunk.deleted", "trunk", id.text()); !done) return refuse(done.error());
  if (auto done = request.parts.configuration_changed(); !done) return refuse(done.error());
  return no_content();
}

Answer retry(Request& request) {
  const auto one = request.parts.store.trunks.find(request.organisation, request.id<TrunkId>("trunk"));
  if (!one) return refuse(one.error());
  if (!one->enabled) return refuse(Problem::Conflict, "the trunk is switched off");
  request.parts.switchboard.retry_trunk(one->id);
  return ok(to_json(request, *one), 202);
}
}  // namespace

void add_trunk_routes(std::vector<Route>& out) {
  constexpr std::string_view kAll = "/v1/organisations/{organisation}/trunks";
  constexpr std::string_view kOne = "/v1/organisations/{organisation}/trunks/{trunk}";
  out.push_back({.method = "GET",
                 .path = kAll,
                 .permission = Permission::TrunksRead,
                 .summary = "Trunks: carriers, and whether they can take calls now",
                 .response = &kTrunk,
                 .list = true,
                 .handler = list,
                 .query = {}});
  out.push_back({.method = "POST",
                 .path = kAll,
                 .permission = Permission::TrunksWrite,
                 .summary = "Make a trunk",
                 .request = &kTrunkWrite,
                 .response = &kTrunk,
                 .status = 201,
                 .handler = create,
                 .query = {}});
  out.push_back({.method = "GET",
                 .path = kOne,
                 .permission = Permission::TrunksRead,
                 .summary = "One trunk",
                 .response = &kTrunk,
                 .handler = show,
                 .query = {}});
  out.push_back({.method = "PATCH",
                 .path = kOne,
                 .permission = Permission::TrunksWrite,
                 .summary = "Change a trunk (If-Match)",
                 .request = &kTrunkWrite,
                 .response = &kTrunk,
                 .handler = change,
                 .query = {}});
  out.push_back({.method = "DELETE",
                 .path = kOne,
                 .permission = Permission::TrunksWrite,
                 .summary = "Delete a trunk; its registration is taken back",
                 .status = 204,
                 .handler = remove,
                 .query = {}});
  out.push_back({.method = "POST",
                 .path = "/v1/organisations/{organisation}/trunks/{trunk}/retry",
                 .permission = Permission::TrunksWrite,
                 .summary = "Register and probe now, also what the carrier refused before",
                 .response = &kTrunk,
                 .status = 202,
                 .handler = retry,
                 .query = {}});
}

}  // namespace parley::api
