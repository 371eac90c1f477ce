#include <algorithm>

#include <fmt/format.h>

#include <api/call_access.hpp>
#include <api/extension_json.hpp>
#include <api/route.hpp>
#include <api/shapes.hpp>
#include <pbx/switchboard.hpp>
#include <privacy/eraser.hpp>
#include <store/store.hpp>

namespace parley::api {

namespace {
const Schema kStats{"LegStats",
                    {integer("packets_in"), integer("packets_out"), integer("lost"), number("jitter_ms"),
                     number("mos").says("of what came from the party (E-model); 0: not measured"),
                     integer("lost_out").says("of what went to it, as it reports"), number("jitter_out_ms"),
                     number("round_trip_ms").says("0: not measured"), truth("encrypted").says("SRTP")}};
const Schema kLeg{
    "CallLeg",
    {id("id").need(), text("party").need(), id("extension").null(), id("device").null(), text("remote_ip").need(),
     text("sip_call_id").need(), time("started_at").need(), time("answered_at").null(), time("ended_at").null(),
     text("codec").need(), text("end_reason").need(), object("stats", kStats).null()}};
const Schema kStep{"PathStep", {time("at").need(), text("what").need()}};
const Schema kDeadline{"Deadline", {text("kind").need(), time("due_at").need(), text("rule").need()}};
const Schema kJob{"CallJob",
                  {text("kind").need(), text("state").need(), integer("progress").need(), integer("attempts").need(),
                   text("error").null()}};

const Schema& detail() {
  static const Schema all = [] {
    Schema out{"CallDetail", shapes::kCallSummary.fields};
    out.fields.push_back(choice("state", {"ringing", "answered", "held", "ended"}).need());
    out.fields.push_back(integer("sip_status").null());
    out.fields.push_back(text("dialled"));
    out.fields.push_back(list_of("legs", kLeg).need());
    out.fields.push_back(list_of("path", kStep).need());
    out.fields.push_back(list_of("deadlines", kDeadline).need());
    out.fields.push_back(list_of("holds", shapes::kHold).need());
    out.fields.push_back(list_of("jobs", kJob).need());
    return out;
  }();
  return all;
}

template <class T>
json::value id_or_null(const std::optional<T>& value) {
  return value ? json::value(value->text()) : json::value(nullptr);
}

json::object party(const store::Party& one) {
  return {{"number", one.number}, {"name", one.name}, {"extension", id_or_null(one.extension)}};
}

double seconds_between(const WallTime& from, const std::optional<WallTime>& to) {
  return to ? std::max(0.0, std::chrono::duration<double>(*to - from).count()) : 0;
}

json::object summary_json(const store::CallSummary& one) {
  const auto& call = one.call;
  json::value recording;
  if (one.recording) recording = json::object{{"state", one.recording->state}, {"seconds", one.recording->seconds}};
  return {{"id", call.id.text()},
          {"direction", store::to_string(call.direction)},
          {"started_at", to_rfc3339(call.started)},
          {"answered_at", time_or_null(call.answered)},
          {"ended_at", time_or_null(call.ended)},
          {"duration_s", seconds_between(call.started, call.ended)},
          {"billed_s", call.billed_s},
          {"disposition", store::to_string(call.disposition)},
          {"hangup_side", call.ended ? json::value(store::to_string(call.hangup_side)) : json::value(nullptr)},
          {"hangup_cause", call.hangup_cause},
          {"caller", party(call.caller)},
          {"callee", party(call.callee)},
          {"recording", std::move(recording)},
          {"transcript", store::to_string(one.transcript)},
          {"analysis", store::to_string(one.analysis)},
          {"headline", one.headline ? json::value(*one.headline) : json::value(nullptr)}};
}

json::object leg_json(const store::CallLegRecord& leg) {
  return {{"id", leg.id.text()},
          {"party", leg.party},
          {"extension", id_or_null(leg.extension)},
          {"device", id_or_null(leg.device)},
          {"remote_ip", leg.remote_ip},
          {"sip_call_id", leg.sip_call_id},
          {"started_at", to_rfc3339(leg.started)},
          {"answered_at", time_or_null(leg.answered)},
          {"ended_at", time_or_null(leg.ended)},
          {"codec", leg.codec},
          {"end_reason", leg.end_reason},
          {"stats",
           {{"packets_in", leg.stats.packets_in},
            {"packets_out", leg.stats.packets_out},
            {"lost", leg.stats.lost},
            {"jitter_ms", leg.stats.jitter_ms},
            {"mos", leg.stats.mos},
            {"lost_out", leg.stats.lost_out},
            {"jitter_out_ms", leg.stats.jitter_out_ms},
            {"round_trip_ms", leg.stats.round_trip_ms},
            {"encrypted", leg.stats.encrypted}}}};
}

std::expected<store::CallFilter, Refusal> filter_of(const Request& request) {
  store::CallFilter filter;
  const auto wrong = [](std::string_view name, std::string_view what) {
    return refuse(Problem::InvalidValue, fmt::format("{} {}", name, what));
  };
  for (const auto& [name, value] : request.http.query) {
    if (name == "limit" || name == "cursor" || value.empty()) continue;
    if (value.size() > 200) return wrong(name, "is too long");
    if (name == "q") {
      filter.text = value;
    } else if (name == "number") {
      filter.number = value;
    } else if (name == "from" || name == "to") {
      const auto at = from_rfc3339(value);
      if (!at) return wrong(name, "must be a time (RFC 3339)");
      (name == "from" ? filter.from : filter.to) = at;
    } else if (name == "direction") {
      filter.direction = store::direction_of(value);
      if (!filter.direction) return wrong(name, "must be inbound, outbound or internal");
    } else if (name == "disposition") {
      filter.disposition = store::disposition_of(value);
      if (!filter.disposition) return wrong(name, "must be answered, no_answer, busy, cancelled, failed or rejected");
    } else if (name == "extension") {
      filter.extension = ExtensionId::parse(value);
      if (!filter.extension) {  // or its number
        const auto found = request.parts.store.extensions.find_by_number(request.organisation, value);
        if (!found && found.error().code != Errc::NotFound) return refuse(found.error());
        filter.extension = found ? found->id : ExtensionId{};
      }
    } else if (name == "has_recording") {
      if (value != "true" && value != "false") return wrong(name, "must be true or false");
      filter.has_recording = value == "true";
    } else {
      return refuse(Problem::UnknownField, fmt::format("there is no filter {}", name.substr(0, 100)));
    }
  }
  return filter;
}

/// A user's list: the newest of the calls of each of their extensions.
Result<store::Page<store::CallSummary>> list_own(const Request& request, const std::set<ExtensionId>& own,
                                                 store::CallFilter filter, std::size_t limit) {
  store::Page<store::CallSummary> out;
  bool more = false;
  for (const auto& extension : own) {
    if (filter.extension && *filter.extension != extension) continue;
    store::CallFilter one = filter;
    one.extension = extension;
    auto part = request.parts.store.calls.list(request.organisation, one, cursor_of(request), limit);
    if (!part) return part;
    more = more || part->next_cursor;
    for (auto& call : part->items) {
      const bool known =
          std::ranges::any_of(out.items, [&](const auto& other) { return other.call.id == call.call.id; });
      if (!known) out.items.push_back(std::move(call));
    }
  }
  std::ranges::sort(out.items, std::greater{},
                    [](const auto& one) { return std::pair(one.call.started, one.call.id); });
  if (out.items.size() > limit) {
    out.items.resize(limit);
    more = true;
  }
  if (more && !out.items.empty())
    out.next_cursor = store::Cursor{out.items.back().call.started, out.items.back().call.id.uuid}.text();
  return out;
}

Answer list(Request& request) {
  const auto limit = limit_of(request);
  if (!limit) return std::unexpected(limit.error());
  auto filter = filter_of(request);
  if (!filter) return std::unexpected(filter.error());
  Result<store::Page<store::CallSummary>> found;
  if (request.caller.role == store::Role::User) {
    const auto own = extensions_of(request.parts, request.caller.user);
    if (!own) return refuse(own.error());
    found = list_own(request, *own, std::move(*filter), *limit);
  } else {
    found = request.parts.store.calls.list(request.organisation, *filter, cursor_of(request), *limit);
  }
  if (!found) return refuse(found.error());
  if (auto done =
          request.audit("calls.listed", "organisation", request.organisation.text(), {{"calls", found->items.size()}});
      !done) {
    return refuse(done.error());
  }
  json::array items;
  for (const auto& one : found->items) items.push_back(summary_json(one));
  return ok(page(std::move(items), found->next_cursor));
}

store::Direction direction_of(const pbx::LiveCall& call) {
  if (call.caller.extension && call.callee.extension) return store::Direction::Internal;
  return call.caller.extension ? store::Direction::Outbound : store::Direction::Inbound;
}

/// A call that runs and is not recorded has no row before its end: what its reactor knows of it, in the same form.
std::optional<json::object> live_detail(const Request& request, const pbx::LiveCall& call) {
  if (request.caller.role == store::Role::User) {
    const auto own = extensions_of(request.parts, request.caller.user);
    if (!own || !((call.caller.extension && own->contains(*call.caller.extension)) ||
                  (call.callee.extension && own->contains(*call.callee.extension))))
      return std::nullopt;
  }
  store::CallSummary known;
  known.call.id = call.id;
  known.call.direction = direction_of(call);
  known.call.started = call.started;
  known.call.answered = call.answered;
  known.call.disposition = call.answered ? store::Disposition::Answered : store::Disposition::NoAnswer;
  known.call.caller = {call.caller.number, call.caller.name, call.caller.extension};
  known.call.callee = {call.callee.number, call.callee.name, call.callee.extension};
  auto out = summary_json(known);
  out["state"] = pbx::to_string(call.state);
  out["sip_status"] = nullptr;
  out["dialled"] = "";
  for (const auto* list : {"legs", "path", "deadlines", "holds", "jobs"}) out[list] = json::array{};
  return out;
}

/// What the page says of a call that has a row: how it stands now while it runs.
std::string_view state_of(const Request& request, const store::CallSummary& one) {
  if (one.call.ended) return "ended";
  const auto live = request.parts.switchboard.live_call(request.organisation, one.call.id);
  return live ? pbx::to_string(live->state) : "answered";
}

Answer show(Request& request) {
  auto& store = request.parts.store;
  auto one = visible_call(request);
  if (!one && one.error().problem == Problem::NotFound) {
    const auto id = request.id<CallId>("call");
    if (const auto live = request.parts.switchboard.live_call(request.organisation, id)) {
      auto detail = live_detail(request, *live);
      if (!detail) return std::unexpected(one.error());
      if (auto done = request.audit("call.read", "call", id.text()); !done) return refuse(done.error());
      return ok(*detail);
    }
    one = visible_call(request);  // it may have ended between the two looks
  }
  if (!one) return std::unexpected(one.error());
  const auto whole = store.calls.find(request.organisation, one->call.id);
  const auto deadlines = store.deadlines.list(request.organisation, one->call.id);
  const auto holds = store.holds.list(request.organisation, one->call.id);
  const auto jobs = store.jobs.list(request.organisation, one->call.id);
  if (!whole) return refuse(whole.error());
  if (!deadlines) return refuse(deadlines.error());
  if (!holds) return refuse(holds.error());
  if (!jobs) return refuse(jobs.error());
  if (auto done = request.audit("call.read", "call", one->call.id.text()); !done) return refuse(done.error());
  auto out = summary_json(*one);
  out["state"] = state_of(request, *one);
  out["sip_status"] = whole->sip_status == 0 ? json::value(nullptr) : json::value(whole->sip_status);
  out["dialled"] = whole->dialled;
  json::array legs, path, due, held, work;
  for (const auto& leg : whole->legs) legs.push_back(leg_json(leg));
  for (const auto& step : whole->path) path.push_back(json::object{{"at", to_rfc3339(step.at)}, {"what", step.what}});
  for (const auto& d : *deadlines) {
    due.push_back(json::object{{"kind", store::to_string(d.kind)}, {"due_at", to_rfc3339(d.due)}, {"rule", d.rule}});
  }
  for (const auto& hold : *holds) {
    held.push_back(json::object{{"id", hold.id.text()},
                                {"call", hold.call.text()},
                                {"reason", hold.reason},
                                {"created_at", to_rfc3339(hold.created)},
                                {"created_by", hold.created_by}});
  }
  for (const auto& job : *jobs) {
    work.push_back(json::object{{"kind", job.kind},
                                {"state", store::to_string(job.state)},
                                {"progress", job.progress},
                                {"attempts", job.attempts},
                                {"error", job.error.empty() ? json::value(nullptr) : json::value(job.error)}});
  }
  out["legs"] = std::move(legs);
  out["path"] = std::move(path);
  out["deadlines"] = std::move(due);
  out["holds"] = std::move(held);
  out["jobs"] = std::move(work);
  return ok(out);
}

Answer erased(Request&, const Result<store::Receipt>& receipt) {
  if (receipt) return ok(receipt_json(*receipt));
  if (receipt.error().code == Errc::Conflict) return refuse(Problem::OnHold, receipt.error().text);
  return refuse(receipt.error());
}

Answer remove(Request& request) {
  const auto call = request.id<CallId>("call");
  if (request.parts.store.calls.find(request.organisation, call)) {
    const auto running = request.parts.store.calls.summary(request.organisation, call);
    if (running && !running->call.ended) return refuse(Problem::Conflict, "the call is running; hang up first");
  }
  return erased(request, request.parts.eraser.erase_call(request.organisation, call,
                                                         {"RET-9 by hand", request.entry("", "", "")}));
}

Answer remove_recording(Request& request) {
  const auto recording = request.parts.store.recordings.find_by_call(request.organisation, request.id<CallId>("call"));
  if (!recording) return refuse(recording.error());
  if (recording->state == store::RecordingState::Recording)
    return refuse(Problem::Conflict, "the recording is running; stop it first");
  return erased(request, request.parts.eraser.erase_recording(request.organisation, recording->id,
                                                              {"RET-9 by hand", request.entry("", "", "")}));
}
}  // namespace

std::expected<store::CallSummary, Refusal> visible_call(const Request& request) {
  auto one = request.parts.store.calls.summary(request.organisation, request.id<CallId>("call"));
  if (!one) return refuse(one.error());
  if (request.caller.role != store::Role::User) return std::move(*one);
  const auto own = extensions_of(request.parts, request.caller.user);
  if (!own) return refuse(own.error());
  const auto& call = one->call;
  const bool theirs = (call.caller.extension && own->contains(*call.caller.extension)) ||
                      (call.callee.extension && own->contains(*call.callee.extension));
  if (!theirs) return refuse(Problem::NotFound, "there is no such call");
  return std::move(*one);
}

void add_call_routes(std::vector<Route>& out) {
  out.push_back({.method = "GET",
                 .path = "/v1/organisations/{organisation}/calls",
                 .permission = Permission::CallsRead,
                 .summary = "Calls, newest first; users see their own",
                 .response = &shapes::kCallSummary,
                 .list = true,
                 .handler = list,
                 .query = {{"q", "words of names, numbers and transcripts"},
                           {"number", "a number, or its last 4, 7 or 10 digits"},
                           {"from", "started at or after"},
                           {"to", "started before"},
                           {"direction", ""},
                           {"disposition", ""},
                           {"extension", "id or number"},
                           {"has_recording", "true or false"},
                           {"cursor", "next_cursor of the page before"},
                           {"limit", "1 to 500"}}});
  out.push_back(
      {.method = "GET",
       .path = "/v1/organisations/{organisation}/calls/{call}",
       .permission = Permission::CallsRead,
       .summary = "One call with legs, path, deadlines, holds and jobs; of a running one what is known so far",
       .response = &detail(),
       .handler = show,
       .query = {}});
  out.push_back({.method = "DELETE",
                 .path = "/v1/organisations/{organisation}/calls/{call}",
                 .permission = Permission::CallsDelete,
                 .summary = "Delete a call for good, with all that hangs on it; a receipt proves it (RET-9, RET-11)",
                 .response = &shapes::kReceipt,
                 .handler = remove,
                 .query = {}});
  out.push_back({.method = "DELETE",
                 .path = "/v1/organisations/{organisation}/calls/{call}/recording",
                 .permission = Permission::CallsDelete,
                 .summary = "Delete audio, transcript and analysis for good; the call's record stays",
                 .response = &shapes::kReceipt,
                 .handler = remove_recording,
                 .query = {}});
}

}  // namespace parley::api
