#include <cmath>

#include <store/deadlines.hpp>
#include <store/json.hpp>
#include <store/policies.hpp>
#include <store/recordings.hpp>
#include <store/shred.hpp>

namespace parley::store {
namespace {

using vault::ThingKind;

constexpr const char* kColumns =
    "id, organisation, call_id, state, blob_id, length_ms, channels, started_at, ended_at, notice_played, "
    "notice_ended_at, opted_in, sealed";

std::string sealed_of(const vault::ThingKey& key, const Recording& recording) {
  json::array pauses;
  for (const auto& pause : recording.pauses) pauses.emplace_back(json::object{{"from", pause.from}, {"to", pause.to}});
  return key.seal_text(
      "recording", json::serialize(json::object{{"codec_info", recording.codec_info}, {"pauses", std::move(pauses)}}));
}

std::int64_t milliseconds(double seconds) { return std::llround(seconds * 1000); }

std::unexpected<Error> no_recording() { return fail(Errc::NotFound, "no such recording"); }

}  // namespace

std::string_view to_string(RecordingState value) noexcept {
  switch (value) {
    case RecordingState::Recording: return "recording";
    case RecordingState::Ready: return "ready";
    case RecordingState::Cut: return "cut";
    case RecordingState::Failed: return "failed";
    case RecordingState::Deleted: return "deleted";
  }
  return "failed";
}

Result<vault::ThingKey> RecordingRepository::create(const Recording& recording) {
  auto key = keyring_.create(recording.organisation, ThingKind::Recording, recording.id.uuid);
  if (!key) return std::unexpected(key.error());
  const std::string sealed = sealed_of(*key, recording);
  auto stored = database_.transaction(recording.organisation, [&](Session& session) -> Result<void> {
    if (!session.find("SELECT id FROM calls WHERE organisation = ? AND id = ?",
                      {recording.organisation, recording.call})) {
      return fail(Errc::NotFound, "no such call");
    }
    session.execute(
        "INSERT INTO recordings (id, organisation, call_id, state, blob_id, length_ms, channels, started_at, ended_at, "
        "notice_played,"
        " notice_ended_at, opted_in, sealed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        {recording.id, recording.organisation, recording.call, recording.state, recording.blob,
         milliseconds(recording.seconds), recording.channels, recording.started, recording.ended,
         recording.notice_played, recording.notice_ended, recording.opted_in, sealed});
    const Policy policy = PolicyRepository::current(session, recording.organisation);
    for (const auto kind : {DeadlineKind::Recording, DeadlineKind::Transcript, DeadlineKind::Analysis}) {
      DeadlineRepository::put(session,
                              {recording.organisation, kind, recording.id.uuid, recording.call, recording.started,
                               recording.started + std::chrono::days(policy.recordings_days),
                               "RET-3 recordings_days=" + std::to_string(policy.recordings_days)});
    }
    return {};
  });
  if (!stored) {
    shred(keyring_, recording.organisation, ThingKind::Recording, recording.id.uuid);
    return std::unexpected(stored.error());
  }
  return key;
}

Result<vault::ThingKey> RecordingRepository::key(OrganisationId organisation, RecordingId id) {
  auto key = keyring_.open(organisation, ThingKind::Recording, id.uuid);
  if (!key && key.error().code == Errc::NotFound) return no_recording();
  return key;
}

Result<void> RecordingRepository::update(const Recording& recording) {
  const auto key = this->key(recording.organisation, recording.id);
  if (!key) return std::unexpected(key.error());
  const std::string sealed = sealed_of(*key, recording);
  return database_.transaction(recording.organisation, [&](Session& session) -> Result<void> {
    const auto changed = session.execute(
        "UPDATE recordings SET state = ?, blob_id = ?, length_ms = ?, channels = ?, started_at = ?, ended_at = ?, "
        "notice_played = ?,"
        " notice_ended_at = ?, opted_in = ?, sealed = ? WHERE organisation = ? AND id = ?",
        {recording.state, recording.blob, milliseconds(recording.seconds), recording.channels, recording.started,
         recording.ended, recording.notice_played, recording.notice_ended, recording.opted_in, sealed,
         recording.organisation, recording.id});
    if (changed == 0) return no_recording();
    return {};
  });
}

Result<Recording> RecordingRepository::unsealed(const Row& row) {
  Recording out;
  out.id = row.id<RecordingId>(0);
  out.organisation = row.id<OrganisationId>(1);
  out.call = row.id<CallId>(2);
  out.state = static_cast<RecordingState>(row.integer(3));
  out.blob = row.text(4);
  out.seconds = static_cast<double>(row.integer(5)) / 1000.0;
  out.channels = static_cast<int>(row.integer(6));
  out.started = row.time(7);
  out.ended = row.maybe_time(8);
  out.notice_played = row.truth(9);
  out.notice_ended = row.maybe_time(10);
  out.opted_in = row.maybe_id<ExtensionId>(11);
  const auto key = this->key(out.organisation, out.id);
  if (!key) return std::unexpected(key.error());
  const auto text = key->open_text("recording", row.text(12));
  if (!text) return std::unexpected(text.error());
  const auto object = parse_object(*text);
  if (!object) return std::unexpected(object.error());
  out.codec_info = text_at(*object, "codec_info");
  for (const auto& pause : array_at(*object, "pauses")) {
    if (pause.is_object()) out.pauses.push_back({real_at(pause.as_object(), "from"), real_at(pause.as_object(), "to")});
  }
  return out;
}

Result<Recording> RecordingRepository::find(OrganisationId organisation, RecordingId id) {
  return database_.read([&](Session& session) -> Result<Recording> {
    const auto row = session.find(
        std::string("SELECT ") + kColumns + " FROM recordings WHERE organisation = ? AND id = ?", {organisation, id});
    if (!row) return no_recording();
    return unsealed(*row);
  });
}

Result<std::vector<Recording>> RecordingRepository::list(OrganisationId organisation, CallId call) {
  return database_.read([&](Session& session) -> Result<std::vector<Recording>> {
    std::vector<Recording> out;
    for (const auto& row :
         session.query(std::string("SELECT ") + kColumns +
                           " FROM recordings WHERE organisation = ? AND call_id = ? ORDER BY started_at, id",
                       {organisation, call})) {
      auto recording = unsealed(row);
      if (!recording) return std::unexpected(recording.error());
      out.push_back(std::move(*recording));
    }
    return out;
  });
}

Result<Recording> RecordingRepository::find_by_call(OrganisationId organisation, CallId call) {
  auto all = list(organisation, call);
  if (!all) return std::unexpected(all.error());
  if (all->empty()) return no_recording();
  return std::move(all->back());
}

Result<std::vector<Recording>> RecordingRepository::unfinished(OrganisationId organisation) {
  return database_.read([&](Session& session) -> Result<std::vector<Recording>> {
    std::vector<Recording> out;
    for (const auto& row :
         session.query(std::string("SELECT ") + kColumns +
                           " FROM recordings WHERE organisation = ? AND state = ? ORDER BY started_at, id",
                       {organisation, RecordingState::Recording})) {
      auto recording = unsealed(row);
      if (!recording) return std::unexpected(recording.error());
      out.push_back(std::move(*recording));
    }
    return out;
  });
}

}  // namespace parley::store
