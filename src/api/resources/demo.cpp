#include <api/route.hpp>
#include <store/store.hpp>

namespace parley::api {

namespace {
const Schema kDemo{"DemoCall",
                   {choice("state", {"idle", "running", "done", "failed"}).need(), text("step").need(),
                    integer("progress").need(), id("call_id").need().null(), text("error")}};

json::object to_json(const DemoState& state) {
  return {{"state", state.state},
          {"step", state.step},
          {"progress", state.progress},
          {"call_id", state.call ? json::value(state.call->text()) : json::value(nullptr)},
          {"error", state.error}};
}

Answer start(Request& request) {
  const auto state = request.parts.demo.start(request.organisation);
  if (!state) return refuse(state.error());
  if (auto done = request.audit("demo.started", "organisation", request.organisation.text()); !done)
    return refuse(done.error());
  return ok(to_json(*state), 202);
}

Answer show(Request& request) { return ok(to_json(request.parts.demo.state(request.organisation))); }
}  // namespace

void add_demo_routes(std::vector<Route>& out) {
  constexpr std::string_view kPath = "/v1/organisations/{organisation}/demo-call";
  out.push_back({.method = "POST",
                 .path = kPath,
                 .permission = Permission::DemoRun,
                 .summary = "Two built-in phones hold a recorded call",
                 .response = &kDemo,
                 .status = 202,
                 .handler = start,
                 .query = {}});
  out.push_back({.method = "GET",
                 .path = kPath,
                 .permission = Permission::CallsRead,
                 .summary = "How far the demo call is",
                 .response = &kDemo,
                 .handler = show,
                 .query = {}});
}

}  // namespace parley::api
