#include <fmt/format.h>

#include <api/route.hpp>
#include <store/store.hpp>

namespace parley::api {

namespace {
const Schema kAnnouncement{"Announcement",
                           {choice("mode", {"default", "custom"}).need(),
                            text("text").between(0, 1000).multiline().says("spoken to both parties before recording")}};
const Schema kWrite{
    "PolicyWrite",
    {integer("version").says("the version that was read"), integer("recordings_days").need().between(1, 3650),
     truth("transcripts_follow_recordings").says("always true"), integer("cdr_days").null().between(1, 3650),
     object("announcement", kAnnouncement), text("changed_at").null(), text("changed_by").null()}};
const Schema kPolicy{
    "Policy",
    {integer("version").need(), integer("recordings_days").need(), truth("transcripts_follow_recordings").need(),
     integer("cdr_days").need().null(), object("announcement", kAnnouncement).need(), time("changed_at").need().null(),
     text("changed_by").need()}};

json::object to_json(const store::Policy& one) {
  return {{"version", one.version},
          {"recordings_days", one.recordings_days},
          {"transcripts_follow_recordings", true},
          {"cdr_days", one.cdr_days ? json::value(*one.cdr_days) : json::value(nullptr)},
          {"announcement", {{"mode", one.announcement_mode}, {"text", one.announcement_text}}},
          {"changed_at", one.version == 0 ? json::value(nullptr) : json::value(to_rfc3339(one.changed))},
          {"changed_by", one.changed_by}};
}

Answer show(Request& request) {
  const auto one = request.parts.store.policies.current(request.organisation);
  if (!one) return refuse(one.error());
  const auto body = to_json(*one);
  return ok(body).set("ETag", etag_of(body));
}

Answer put(Request& request) {
  auto policy = request.parts.store.policies.current(request.organisation);
  if (!policy) return refuse(policy.error());
  if (auto refusal = check_if_match(request, etag_of(to_json(*policy)))) return std::unexpected(std::move(*refusal));
  const auto version = request.integer("version");
  if (version && *version != policy->version) {
    return refuse(Problem::ChangedMeanwhile,
                  fmt::format("the policy is at version {} now; read it again", policy->version));
  }
  if (!request.truth("transcripts_follow_recordings").value_or(true)) {
    return refuse(Problem::InvalidValue, "transcripts_follow_recordings is always true (RET-3)");
  }
  policy->recordings_days = static_cast<int>(*request.integer("recordings_days"));
  if (request.body.contains("cdr_days")) {
    const auto days = request.integer("cdr_days");
    policy->cdr_days = days ? std::optional(static_cast<int>(*days)) : std::nullopt;
  }
  if (const auto* announcement = request.body.if_contains("announcement")) {
    const auto& fields = announcement->get_object();
    policy->announcement_mode = fields.at("mode").get_string();
    if (const auto* said = fields.if_contains("text")) policy->announcement_text = said->get_string();
    if (policy->announcement_mode == "custom" && policy->announcement_text.empty()) {
      return refuse(Problem::InvalidValue, "announcement.text is missing: a custom notice needs words");
    }
  }
  policy->changed_by = request.caller.kind == Caller::Kind::User ? request.caller.user.id.text() : "local";
  const auto changed = request.parts.store.policies.put(*policy);
  if (!changed) {
    if (changed.error().code == Errc::Conflict) return refuse(Problem::ChangedMeanwhile, changed.error().text);
    return refuse(changed.error());
  }
  json::object details{{"version", changed->version}, {"recordings_days", changed->recordings_days}};
  if (auto done = request.audit("policy.changed", "policy", std::to_string(changed->version), details); !done)
    return refuse(done.error());
  if (auto done = request.parts.configuration_changed(); !done) return refuse(done.error());
  const auto body = to_json(*changed);
  return ok(body).set("ETag", etag_of(body));
}

Answer history(Request& request) {
  const auto all = request.parts.store.policies.history(request.organisation);
  if (!all) return refuse(all.error());
  json::array items;
  for (const auto& one : *all) items.push_back(to_json(one));
  return ok(page(std::move(items)));
}
}  // namespace

void add_policy_routes(std::vector<Route>& out) {
  constexpr std::string_view kPath = "/v1/organisations/{organisation}/policy";
  out.push_back({.method = "GET",
                 .path = kPath,
                 .permission = Permission::PolicyRead,
                 .summary = "What is kept for how long, and the notice",
                 .response = &kPolicy,
                 .handler = show,
                 .query = {}});
  out.push_back({.method = "PUT",
                 .path = kPath,
                 .permission = Permission::PolicyWrite,
                 .summary = "Change the policy (If-Match); all deadlines are counted anew",
                 .request = &kWrite,
                 .response = &kPolicy,
                 .handler = put,
                 .query = {}});
  out.push_back({.method = "GET",
                 .path = "/v1/organisations/{organisation}/policy/history",
                 .permission = Permission::PolicyRead,
                 .summary = "Versions of the policy, newest first",
                 .response = &kPolicy,
                 .list = true,
                 .handler = history,
                 .query = {}});
}

}  // namespace parley::api
