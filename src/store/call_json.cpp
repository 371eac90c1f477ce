#include <store/call_json.hpp>
#include <store/json_writer.hpp>

namespace parley::store {
namespace {

void write(JsonWriter& to, std::string_view name, const Party& party) {
  to.begin(name, '{');
  to.maybe("number", party.number);
  to.maybe("name", party.name);
  if (party.extension) to.add("extension", party.extension->text());
  to.end('}');
}

Party party_of(const json::object& object) {
  return {text_at(object, "number"), text_at(object, "name"), maybe_id_at<ExtensionId>(object, "extension")};
}

void write(JsonWriter& to, std::string_view name, WallTime time) { to.add(name, time.time_since_epoch().count()); }
void write(JsonWriter& to, std::string_view name, const std::optional<WallTime>& time) {
  if (time) write(to, name, *time);
}

void write(JsonWriter& to, const CallLegRecord& leg) {
  to.begin("", '{');
  to.add("id", leg.id.text());
  to.maybe("party", leg.party);
  if (leg.extension) to.add("extension", leg.extension->text());
  if (leg.device) to.add("device", leg.device->text());
  to.maybe("remote_ip", leg.remote_ip);
  to.maybe("sip_call_id", leg.sip_call_id);
  write(to, "started", leg.started);
  write(to, "answered", leg.answered);
  write(to, "ended", leg.ended);
  to.maybe("codec", leg.codec);
  to.maybe("end_reason", leg.end_reason);
  to.maybe("packets_in", leg.stats.packets_in);
  to.maybe("packets_out", leg.stats.packets_out);
  to.maybe("lost", leg.stats.lost);
  to.maybe("jitter_ms", leg.stats.jitter_ms);
  to.maybe("mos", leg.stats.mos);
  to.end('}');
}

CallLegRecord leg_of(const json::object& object) {
  CallLegRecord leg;
  leg.id = LegId::parse(text_at(object, "id")).value_or(LegId{});
  leg.party = text_at(object, "party");
  leg.extension = maybe_id_at<ExtensionId>(object, "extension");
  leg.device = maybe_id_at<DeviceId>(object, "device");
  leg.remote_ip = text_at(object, "remote_ip");
  leg.sip_call_id = text_at(object, "sip_call_id");
  leg.started = time_at(object, "started");
  leg.answered = maybe_time_at(object, "answered");
  leg.ended = maybe_time_at(object, "ended");
  leg.codec = text_at(object, "codec");
  leg.end_reason = text_at(object, "end_reason");
  leg.stats.packets_in = static_cast<std::uint64_t>(integer_at(object, "packets_in"));
  leg.stats.packets_out = static_cast<std::uint64_t>(integer_at(object, "packets_out"));
  leg.stats.lost = static_cast<std::uint64_t>(integer_at(object, "lost"));
  leg.stats.jitter_ms = real_at(object, "jitter_ms");
  leg.stats.mos = real_at(object, "mos");
  return leg;
}

void write_summary(JsonWriter& to, std::string_view name, const CallRecord& call) {
  to.begin(name, '{');
  write(to, "caller", call.caller);
  write(to, "callee", call.callee);
  to.maybe("dialled", call.dialled);
  to.maybe("hangup_cause", call.hangup_cause);
  to.end('}');
}

void write_detail(JsonWriter& to, std::string_view name, const CallRecord& call) {
  to.begin(name, '{');
  to.begin("legs", '[');
  for (const auto& leg : call.legs) write(to, leg);
  to.end(']');
  to.begin("path", '[');
  for (const auto& entry : call.path) {
    to.begin("", '{');
    write(to, "at", entry.at);
    to.add("what", entry.what);
    to.end('}');
  }
  to.end(']');
  to.end('}');
}

void summary_from(CallRecord& call, const json::object& object) {
  call.caller = party_of(object_at(object, "caller"));
  call.callee = party_of(object_at(object, "callee"));
  call.dialled = text_at(object, "dialled");
  call.hangup_cause = text_at(object, "hangup_cause");
}

void detail_from(CallRecord& call, const json::object& object) {
  call.legs.clear();
  for (const auto& leg : array_at(object, "legs")) {
    if (leg.is_object()) call.legs.push_back(leg_of(leg.as_object()));
  }
  call.path.clear();
  for (const auto& entry : array_at(object, "path")) {
    if (entry.is_object()) call.path.push_back({time_at(entry.as_object(), "at"), text_at(entry.as_object(), "what")});
  }
}

}  // namespace

std::string summary_json(const CallRecord& call) {
  JsonWriter to;
  write_summary(to, "", call);
  return std::move(to).take();
}
std::string detail_json(const CallRecord& call) {
  JsonWriter to;
  write_detail(to, "", call);
  return std::move(to).take();
}

Result<void> read_summary(CallRecord& call, std::string_view text) {
  const auto object = parse_object(text);
  if (!object) return std::unexpected(object.error());
  summary_from(call, *object);
  return {};
}

Result<void> read_detail(CallRecord& call, std::string_view text) {
  const auto object = parse_object(text);
  if (!object) return std::unexpected(object.error());
  detail_from(call, *object);
  return {};
}

std::string closing_json(const CallRecord& call, const std::vector<NewJob>& jobs) {
  JsonWriter to;
  to.begin("", '{');
  to.add("id", call.id.text());
  to.add("organisation", call.organisation.text());
  to.add("direction", static_cast<int>(call.direction));
  write(to, "started", call.started);
  write(to, "answered", call.answered);
  write(to, "ended", call.ended);
  to.add("disposition", static_cast<int>(call.disposition));
  to.add("hangup_side", static_cast<int>(call.hangup_side));
  to.add("sip_status", call.sip_status);
  to.add("billed_s", call.billed_s);
  write_summary(to, "summary", call);
  write_detail(to, "detail", call);
  to.begin("jobs", '[');
  for (const auto& job : jobs) {
    to.begin("", '{');
    to.add("kind", job.kind);
    if (job.call) to.add("call", job.call->text());
    if (job.recording) to.add("recording", job.recording->text());
    to.add("payload", job.payload);
    to.add("idempotency_key", job.idempotency_key);
    write(to, "run_at", job.run_at);
    to.add("max_attempts", job.max_attempts);
    to.end('}');
  }
  to.end(']');
  to.end('}');
  return std::move(to).take();
}

namespace {
/// Enumerations of a record count from 1 to their last value.
template <typename E>
std::optional<E> value_at(const json::object& object, std::string_view name, E last) {
  const auto number = integer_at(object, name);
  if (number < 1 || number > static_cast<std::int64_t>(last)) return std::nullopt;
  return static_cast<E>(number);
}
}  // namespace

Result<void> read_closing(CallRecord& call, std::vector<NewJob>& jobs, std::string_view text) {
  const auto object = parse_object(text);
  if (!object) return std::unexpected(object.error());
  const auto id = CallId::parse(text_at(*object, "id"));
  const auto organisation = OrganisationId::parse(text_at(*object, "organisation"));
  if (!id || !organisation) return fail(Errc::Corrupt, "a journalled call has no id");
  call.id = *id;
  call.organisation = *organisation;
  const auto direction = value_at(*object, "direction", Direction::Internal);
  const auto disposition = value_at(*object, "disposition", Disposition::Rejected);
  const auto hangup_side = value_at(*object, "hangup_side", HangupSide::System);
  if (!direction || !disposition || !hangup_side)
    return fail(Errc::Corrupt, "a journalled call went or ended in a way that there is not");
  call.direction = *direction;
  call.started = time_at(*object, "started");
  call.answered = maybe_time_at(*object, "answered");
  call.ended = maybe_time_at(*object, "ended");
  call.disposition = *disposition;
  call.hangup_side = *hangup_side;
  call.sip_status = static_cast<int>(integer_at(*object, "sip_status"));
  call.billed_s = integer_at(*object, "billed_s");
  summary_from(call, object_at(*object, "summary"));
  detail_from(call, object_at(*object, "detail"));
  jobs.clear();
  for (const auto& value : array_at(*object, "jobs")) {
    if (!value.is_object()) continue;
    const auto& job = value.as_object();
    jobs.push_back({text_at(job, "kind"), *organisation, maybe_id_at<CallId>(job, "call"),
                    maybe_id_at<RecordingId>(job, "recording"), text_at(job, "payload"),
                    text_at(job, "idempotency_key"), maybe_time_at(job, "run_at"),
                    static_cast<int>(integer_at(job, "max_attempts"))});
  }
  return {};
}

}  // namespace parley::store
