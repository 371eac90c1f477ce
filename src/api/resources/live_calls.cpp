#include <api/extension_json.hpp>
#include <api/route.hpp>
#include <pbx/switchboard.hpp>
#include <store/store.hpp>

namespace parley::api {

namespace {
const Schema kLiveParty{"LiveParty", {text("number").need(), text("name").need()}};
const Schema kLiveCall{
    "LiveCall",
    {id("id").need(), time("started_at").need(), time("answered_at").need().null(),
     choice("state", {"ringing", "answered", "held"}).need(), object("caller", kLiveParty).need(),
     object("callee", kLiveParty).need(), choice("recording", {"off", "notice", "on", "paused", "failed"}).need()}};
const Schema kRecordingOrder{"RecordingOrder", {choice("action", {"start", "pause", "resume", "stop"}).need()}};

/// Users see and steer the calls of their own extensions only.
std::expected<bool, Refusal> is_theirs(const Request& request, const pbx::LiveCall& call) {
  if (request.caller.role != store::Role::User) return true;
  const auto own = extensions_of(request.parts, request.caller.user);
  if (!own) return refuse(own.error());
  return (call.caller.extension && own->contains(*call.caller.extension)) ||
         (call.callee.extension && own->contains(*call.callee.extension));
}

json::object to_json(const pbx::LiveCall& call) {
  return {{"id", call.id.text()},
          {"started_at", to_rfc3339(call.started)},
          {"answered_at", time_or_null(call.answered)},
          {"state", pbx::to_string(call.state)},
          {"caller", {{"number", call.caller.number}, {"name", call.caller.name}}},
          {"callee", {{"number", call.callee.number}, {"name", call.callee.name}}},
          {"recording", pbx::to_string(call.recording)}};
}

Answer list(Request& request) {
  json::array items;
  for (const auto& call : request.parts.switchboard.live_calls(request.organisation)) {
    const auto theirs = is_theirs(request, call);
    if (!theirs) return std::unexpected(theirs.error());
    if (*theirs) items.push_back(to_json(call));
  }
  return ok(page(std::move(items)));
}

Answer hangup(Request& request) {
  const auto call = request.id<CallId>("call");
  if (auto done = request.parts.switchboard.hangup(request.organisation, call); !done) return refuse(done.error());
  if (auto done = request.audit("call.hung_up", "call", call.text()); !done) return refuse(done.error());
  return no_content();
}

Answer recording(Request& request) {
  const auto id = request.id<CallId>("call");
  const auto call = request.parts.switchboard.live_call(request.organisation, id);
  if (!call) return refuse(Problem::NotFound, "no such call is running");
  const auto theirs = is_theirs(request, *call);
  if (!theirs) return std::unexpected(theirs.error());
  if (!*theirs) return refuse(Problem::NotFound, "no such call is running");
  const auto action = *request.text("action");
  if (auto done = request.parts.switchboard.recording(request.organisation, id, *pbx::recording_action(action)); !done)
    return refuse(done.error());
  if (auto done = request.audit("recording." + action, "call", id.text()); !done) return refuse(done.error());
  return no_content();
}
}  // namespace

void add_live_call_routes(std::vector<Route>& out) {
  out.push_back({.method = "GET",
                 .path = "/v1/organisations/{organisation}/live-calls",
                 .permission = Permission::CallsRead,
                 .summary = "Calls that are running",
                 .response = &kLiveCall,
                 .list = true,
                 .handler = list,
                 .query = {}});
  out.push_back({.method = "POST",
                 .path = "/v1/organisations/{organisation}/live-calls/{call}/hangup",
                 .permission = Permission::CallsControl,
                 .summary = "End a running call",
                 .status = 204,
                 .handler = hangup,
                 .query = {}});
  out.push_back({.method = "POST",
                 .path = "/v1/organisations/{organisation}/live-calls/{call}/recording",
                 .permission = Permission::RecordingsControl,
                 .summary = "Start, pause, resume or stop the recording of a running call",
                 .request = &kRecordingOrder,
                 .status = 204,
                 .handler = recording,
                 .query = {}});
}

}  // namespace parley::api
