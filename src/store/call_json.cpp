#include <store/call_json.hpp>

namespace parley::store {
namespace {

json::object json_of(const Party& party) {
  return {{"number", party.number}, {"name", party.name}, {"extension", to_json(party.extension)}};
}

Party party_of(const json::object& object) {
  return {text_at(object, "number"), text_at(object, "name"), maybe_id_at<ExtensionId>(object, "extension")};
}

json::object json_of(const CallLegRecord& leg) {
  return {{"id", leg.id.text()},
          {"party", leg.party},
          {"extension", to_json(leg.extension)},
          {"device", to_json(leg.device)},
          {"remote_ip", leg.remote_ip},
          {"sip_call_id", leg.sip_call_id},
          {"started", to_json(leg.started)},
          {"answered", to_json(leg.answered)},
          {"ended", to_json(leg.ended)},
          {"codec", leg.codec},
          {"end_reason", leg.end_reason},
          {"packets_in", leg.stats.packets_in},
          {"packets_out", leg.stats.packets_out},
          {"lost", leg.stats.lost},
          {"jitter_ms", leg.stats.jitter_ms},
          {"mos", leg.stats.mos},
          {"lost_out", leg.stats.lost_out},
          {"jitter_out_ms", leg.stats.jitter_out_ms},
          {"round_trip_ms", leg.stats.round_trip_ms},
          {"encrypted", leg.stats.encrypted}};
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
  leg.stats.lost_out = static_cast<std::uint64_t>(integer_at(object, "lost_out"));
  leg.stats.jitter_out_ms = real_at(object, "jitter_out_ms");
  leg.stats.round_trip_ms = real_at(object, "round_trip_ms");
  leg.stats.encrypted = truth_at(object, "encrypted");
  return leg;
}

json::object summary_object(const CallRecord& call) {
  return {{"caller", json_of(call.caller)},
          {"callee", json_of(call.callee)},
          {"dialled", call.dialled},
          {"hangup_cause", call.hangup_cause}};
}

json::object detail_object(const CallRecord& call) {
  json::array legs;
  for (const auto& leg : call.legs) legs.emplace_back(json_of(leg));
  json::array path;
  for (const auto& entry : call.path) path.emplace_back(json::object{{"at", to_json(entry.at)}, {"what", entry.what}});
  return {{"legs", std::move(legs)}, {"path", std::move(path)}};
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

std::string summary_json(const CallRecord& call) { return json::serialize(summary_object(call)); }
std::string detail_json(const CallRecord& call) { return json::serialize(detail_object(call)); }

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
  json::array follow_ups;
  for (const auto& job : jobs) {
    follow_ups.emplace_back(json::object{{"kind", job.kind},
                                         {"call", to_json(job.call)},
                                         {"recording", to_json(job.recording)},
                                         {"payload", job.payload},
                                         {"idempotency_key", job.idempotency_key},
                                         {"run_at", to_json(job.run_at)},
                                         {"max_attempts", job.max_attempts}});
  }
  return json::serialize(json::object{{"id", call.id.text()},
                                      {"organisation", call.organisation.text()},
                                      {"direction", static_cast<int>(call.direction)},
                                      {"started", to_json(call.started)},
                                      {"answered", to_json(call.answered)},
                                      {"ended", to_json(call.ended)},
                                      {"disposition", static_cast<int>(call.disposition)},
                                      {"hangup_side", static_cast<int>(call.hangup_side)},
                                      {"sip_status", call.sip_status},
                                      {"billed_s", call.billed_s},
                                      {"summary", summary_object(call)},
                                      {"detail", detail_object(call)},
                                      {"jobs", std::move(follow_ups)}});
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
