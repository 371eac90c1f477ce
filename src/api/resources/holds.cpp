#include <api/call_access.hpp>
#include <api/route.hpp>
#include <api/shapes.hpp>
#include <store/store.hpp>

namespace parley::api {

namespace {
const Schema kPlace{"HoldPlace", {text("reason").need().between(1, 1000).multiline()}};

json::object to_json(const store::Hold& hold) {
  return {{"id", hold.id.text()},
          {"call", hold.call.text()},
          {"reason", hold.reason},
          {"created_at", to_rfc3339(hold.created)},
          {"created_by", hold.created_by}};
}

Answer place(Request& request) {
  const auto call = request.id<CallId>("call");
  const auto hold = request.parts.store.holds.place(request.organisation, call, *request.text("reason"),
                                                    request.entry("hold.placed", "call", call.text()));
  if (!hold) return refuse(hold.error());
  return ok(to_json(*hold), 201);
}

Answer list(Request& request) {
  const auto all = request.parts.store.holds.list(request.organisation);
  if (!all) return refuse(all.error());
  json::array items;
  for (const auto& hold : *all) items.push_back(to_json(hold));
  return ok(page(std::move(items)));
}

Answer release(Request& request) {
  const auto hold = request.id<HoldId>("hold");
  if (auto done = request.parts.store.holds.release(request.organisation, hold,
                                                    request.entry("hold.released", "hold", hold.text()));
      !done) {
    return refuse(done.error());
  }
  return no_content();
}
}  // namespace

void add_hold_routes(std::vector<Route>& out) {
  out.push_back({.method = "POST",
                 .path = "/v1/organisations/{organisation}/calls/{call}/holds",
                 .permission = Permission::HoldsWrite,
                 .summary = "Place a legal hold: nothing of the call is deleted while it is in force (RET-10)",
                 .request = &kPlace,
                 .response = &shapes::kHold,
                 .status = 201,
                 .handler = place,
                 .query = {}});
  out.push_back({.method = "GET",
                 .path = "/v1/organisations/{organisation}/holds",
                 .permission = Permission::AuditRead,
                 .summary = "Legal holds in force",
                 .response = &shapes::kHold,
                 .list = true,
                 .handler = list,
                 .query = {}});
  out.push_back({.method = "DELETE",
                 .path = "/v1/organisations/{organisation}/holds/{hold}",
                 .permission = Permission::HoldsWrite,
                 .summary = "Release a legal hold; what is due goes then",
                 .status = 204,
                 .handler = release,
                 .query = {}});
}

}  // namespace parley::api
