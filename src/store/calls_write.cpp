#include <algorithm>
#include <set>
#include <unordered_map>

#include <base/assert.hpp>
#include <store/call_json.hpp>
#include <store/calls.hpp>
#include <store/deadlines.hpp>
#include <store/events.hpp>
#include <store/insert_rows.hpp>
#include <store/json_writer.hpp>
#include <store/policies.hpp>
#include <store/shred.hpp>
#include <store/text.hpp>

// The write side of CallRepository: records as calls begin and end.
namespace parley::store {
namespace {

using vault::ThingKind;

constexpr std::size_t kLookUp = 16;  // ids in one look-up: few texts of statements, few statements

std::vector<std::string> numbers_of(const CallRecord& call) {
  std::set<std::string> out;
  for (const auto* text : {&call.caller.number, &call.callee.number, &call.dialled}) {
    for (auto& form : number_forms(*text)) out.insert(std::move(form));
  }
  return {out.begin(), out.end()};
}

/// Words that are not `numbers` already: a search for words looks for them there as well.
std::vector<std::string> terms_of(const CallRecord& call, const std::vector<std::string>& numbers) {
  std::string text;
  for (const auto* part :
       {&call.caller.name, &call.caller.number, &call.callee.name, &call.callee.number, &call.dialled}) {
    text += *part;
    text += ' ';
  }
  auto out = words_of(text);
  std::erase_if(out, [&](const std::string& word) { return std::ranges::binary_search(numbers, word); });
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

void write(JsonWriter& to, std::string_view name, const Party& party) {
  to.begin(name, '{');
  to.add("number", party.number);
  to.add("name", party.name);
  if (party.extension) to.add("extension", party.extension->text());
  to.end('}');
}

/// What the event call.ended says.
std::string ended_json(const CallRecord& call, std::size_t follow_ups) {
  JsonWriter to;
  to.begin("", '{');
  to.add("direction", to_string(call.direction));
  to.add("disposition", to_string(call.disposition));
  to.add("hangup_side", to_string(call.hangup_side));
  to.add("billed_s", call.billed_s);
  to.add("follow_ups", follow_ups);
  write(to, "caller", call.caller);
  write(to, "callee", call.callee);
  to.end('}');
  return std::move(to).take();
}

/// Calls `use` with a row of `sql` for each id that has one. The statement ends in "IN (" and looks for ids.
template <class Use>
void look_up(Session& session, const std::string& sql, const Session::Values& first, const std::vector<CallId>& ids,
             Use use) {
  std::string text = sql;
  for (std::size_t i = 0; i < kLookUp; ++i) text += i == 0 ? "?" : ", ?";
  text += ")";
  for (std::size_t at = 0; at < ids.size(); at += kLookUp) {
    Session::Values values = first;
    for (std::size_t i = 0; i < kLookUp; ++i) values.emplace_back(ids[std::min(at + i, ids.size() - 1)]);
    for (const auto& row : session.query(text, values)) use(row);
  }
}

/// A call that was erased, or is being erased, does not come back by a late close. Ids sort by time: that nothing
/// between the first and the last of them was erased is the rule, and one look-up for all.
std::set<CallId> erased_among(Session& session, OrganisationId organisation, const std::vector<CallId>& ids) {
  std::set<CallId> out;
  if (ids.empty()) return out;
  const auto [first, last] = std::ranges::minmax(ids);
  for (const char* table : {"erasures", "receipts"}) {
    const auto sql = std::string("SELECT thing FROM ") + table + " WHERE organisation = ? AND kind = 'call' AND thing ";
    if (!session.find(sql + "BETWEEN ? AND ? LIMIT 1", {organisation, first, last})) continue;
    look_up(session, sql + "IN (", {organisation}, ids, [&](const Row& row) { out.insert(row.id<CallId>(0)); });
  }
  return out;
}

}  // namespace

/// Everything that needs a key or costs time is made before the transaction, so that the writer's thread only writes.
struct CallRepository::Prepared {
  const CallRecord* call = nullptr;
  std::string sealed;
  std::string sealed_detail;
  std::vector<std::string> numbers;
  std::vector<std::string> terms;
  std::vector<JobQueue::Prepared> jobs;
  EventLog::Prepared event;
};

Result<CallRepository::Prepared> CallRepository::prepare(const Closing& closing, const vault::ThingKey& key) {
  const CallRecord& call = closing.call;
  Prepared out;
  out.call = &call;
  out.sealed = key.seal_text("call", summary_json(call));
  out.sealed_detail = key.seal_text("call detail", detail_json(call));
  const auto plain_numbers = numbers_of(call);
  auto numbers = keyring_.blind_indexes(call.organisation, "number", plain_numbers);
  if (!numbers) return std::unexpected(numbers.error());
  out.numbers = std::move(*numbers);
  auto terms = keyring_.blind_indexes(call.organisation, "word", terms_of(call, plain_numbers));
  if (!terms) return std::unexpected(terms.error());
  out.terms = std::move(*terms);
  for (auto job : closing.follow_ups) {
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
  event.data = ended_json(call, out.jobs.size());
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

/// What one organisation's closes look up together.
struct CallRepository::Known {
  std::set<CallId> erased;
  std::unordered_map<CallId, bool> open;  // rows that are there already, and whether they are still open
};

Result<void> CallRepository::write(Session& session, OrganisationId organisation,
                                   const std::vector<Prepared>& prepared) {
  std::vector<CallId> ids;
  for (const auto& one : prepared) ids.push_back(one.call->id);
  Known known{erased_among(session, organisation, ids), {}};
  bool foreign = false;
  look_up(session, "SELECT id, organisation, closed FROM calls WHERE id IN (", {}, ids, [&](const Row& row) {
    known.open.emplace(row.id<CallId>(0), !row.truth(2));
    if (row.id<OrganisationId>(1) != organisation) foreign = true;
  });
  if (foreign) return fail(Errc::NotFound, "no such call");

  const Policy policy = PolicyRepository::current(session, organisation);
  Session::Values calls, numbers, terms, extensions;
  std::vector<const Prepared*> written;
  for (const auto& one : prepared) {
    const CallRecord& call = *one.call;
    const auto row = known.open.find(call.id);
    if (known.erased.contains(call.id) || (row != known.open.end() && !row->second)) continue;
    const WallTime ended = call.ended.value_or(session.now());
    if (row != known.open.end()) {
      session.execute(
          "UPDATE calls SET closed = 1, direction = ?, disposition = ?, hangup_side = ?, sip_status = ?, started_at = "
          "?, answered_at = ?,"
          " ended_at = ?, billed_s = ?, sealed = ?, sealed_detail = ? WHERE organisation = ? AND id = ?",
          {call.direction, call.disposition, call.hangup_side, call.sip_status, call.started, call.answered, ended,
           call.billed_s, one.sealed, one.sealed_detail, organisation, call.id});
      keep_recordings(session, call, ended, policy);  // only a call that was created can have any
      row->second = false;
    } else {
      add_row(calls, call.id, organisation, true, call.direction, call.disposition, call.hangup_side, call.sip_status,
              call.started, call.answered, ended, call.billed_s, one.sealed, one.sealed_detail);
      known.open.emplace(call.id, false);
    }
    for (const auto& number : one.numbers) add_row(numbers, organisation, number, call.id);
    for (const auto& term : one.terms) add_row(terms, organisation, term, call.id, "call");
    for (const auto& extension : extensions_of(call)) add_row(extensions, organisation, extension, call.id);
    written.push_back(&one);
  }
  insert_rows(session,
              "INSERT INTO calls (id, organisation, closed, direction, disposition, hangup_side, sip_status, "
              "started_at, answered_at, ended_at, billed_s, sealed, sealed_detail)",
              13, std::move(calls));
  insert_rows(session, "INSERT INTO call_numbers (organisation, number_index, call_id)", 3, std::move(numbers));
  insert_rows(session, "INSERT INTO search_terms (organisation, term_index, call_id, source)", 4, std::move(terms));
  insert_rows(session, "INSERT INTO call_extensions (organisation, extension, call_id)", 3, std::move(extensions));
  std::vector<const EventLog::Prepared*> events;
  std::vector<Deadline> deadlines;
  for (const auto* one : written) {
    const CallRecord& call = *one->call;
    if (policy.cdr_days) {
      const WallTime ended = call.ended.value_or(session.now());
      deadlines.push_back({organisation, DeadlineKind::Call, call.id.uuid, call.id, ended,
                           ended + std::chrono::days(*policy.cdr_days),
                           "cdr_days=" + std::to_string(*policy.cdr_days)});
    }
    for (const auto& job : one->jobs) {
      if (auto inserted = JobQueue::insert(session, job); !inserted) return std::unexpected(inserted.error());
    }
    events.push_back(&one->event);
  }
  DeadlineRepository::put(session, deadlines);
  events_.insert(session, organisation, events);
  return {};
}

void CallRepository::keep_recordings(Session& session, const CallRecord& call, WallTime ended, const Policy& policy) {
  for (const auto& row : session.query("SELECT id FROM recordings WHERE organisation = ? AND call_id = ?",
                                       {call.organisation, call.id})) {
    const Uuid recording = row.id<RecordingId>(0).uuid;
    for (const auto kind : {DeadlineKind::Recording, DeadlineKind::Transcript, DeadlineKind::Analysis}) {
      DeadlineRepository::put(session, {call.organisation, kind, recording, call.id, ended,
                                        ended + std::chrono::days(policy.recordings_days),
                                        "RET-3 recordings_days=" + std::to_string(policy.recordings_days)});
    }
  }
}

Result<void> CallRepository::close_all(OrganisationId organisation, std::span<const Closing* const> closings) {
  std::vector<vault::KeyName> names;
  std::vector<CallId> ids;
  for (const auto* closing : closings) {
    PARLEY_ASSERT(closing->call.organisation == organisation);
    ids.push_back(closing->call.id);
  }
  // The key of an erased call was destroyed: it is not made anew.
  const auto erased = database_.read(
      [&](Session& session) -> Result<std::set<CallId>> { return erased_among(session, organisation, ids); });
  if (!erased) return std::unexpected(erased.error());
  std::vector<const Closing*> left;
  for (const auto* closing : closings) {
    if (erased->contains(closing->call.id)) {
      // One that it got meanwhile, while the database could not be asked, goes again.
      if (keyring_.open(organisation, ThingKind::Call, closing->call.id.uuid))
        shred(keyring_, organisation, ThingKind::Call, closing->call.id.uuid);
      continue;
    }
    left.push_back(closing);
    names.push_back({organisation, ThingKind::Call, closing->call.id.uuid});
  }
  const auto keys = keyring_.open_or_create_all(names);
  if (!keys) return std::unexpected(keys.error());
  std::vector<Prepared> prepared;
  prepared.reserve(left.size());
  for (std::size_t i = 0; i < left.size(); ++i) {
    auto one = prepare(*left[i], (*keys)[i]);
    if (!one) return std::unexpected(one.error());
    prepared.push_back(std::move(*one));
  }
  if (prepared.empty()) return {};
  return database_.transaction(organisation, [&](Session& session) { return write(session, organisation, prepared); });
}

Result<void> CallRepository::close(const CallRecord& call, std::vector<NewJob> follow_ups) {
  const Closing closing{call, std::move(follow_ups)};
  const Closing* const one = &closing;
  return close_all(call.organisation, {&one, 1});
}

}  // namespace parley::store
