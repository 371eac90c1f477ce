#include <algorithm>
#include <set>

#include <store/call_json.hpp>
#include <store/calls.hpp>
#include <store/deadlines.hpp>
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

json::object party_json(const Party& party) {
  json::object out{{"number", party.number}, {"name", party.name}};
  if (party.extension) out["extension"] = party.extension->text();
  return out;
}

std::unexpected<Error> no_call() { return fail(Errc::NotFound, "no such call"); }

/// A call that was erased, or is being erased, does not come back by a late close.
bool erased(Session& session, const CallRecord& call) {
  return session.find("SELECT 1 FROM erasures WHERE organisation = ? AND kind = 'call' AND thing = ?",
                      {call.organisation, call.id}) ||
         session.find("SELECT 1 FROM receipts WHERE organisation = ? AND kind = 'call' AND thing = ?",
                      {call.organisation, call.id});
}

std::vector<std::string> numbers_of(const CallRecord& call) {
  std::set<std::string> out;
  for (const auto* text : {&call.caller.number, &call.callee.number, &call.dialled}) {
    for (auto& form : number_forms(*text)) out.insert(std::move(form));
  }
  return {out.begin(), out.end()};
}

std::vector<std::string> terms_of(const CallRecord& call) {
  std::string text;
  for (const auto* part :
       {&call.caller.name, &call.caller.number, &call.callee.name, &call.callee.number, &call.dialled}) {
    text += *part;
    text += ' ';
  }
  auto out = words_of(text);
  for (auto& number : numbers_of(call)) out.push_back(std::move(number));
  std::ranges::sort(out);
  out.erase(std::ranges::unique(out).begin(), out.end());
  return out;
}

std::set<ExtensionId> extensions_of(const CallRecord& call) {
  std::set<ExtensionId> out;
  if (call.caller.extension) out.insert(*call.caller.extension);
  if (call.callee.extension) out.insert(*call.callee.extension);
  for (const auto& leg : call.legs) {
    if (leg.extension) out.insert(*leg.extension);
  }
  return out;
}

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

/// Everything that needs a key or costs time is made before the transaction, so that the writer's thread only writes.
struct CallRepository::Prepared {
  CallRecord call;
  std::string sealed;
  std::string sealed_detail;
  std::vector<std::string> numbers;
  std::vector<std::string> terms;
  std::vector<JobQueue::Prepared> jobs;
  EventLog::Prepared event;
  bool erased = false;
};

Result<CallRepository::Prepared> CallRepository::prepare(const CallRecord& call, std::vector<NewJob> follow_ups) {
  Prepared out;
  out.call = call;
  auto key = keyring_.open(call.organisation, ThingKind::Call, call.id.uuid);
  if (!key && key.error().code == Errc::NotFound) {
    const auto gone = database_.read([&](Session& session) -> Result<bool> { return erased(session, call); });
    if (!gone) return std::unexpected(gone.error());
    if (*gone) {
      out.erased = true;
      return out;
    }
    key = keyring_.open_or_create(call.organisation, ThingKind::Call, call.id.uuid);
  }
  if (!key) return std::unexpected(key.error());
  out.sealed = key->seal_text("call", summary_json(call));
  out.sealed_detail = key->seal_text("call detail", detail_json(call));
  auto numbers = keyring_.blind_indexes(call.organisation, "number", numbers_of(call));
  if (!numbers) return std::unexpected(numbers.error());
  out.numbers = std::move(*numbers);
  auto terms = keyring_.blind_indexes(call.organisation, "word", terms_of(call));
  if (!terms) return std::unexpected(terms.error());
  out.terms = std::move(*terms);
  for (auto& job : follow_ups) {
    job.organisation = call.organisation;
    if (!job.call) job.call = call.id;
    auto prepared = JobQueue::prepare(keyring_, std::move(job));
    if (!prepared) return std::unexpected(prepared.error());
    out.jobs.push_back(std::move(*prepared));
  }
  Event event;
  event.type = "call.ended";
  event.organisation = call.organisation;
  event.call_id = call.id;
  event.data = json::serialize(json::object{{"direction", to_string(call.direction)},
                                            {"disposition", to_string(call.disposition)},
                                            {"hangup_side", to_string(call.hangup_side)},
                                            {"billed_s", call.billed_s},
                                            {"follow_ups", out.jobs.size()},
                                            {"caller", party_json(call.caller)},
                                            {"callee", party_json(call.callee)}});
  auto sealed_event = events_.prepare(std::move(event));
  if (!sealed_event) return std::unexpected(sealed_event.error());
  out.event = std::move(*sealed_event);
  return out;
}

