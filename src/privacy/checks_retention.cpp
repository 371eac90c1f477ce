#include <algorithm>
#include <map>
#include <set>
#include <span>

#include <privacy/checks.hpp>
#include <store/json.hpp>

namespace parley::privacy {
namespace {

using store::Session;
using vault::ThingKind;

constexpr auto kGrace = std::chrono::minutes(15);  // between two runs of the deadline queue
constexpr auto kSweep = std::chrono::hours(1);     // what is not in the queue but has an end is removed this often
constexpr auto kLongestErasure = std::chrono::minutes(15);

Result<std::vector<store::Row>> query(const CheckContext& context, std::string_view sql,
                                      const Session::Values& values) {
  return context.store.database.read(
      [&](Session& session) -> Result<std::vector<store::Row>> { return session.query(sql, values); });
}

/// Every table that may speak of a call or recording by its id, but for the log and receipts, which hold no personal
/// data.
constexpr std::pair<const char*, const char*> kCallPlaces[] = {
    {"calls", "id"},           {"call_numbers", "call_id"}, {"call_extensions", "call_id"}, {"search_terms", "call_id"},
    {"recordings", "call_id"}, {"transcripts", "call_id"},  {"analyses", "call_id"},        {"jobs", "call_id"},
    {"events", "call_id"},     {"deadlines", "call_id"},    {"holds", "call_id"},           {"idempotency", "call_id"}};
constexpr std::pair<const char*, const char*> kRecordingPlaces[] = {{"recordings", "id"},
                                                                    {"transcripts", "recording_id"},
                                                                    {"analyses", "recording_id"},
                                                                    {"jobs", "recording_id"},
                                                                    {"deadlines", "thing"}};

Result<std::vector<store::Receipt>> all_receipts(const CheckContext& context) {
  std::vector<store::Receipt> out;
  std::string cursor;
  do {
    auto page = context.store.receipts.list(context.organisation, cursor, store::kMaxPage);
    if (!page) return std::unexpected(page.error());
    out.insert(out.end(), page->items.begin(), page->items.end());
    cursor = page->next_cursor.value_or("");
  } while (!cursor.empty());
  return out;
}

/// Looks for rows, keys and files of what a receipt says is gone.
Result<void> check_gone(const CheckContext& context, FindingBuilder& out, const store::Receipt& receipt) {
  const std::string name = receipt.kind + " " + receipt.thing;
  const bool call = receipt.kind == "call";
  const std::span<const std::pair<const char*, const char*>> places =
      call ? std::span<const std::pair<const char*, const char*>>(kCallPlaces) : kRecordingPlaces;
  const auto left = context.store.database.read([&](Session& session) -> Result<void> {
    for (const auto& [table, column] : places) {
      const auto rows =
          session.count(std::string("SELECT count(*) FROM ") + table + " WHERE organisation = ? AND " + column + " = ?",
                        {context.organisation, receipt.thing});
      if (rows > 0) out.violated(name, std::to_string(rows) + " rows are left in " + table);
    }
    return {};
  });
  if (!left) return left;
  const auto document = store::parse_object(receipt.document);
  if (!document) return {};  // reported by the check of receipts
  std::vector<std::pair<ThingKind, std::string>> keys{{call ? ThingKind::Call : ThingKind::Recording, receipt.thing}};
  for (const auto& id : store::array_at(*document, "recordings"))
    keys.emplace_back(ThingKind::Recording, std::string(id.as_string()));
  for (const auto& [kind, thing] : keys) {
    const auto id = Uuid::parse(thing);
    if (id && context.store.key_file->get({context.organisation, kind, *id}))
      out.violated(name, "its key is still there");
  }
  for (const auto& blob : store::array_at(store::object_at(*document, "deleted"), "blobs")) {
    if (blob.is_string() && context.store.blobs.exists(std::string(blob.as_string())))
      out.violated(name, "its file is still there");
  }
  return {};
}

Result<void> check_unfinished(const CheckContext& context, FindingBuilder& out) {
  const auto rows =
      query(context, "SELECT kind, thing, started_at FROM erasures WHERE organisation = ?", {context.organisation});
  if (!rows) return std::unexpected(rows.error());
  for (const auto& row : *rows) {
    if (row.time(2) + kLongestErasure < context.now) {
      out.violated(row.text(0) + " " + row.text(1), "its erasure began and did not end");
    } else {
      out.excused(row.text(0) + " " + row.text(1), "its erasure is under way");
    }
  }
  return {};
}

/// Keys without a thing: the thing was deleted past the eraser, and old backups of it can still be read.
Result<std::uint64_t> check_leftover_keys(const CheckContext& context, FindingBuilder& out) {
  const auto keys = context.store.key_file->list(context.organisation);
  if (!keys) return std::unexpected(keys.error());
  std::uint64_t looked = 0;
  for (const auto& key : *keys) {
    if (key.kind != ThingKind::Call && key.kind != ThingKind::Recording) continue;
    ++looked;
    const char* const table = key.kind == ThingKind::Call ? "calls" : "recordings";
    const auto there = query(context, std::string("SELECT 1 FROM ") + table + " WHERE organisation = ? AND id = ?",
                             {context.organisation, key.thing});
    if (!there) return std::unexpected(there.error());
    if (!there->empty()) continue;
    // Ids carry their time: one that was just made may not have its row yet.
    std::uint64_t made = 0;
    for (std::size_t i = 0; i < 6; ++i) made = made << 8 | key.thing.bytes[i];
    const WallTime at{std::chrono::milliseconds(static_cast<std::int64_t>(made))};
    const auto age = system_clock().wall() - at;
    if (age >= std::chrono::milliseconds(0) && age < kGrace && !context.inputs.strict_keys) continue;
    out.violated(std::string(to_string(key.kind)) + " " + key.thing.text(), "is gone, but its key is kept");
  }
  return looked;
}

}  // namespace

Result<Finding> check_retention(const CheckContext& context) {
  FindingBuilder out;
  const auto policy = context.store.policies.current(context.organisation);
  if (!policy) return std::unexpected(policy.error());
  const auto held = query(context, "SELECT DISTINCT call_id FROM holds WHERE organisation = ? AND released_at IS NULL",
                          {context.organisation});
  if (!held) return std::unexpected(held.error());
  std::set<std::string> holds;
  for (const auto& row : *held) holds.insert(row.text(0));
  // From the things themselves, not from the queue: what was never queued would never be missed otherwise.
  const auto recordings = query(context,
                                "SELECT r.id, r.call_id, coalesce(c.ended_at, r.started_at), d.due_at, c.closed FROM "
                                "recordings r JOIN calls c ON c.id = r.call_id"
                                " LEFT JOIN deadlines d ON d.organisation = r.organisation AND d.kind = 2 AND d.thing "
                                "= r.id WHERE r.organisation = ?",
                                {context.organisation});
  if (!recordings) return std::unexpected(recordings.error());
  std::uint64_t oldest_days = 0;
  for (const auto& row : *recordings) {
    const std::string name = "recording " + row.text(0);
    const WallTime due = row.time(2) + std::chrono::days(policy->recordings_days);
    if (row.null(3)) out.violated(name, "has no deadline");
    if (!row.null(3) && row.truth(4) && row.time(3) > due + std::chrono::minutes(1))
      out.violated(name, "its deadline is later than the policy says");
    oldest_days = std::max<std::uint64_t>(oldest_days, static_cast<std::uint64_t>(std::max<std::int64_t>(
                                                           (context.now - row.time(2)) / std::chrono::days(1), 0)));
    if (due + kGrace >= context.now) continue;
    if (holds.contains(row.text(1))) {
      out.excused(name, "legal hold on its call (RET-10)");
    } else {
      out.violated(name, "is past its deadline of " + to_rfc3339(due));
    }
  }
  for (const auto* table : {"transcripts", "analyses"}) {
    const auto rows = query(context,
                            std::string("SELECT id FROM ") + table +
                                " t WHERE t.organisation = ? AND NOT EXISTS (SELECT 1 FROM recordings r"
                                " WHERE r.organisation = t.organisation AND r.id = t.recording_id)",
                            {context.organisation});
    if (!rows) return std::unexpected(rows.error());
    for (const auto& row : *rows)
      out.violated(std::string(table) + " " + row.text(0), "its recording is gone, it is not");
  }
  const auto terms = query(
      context,
      "SELECT DISTINCT s.call_id FROM search_terms s WHERE s.organisation = ? AND s.source <> 'call' AND NOT EXISTS"
      " (SELECT 1 FROM transcripts t WHERE t.organisation = s.organisation AND s.source = 'transcript:' || "
      "t.recording_id)",
      {context.organisation});
  if (!terms) return std::unexpected(terms.error());
  for (const auto& row : *terms)
    out.violated("call " + row.text(0), "its transcript is gone, its words can still be searched");
  const auto overdue =
      query(context,
            "SELECT kind, thing, call_id, due_at FROM deadlines WHERE organisation = ? AND due_at < ? ORDER BY due_at",
            {context.organisation, context.now - kGrace});
  if (!overdue) return std::unexpected(overdue.error());
  for (const auto& row : *overdue) {
    const auto kind = static_cast<store::DeadlineKind>(row.integer(0));
    const std::string name = std::string(to_string(kind)) + " " + row.text(1);
    if (holds.contains(row.text(2))) {
      if (kind == store::DeadlineKind::Call) out.excused(name, "legal hold (RET-10)");
    } else if (kind != store::DeadlineKind::Recording) {  // recordings were named above
      out.violated(name, "is past its deadline of " + to_rfc3339(row.time(3)));
    }
  }
  const auto answers =
      query(context, "SELECT organisation, created_at FROM idempotency WHERE organisation IN (?, ?) AND expires_at < ?",
            {context.organisation, OrganisationId{}, context.now - kSweep - kGrace});
  if (!answers) return std::unexpected(answers.error());
  for (const auto& row : *answers)
    out.violated("answer to an Idempotency-Key of " + to_rfc3339(row.time(1)), "is kept longer than 24 hours");
  out.evidence("policy version", static_cast<std::uint64_t>(policy->version));
  out.evidence("days that recordings are kept", static_cast<std::uint64_t>(policy->recordings_days));
  out.evidence("recordings looked at", recordings->size());
  out.evidence("days since the oldest one's call", oldest_days);
  return out.finish();
}

Result<Finding> check_erasure_by_hand(const CheckContext& context) {
  FindingBuilder out;
  const auto receipts = all_receipts(context);
  if (!receipts) return std::unexpected(receipts.error());
  for (const auto& receipt : *receipts) {
    if (auto looked = check_gone(context, out, receipt); !looked) return std::unexpected(looked.error());
  }
  if (auto looked = check_unfinished(context, out); !looked) return std::unexpected(looked.error());
  const auto keys = check_leftover_keys(context, out);
  if (!keys) return std::unexpected(keys.error());
  out.evidence("deleted things looked for in all tables, keys and files", receipts->size());
  out.evidence("keys of calls and recordings, each with its thing", *keys);
  return out.finish();
}

Result<Finding> check_holds(const CheckContext& context) {
  FindingBuilder out;
  const auto holds =
      query(context, "SELECT id, call_id, created_at FROM holds WHERE organisation = ? AND released_at IS NULL",
            {context.organisation});
  if (!holds) return std::unexpected(holds.error());
  for (const auto& row : *holds) {
    const std::string name = "hold " + row.text(0);
    const auto call = CallId::parse(row.text(1)).value_or(CallId{});
    if (const auto found = context.store.calls.find(context.organisation, call); !found) {
      out.violated(name, "its call cannot be read: " + found.error().text);
    }
    const auto recordings = context.store.recordings.list(context.organisation, call);
    if (!recordings) {
      out.violated(name, "a recording of its call cannot be read: " + recordings.error().text);
    } else {
      for (const auto& recording : *recordings) {
        if (!recording.blob.empty() && recording.state != store::RecordingState::Failed &&
            !context.store.blobs.exists(recording.blob)) {
          out.violated(name, "the file of a recording of its call is gone");
        }
      }
    }
    const auto placed =
        query(context, "SELECT details FROM audit WHERE organisation = ? AND action = 'hold.placed' AND target = ?",
              {context.organisation, row.text(1)});
    if (!placed) return std::unexpected(placed.error());
    const bool audited = std::ranges::any_of(
        *placed, [&](const auto& entry) { return entry.text(0).find(row.text(0)) != std::string::npos; });
    if (!audited) out.violated(name, "was placed without an entry in the audit log");
    out.excused("call " + row.text(1), "kept by " + name + " since " + to_rfc3339(row.time(2)));
  }
  // What was erased although a hold stood then: the log's order tells.
  const auto log = query(context,
                         "SELECT seq, action, target, details FROM audit WHERE organisation = ? AND action IN "
                         "('hold.placed', 'hold.released',"
                         " 'call.erased') ORDER BY seq",
                         {context.organisation});
  if (!log) return std::unexpected(log.error());
  std::map<std::string, int> standing;
  for (const auto& row : *log) {
    if (row.text(1) == "hold.placed") {
      ++standing[row.text(2)];
    } else if (row.text(1) == "hold.released") {
      --standing[row.text(2)];
    } else if (standing[row.text(2)] > 0) {
      out.violated("call " + row.text(2), "was erased while a hold stood (audit entry " + row.text(0) + ")");
    }
  }
  out.evidence("holds in force", holds->size());
  out.evidence("audit entries about holds and erasures read", log->size());
  return out.finish();
}

Result<Finding> check_receipts(const CheckContext& context) {
  FindingBuilder out;
  const auto receipts = all_receipts(context);
  if (!receipts) return std::unexpected(receipts.error());
  const auto signer = context.store.keyring.signing_key();
  if (!signer) return std::unexpected(signer.error());
  std::set<std::string> known;
  for (const auto& receipt : *receipts) {
    const std::string name = "receipt " + receipt.id.text();
    known.insert(receipt.kind + " " + receipt.thing);
    if (receipt.public_key != to_base64url(signer->public_key()) || !verify_receipt(receipt))
      out.violated(name, "its signature is wrong");
    const auto document = store::parse_object(receipt.document);
    if (!document) {
      out.violated(name, "does not parse");
      continue;
    }
    if (store::text_at(*document, "id") != receipt.id.text() || store::text_at(*document, "thing") != receipt.thing ||
        store::text_at(*document, "organisation") != context.organisation.text()) {
      out.violated(name, "speaks of something else than its row");
    }
    const auto verified = store::object_at(*document, "verified");
    for (const char* field : {"rows_left", "blobs_left", "keys_left", "found"}) {
      if (!verified.contains(field) || store::integer_at(verified, field) != 0)
        out.violated(name, std::string("has no clean second reading (") + field + ")");
    }
    if (auto looked = check_gone(context, out, receipt); !looked) return std::unexpected(looked.error());
  }
  const auto erased = query(
      context,
      "SELECT seq, action, target FROM audit WHERE organisation = ? AND action IN ('call.erased', 'recording.erased')",
      {context.organisation});
  if (!erased) return std::unexpected(erased.error());
  std::set<std::string> audited;
  for (const auto& row : *erased) {
    const std::string thing = row.text(1).substr(0, row.text(1).find('.')) + " " + row.text(2);
    audited.insert(thing);
    if (!known.contains(thing)) out.violated(thing, "was erased (audit entry " + row.text(0) + ") and has no receipt");
  }
  for (const auto& thing : known) {
    if (!audited.contains(thing)) out.violated(thing, "has a receipt and no audit entry");
  }
  if (auto looked = check_unfinished(context, out); !looked) return std::unexpected(looked.error());
  out.evidence("receipts whose signature and absence were checked", receipts->size());
  out.evidence("erasures in the audit log", erased->size());
  out.evidence("signing key", signer->key_id());
  return out.finish();
}

}  // namespace parley::privacy
