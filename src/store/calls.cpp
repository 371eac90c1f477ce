#include <algorithm>

#include <store/call_json.hpp>
#include <store/calls.hpp>
#include <store/events.hpp>
#include <store/policies.hpp>
#include <store/recordings.hpp>
#include <store/text.hpp>

namespace parley::store {
namespace {

using vault::ThingKind;

constexpr std::size_t kMaxSearchWords = 8;
constexpr std::string_view kDirections[] = {"", "inbound", "outbound", "internal"};
constexpr std::string_view kDispositions[] = {"", "answered", "no_answer", "busy", "cancelled", "failed", "rejected"};
constexpr std::string_view kSides[] = {"", "caller", "callee", "system"};
constexpr std::string_view kWorkStates[] = {"none", "queued", "running", "ready", "failed"};

template <class Enum, std::size_t N>
std::string_view name_in(const std::string_view (&names)[N], Enum value) noexcept {
  const auto at = static_cast<std::size_t>(value);
  return at < N ? names[at] : std::string_view{};
}

template <class Enum, std::size_t N>
std::optional<Enum> value_in(const std::string_view (&names)[N], std::string_view text) noexcept {
  for (std::size_t at = 1; at < N; ++at) {
    if (names[at] == text) return static_cast<Enum>(at);
  }
  return std::nullopt;
}

std::unexpected<Error> no_call() { return fail(Errc::NotFound, "no such call"); }

constexpr const char* kColumns =
    "c.id, c.organisation, c.direction, c.started_at, c.answered_at, c.ended_at, c.disposition, c.hangup_side, "
    "c.sip_status, c.billed_s,"
    " c.sealed, c.sealed_detail";

Result<CallRecord> record_of(const vault::ThingKey& key, const Row& row, bool whole) {
  CallRecord call;
  call.id = row.id<CallId>(0);
  call.organisation = row.id<OrganisationId>(1);
  call.direction = static_cast<Direction>(row.integer(2));
  call.started = row.time(3);
  call.answered = row.maybe_time(4);
  call.ended = row.maybe_time(5);
  call.disposition = static_cast<Disposition>(row.integer(6));
  call.hangup_side = static_cast<HangupSide>(row.integer(7));
  call.sip_status = static_cast<int>(row.integer(8));
  call.billed_s = row.integer(9);
  const auto summary = key.open_text("call", row.text(10));
  if (!summary) return std::unexpected(summary.error());
  if (auto read = read_summary(call, *summary); !read) return std::unexpected(read.error());
  if (!whole) return call;
  const auto detail = key.open_text("call detail", row.text(11));
  if (!detail) return std::unexpected(detail.error());
  if (auto read = read_detail(call, *detail); !read) return std::unexpected(read.error());
  return call;
}

WorkState work_state(Session& session, const CallRecord& call, const char* table, const char* job) {
  if (session.find(
          std::string("SELECT 1 FROM ") + table + " WHERE organisation = ? AND call_id = ? AND provisional = 0 LIMIT 1",
          {call.organisation, call.id})) {
    return WorkState::Ready;
  }
  const auto row = session.find(
      "SELECT state FROM jobs WHERE organisation = ? AND call_id = ? AND kind = ? ORDER BY created_at DESC LIMIT 1",
      {call.organisation, call.id, job});
  if (!row) {  // no job before the call's end: what there is by then grows while it goes on
    const bool grows = !call.ended && session.find(std::string("SELECT 1 FROM ") + table +
                                                       " WHERE organisation = ? AND call_id = ? LIMIT 1",
                                                   {call.organisation, call.id});
    return grows ? WorkState::Running : WorkState::None;
  }
  switch (static_cast<JobState>(row->integer(0))) {
    case JobState::Queued: return WorkState::Queued;
    case JobState::Running: return WorkState::Running;
    case JobState::Dead: return WorkState::Failed;
    case JobState::Done: break;
  }
  return WorkState::None;
}

}  // namespace

std::string_view to_string(Direction value) noexcept { return name_in(kDirections, value); }
std::string_view to_string(Disposition value) noexcept { return name_in(kDispositions, value); }
std::string_view to_string(HangupSide value) noexcept { return name_in(kSides, value); }
std::string_view to_string(WorkState value) noexcept { return name_in(kWorkStates, value); }
std::optional<Direction> direction_of(std::string_view text) noexcept { return value_in<Direction>(kDirections, text); }
std::optional<Disposition> disposition_of(std::string_view text) noexcept {
  return value_in<Disposition>(kDispositions, text);
}

Result<std::vector<CallId>> CallRepository::close_abandoned(OrganisationId organisation, std::string_view cause) {
  const auto rows = database_.read([&](Session& session) -> Result<std::vector<Row>> {
    return session.query(std::string("SELECT ") + kColumns +
                             " FROM calls c WHERE c.organisation = ? AND c.closed = 0 ORDER BY c.started_at",
                         {organisation});
  });
  if (!rows) return std::unexpected(rows.error());
  std::vector<CallId> out;
  for (const auto& row : *rows) {
    const CallId id = row.id<CallId>(0);
    const auto key = keyring_.open(organisation, ThingKind::Call, id.uuid);
    if (!key) return std::unexpected(key.error());
    auto call = record_of(*key, row, true);
    if (!call) return std::unexpected(call.error());
    call->disposition = Disposition::Failed;
    call->hangup_side = HangupSide::System;
    call->hangup_cause = cause;
    if (auto closed = close(*call, {}); !closed) return std::unexpected(closed.error());
    out.push_back(id);
  }
  return out;
}

Result<CallRecord> CallRepository::find(OrganisationId organisation, CallId id) {
  auto found = summary(organisation, id);
  if (!found) return std::unexpected(found.error());
  return std::move(found->call);
}

Result<CallSummary> CallRepository::unsealed(Session& session, const Row& row, bool whole) {
  const auto organisation = row.id<OrganisationId>(1);
  const auto key = keyring_.open(organisation, ThingKind::Call, row.id<CallId>(0).uuid);
  if (!key) return std::unexpected(key.error());
  auto call = record_of(*key, row, whole);
  if (!call) return std::unexpected(call.error());
  CallSummary out;
  out.call = std::move(*call);
  if (const auto recording =
          session.find("SELECT id, state, length_ms FROM recordings WHERE organisation = ? AND call_id = ?"
                       " ORDER BY started_at DESC, id DESC LIMIT 1",
                       {organisation, out.call.id})) {
    out.recording = {recording->id<RecordingId>(0),
                     std::string(to_string(static_cast<RecordingState>(recording->integer(1)))),
                     static_cast<double>(recording->integer(2)) / 1000.0};
  }
  out.transcript = work_state(session, out.call, "transcripts", "transcribe");
  out.analysis = work_state(session, out.call, "analyses", "analyse");
  if (out.analysis == WorkState::Ready) {
    const auto analysis = session.find(
        "SELECT recording_id, sealed_headline FROM analyses WHERE organisation = ? AND call_id = ?"
        " AND provisional = 0 ORDER BY created_at DESC LIMIT 1",
        {organisation, out.call.id});
    const auto recording_key = keyring_.open(organisation, ThingKind::Recording, analysis->id<RecordingId>(0).uuid);
    if (!recording_key) return std::unexpected(recording_key.error());
    auto headline = recording_key->open_text("headline", analysis->text(1));
    if (!headline) return std::unexpected(headline.error());
    out.headline = std::move(*headline);
  }
  return out;
}

Result<CallSummary> CallRepository::summary(OrganisationId organisation, CallId id) {
  return database_.read([&](Session& session) -> Result<CallSummary> {
    const auto row = session.find(
        std::string("SELECT ") + kColumns + " FROM calls c WHERE c.organisation = ? AND c.id = ?", {organisation, id});
    if (!row) return no_call();
    return unsealed(session, *row, true);
  });
}

Result<Page<CallSummary>> CallRepository::list(OrganisationId organisation, const CallFilter& filter,
                                               std::string_view cursor, std::size_t limit) {
  limit = std::clamp<std::size_t>(limit, 1, kMaxPage);
  std::string sql = std::string("SELECT ") + kColumns + " FROM calls c WHERE c.organisation = ? AND c.closed = 1";
  Session::Values values{organisation};
  const auto condition = [&](const char* text, Value value) {
    sql += text;
    values.push_back(std::move(value));
  };
  if (!cursor.empty()) {
    const auto place = Cursor::parse(cursor);
    if (!place) return fail(Errc::Invalid, "the cursor is not one that a list gave");
    condition(" AND (c.started_at < ?", place->time);
    condition(" OR (c.started_at = ?", place->time);
    condition(" AND c.id < ?))", place->id);
  }
  if (filter.from) condition(" AND c.started_at >= ?", *filter.from);
  if (filter.to) condition(" AND c.started_at < ?", *filter.to);
  if (filter.direction) condition(" AND c.direction = ?", *filter.direction);
  if (filter.disposition) condition(" AND c.disposition = ?", *filter.disposition);
  if (filter.extension) {
    condition(" AND c.id IN (SELECT call_id FROM call_extensions WHERE organisation = ?", organisation);
    condition(" AND extension = ?)", *filter.extension);
  }
  if (filter.has_recording) {
    sql += *filter.has_recording ? " AND EXISTS" : " AND NOT EXISTS";
    condition(" (SELECT 1 FROM recordings r WHERE r.organisation = ? AND r.call_id = c.id)", organisation);
  }
  if (!filter.number.empty()) {
    const auto index = keyring_.blind_index(organisation, "number", number_of(filter.number));
    if (!index) return std::unexpected(index.error());
    condition(" AND c.id IN (SELECT call_id FROM call_numbers WHERE organisation = ?", organisation);
    condition(" AND number_index = ?)", *index);
  }
  if (!filter.text.empty()) {
    auto words = words_of(filter.text);
    // A number is typed with blanks and signs in it: taken as one word when there are no letters.
    if (const auto number = number_of(filter.text);
        filter.text.find_first_not_of("0123456789 +-()./") == std::string::npos)
      words = {number};
    if (words.empty()) return Page<CallSummary>{};
    if (words.size() > kMaxSearchWords) words.resize(kMaxSearchWords);
    const auto indexes = keyring_.blind_indexes(organisation, "word", words);
    if (!indexes) return std::unexpected(indexes.error());
    const auto numbers = keyring_.blind_indexes(organisation, "number", words);  // those stand among no words
    if (!numbers) return std::unexpected(numbers.error());
    for (std::size_t i = 0; i < indexes->size(); ++i) {
      condition(" AND c.id IN (SELECT call_id FROM search_terms WHERE organisation = ?", organisation);
      condition(" AND term_index = ?", (*indexes)[i]);
      condition(" UNION SELECT call_id FROM call_numbers WHERE organisation = ?", organisation);
      condition(" AND number_index = ?)", (*numbers)[i]);
    }
  }
  condition(" ORDER BY c.started_at DESC, c.id DESC LIMIT ?", limit + 1);
  return database_.read([&](Session& session) -> Result<Page<CallSummary>> {
    Page<CallSummary> page;
    const auto rows = session.query(sql, values);
    for (const auto& row : rows) {
      if (page.items.size() == limit) {
        page.next_cursor = Cursor{page.items.back().call.started, page.items.back().call.id.uuid}.text();
        break;
      }
      auto item = unsealed(session, row, false);
      // Its key went between the snapshot and now: the call is being erased.
      if (!item && item.error().code == Errc::NotFound) continue;
      if (!item) return std::unexpected(item.error());
      page.items.push_back(std::move(*item));
    }
    return page;
  });
}

}  // namespace parley::store
