#include <api/api.hpp>
#include <api/route.hpp>
#include <pbx/switchboard.hpp>
#include <store/store.hpp>

namespace parley::api {

namespace {
const Schema kSpeech{"SpeechStatus", {truth("available").need(), text("engine").need(), text("reason").need()}};
const Schema kJobs{"JobStatus", {integer("queued").need(), integer("running").need(), integer("dead").need()}};
const Schema kDisk{"DiskStatus", {integer("free_bytes").need()}};
const Schema kRecording{"RecordingStatus", {truth("ok").need()}};
const Schema kStatus{
    "Status",
    {text("version").need(), integer("uptime_s").need(), integer("organisations").need(),
     integer("registrations").need(), integer("live_calls").need(), object("speech", kSpeech).need(),
     object("jobs", kJobs).need(), object("disk", kDisk).need(), object("recording", kRecording).need()}};

Answer status(Request& request) {
  const auto& parts = request.parts;
  const auto jobs = parts.store.jobs.counts();
  if (!jobs) return refuse(jobs.error());
  const auto organisations = parts.store.organisations.list();
  if (!organisations) return refuse(organisations.error());
  const auto free = parts.store.blobs.free_bytes();
  const auto speech = parts.speech();
  // The platform's administrator sees all organisations, everybody else their own.
  const bool all = request.caller.is_platform();
  const OrganisationId own = request.caller.user.organisation;
  const std::size_t registrations =
      all ? parts.switchboard.registration_count() : parts.switchboard.registrations(own).size();
  const std::size_t live = all ? parts.switchboard.live_call_count() : parts.switchboard.live_calls(own).size();
  return ok({{"version", parts.version},
             {"uptime_s", std::chrono::duration_cast<std::chrono::seconds>(request.api.uptime()).count()},
             {"organisations", all ? organisations->size() : 1},
             {"registrations", registrations},
             {"live_calls", live},
             {"speech", {{"available", speech.available}, {"engine", speech.engine}, {"reason", speech.reason}}},
             {"jobs", {{"queued", jobs->queued}, {"running", jobs->running}, {"dead", jobs->dead}}},
             {"disk", {{"free_bytes", free.value_or(0)}}},
             {"recording", {{"ok", parts.recording_ok()}}}});
}

Answer openapi(Request& request) {
  auto response = net::HttpResponse::text(200, request.api.openapi(), "application/json");
  response.set("Cache-Control", "no-cache");
  return response;
}
}  // namespace

void add_status_routes(std::vector<Route>& out) {
  out.push_back({.method = "GET",
                 .path = "/v1/status",
                 .permission = Permission::StatusRead,
                 .summary = "How the server is doing",
                 .response = &kStatus,
                 .handler = status,
                 .query = {}});
  out.push_back({.method = "GET",
                 .path = "/v1/openapi.json",
                 .permission = Permission::Nobody,
                 .summary = "This API as OpenAPI 3.1",
                 .handler = openapi,
                 .query = {}});
}

}  // namespace parley::api