Result<void> CallRepository::create(const CallRecord& call) {
  const auto key = keyring_.open_or_create(call.organisation, ThingKind::Call, call.id.uuid);
  if (!key) return std::unexpected(key.error());
  const std::string sealed = key->seal_text("call", summary_json(call));
  const std::string sealed_detail = key->seal_text("call detail", detail_json(call));
  return database_.transaction(call.organisation, [&](Session& session) -> Result<void> {
    if (const auto row = session.find("SELECT organisation FROM calls WHERE id = ?", {call.id})) {
      return row->id<OrganisationId>(0) == call.organisation ? Result<void>{}
                                                             : fail(Errc::Conflict, "the call's id is in use");
    }
    session.execute(
        "INSERT INTO calls (id, organisation, closed, direction, disposition, hangup_side, sip_status, started_at, "
        "billed_s, sealed, sealed_detail)"
        " VALUES (?, ?, 0, ?, ?, ?, ?, ?, 0, ?, ?)",
        {call.id, call.organisation, call.direction, call.disposition, call.hangup_side, call.sip_status, call.started,
         sealed, sealed_detail});
    return {};
  });
}

Result<void> CallRepository::write(Session& session, const Prepared& prepared) {
  const CallRecord& call = prepared.call;
  if (erased(session, call)) return {};
  const WallTime ended = call.ended.value_or(session.now());
  if (const auto row = session.find("SELECT organisation, closed FROM calls WHERE id = ?", {call.id})) {
    if (row->id<OrganisationId>(0) != call.organisation) return no_call();
    if (row->truth(1)) return {};
    session.execute(
        "UPDATE calls SET closed = 1, direction = ?, disposition = ?, hangup_side = ?, sip_status = ?, started_at = ?, "
        "answered_at = ?,"
        " ended_at = ?, billed_s = ?, sealed = ?, sealed_detail = ? WHERE organisation = ? AND id = ?",
        {call.direction, call.disposition, call.hangup_side, call.sip_status, call.started, call.answered, ended,
         call.billed_s, prepared.sealed, prepared.sealed_detail, call.organisation, call.id});
  } else {
    session.execute(
        "INSERT INTO calls (id, organisation, closed, direction, disposition, hangup_side, sip_status, started_at, "
        "answered_at, ended_at,"
        " billed_s, sealed, sealed_detail) VALUES (?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        {call.id, call.organisation, call.direction, call.disposition, call.hangup_side, call.sip_status, call.started,
         call.answered, ended, call.billed_s, prepared.sealed, prepared.sealed_detail});
  }
  for (const auto& number : prepared.numbers) {
    session.execute("INSERT INTO call_numbers (organisation, number_index, call_id) VALUES (?, ?, ?)",
                    {call.organisation, number, call.id});
  }
  for (const auto& term : prepared.terms) {
    session.execute("INSERT INTO search_terms (organisation, term_index, call_id, source) VALUES (?, ?, ?, 'call')",
                    {call.organisation, term, call.id});
  }
  for (const auto& extension : extensions_of(call)) {
    session.execute("INSERT INTO call_extensions (organisation, extension, call_id) VALUES (?, ?, ?)",
                    {call.organisation, extension, call.id});
  }
  const Policy policy = PolicyRepository::current(session, call.organisation);
  if (policy.cdr_days) {
    DeadlineRepository::put(
        session, {call.organisation, DeadlineKind::Call, call.id.uuid, call.id, ended,
                  ended + std::chrono::days(*policy.cdr_days), "cdr_days=" + std::to_string(*policy.cdr_days)});
  }
  for (const auto& row : session.query("SELECT id FROM recordings WHERE organisation = ? AND call_id = ?",
                                       {call.organisation, call.id})) {
    const Uuid recording = row.id<RecordingId>(0).uuid;
    for (const auto kind : {DeadlineKind::Recording, DeadlineKind::Transcript, DeadlineKind::Analysis}) {
      DeadlineRepository::put(session, {call.organisation, kind, recording, call.id, ended,
                                        ended + std::chrono::days(policy.recordings_days),
                                        "RET-3 recordings_days=" + std::to_string(policy.recordings_days)});
    }
  }
  for (const auto& job : prepared.jobs) {
    if (auto inserted = JobQueue::insert(session, job); !inserted) return std::unexpected(inserted.error());
  }
  events_.insert(session, prepared.event);
  return {};
}

Result<void> CallRepository::close(const CallRecord& call, std::vector<NewJob> follow_ups) {
  const auto prepared = prepare(call, std::move(follow_ups));
  if (!prepared) return std::unexpected(prepared.error());
  if (prepared->erased) return {};
  return database_.transaction(call.organisation, [&](Session& session) { return write(session, *prepared); });
}

void CallRepository::close_async(const CallRecord& call, std::vector<NewJob> follow_ups,
                                 std::function<void(Result<void>)> done) {
  auto prepared = prepare(call, std::move(follow_ups));
  if (!prepared) return done(std::unexpected(prepared.error()));
  if (prepared->erased) return done({});
  auto shared = std::make_shared<const Prepared>(std::move(*prepared));
  database_.submit(
      call.organisation, [this, shared](Session& session) { return write(session, *shared); }, std::move(done));
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
    for (const auto& index : *indexes) {
      condition(" AND c.id IN (SELECT call_id FROM search_terms WHERE organisation = ?", organisation);
      condition(" AND term_index = ?)", index);
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
