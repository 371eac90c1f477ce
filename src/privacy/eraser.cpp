#include <algorithm>
#include <span>

#include <base/log.hpp>
#include <privacy/byte_search.hpp>
#include <privacy/eraser.hpp>
#include <store/json.hpp>
#include <vault/hash.hpp>

namespace parley::privacy {
namespace {

namespace json = boost::json;
using store::Session;
using vault::ThingKind;

/// Files up to this size are searched for the erased ciphertext after each erasure; greater ones rely on the second
/// reading of rows, secure_delete and the cut write-ahead log, and the receipt says how much was searched.
constexpr std::uint64_t kSearchLimit = 32ULL * 1024 * 1024;
constexpr std::size_t kNeedle = 48;  // signs of base64url: 36 bytes that occur nowhere else by chance
constexpr std::size_t kMaxNeedles = 64;

struct Rows {
  const char* table;
  const char* where;   // with `organisation = ?` first, then the id, then the call if `by_call`
  const char* sealed;  // column whose bytes are hashed and searched for, or nullptr
  bool by_call = false;

  [[nodiscard]] Session::Values values(OrganisationId organisation, const Uuid& thing, CallId call) const {
    Session::Values out{organisation, thing};
    if (by_call) out.emplace_back(call);
    return out;
  }
};

constexpr Rows kCallRows[] = {
    {"search_terms", "organisation = ? AND call_id = ?", nullptr},
    {"analyses", "organisation = ? AND call_id = ?", "sealed"},
    {"transcripts", "organisation = ? AND call_id = ?", "sealed"},
    {"holds", "organisation = ? AND call_id = ?", "sealed"},
    {"recordings", "organisation = ? AND call_id = ?", "sealed"},
    {"call_numbers", "organisation = ? AND call_id = ?", nullptr},
    {"call_extensions", "organisation = ? AND call_id = ?", nullptr},
    {"jobs", "organisation = ? AND call_id = ?", "sealed"},
    {"events", "organisation = ? AND call_id = ?", "sealed"},
    {"deadlines", "organisation = ? AND call_id = ?", nullptr},
    {"idempotency", "organisation = ? AND call_id = ?", "sealed"},
    {"calls", "organisation = ? AND id = ?", "sealed"},
};

constexpr Rows kRecordingRows[] = {
    {"search_terms", "organisation = ? AND source = 'transcript:' || ? AND call_id = ?", nullptr, true},
    {"analyses", "organisation = ? AND recording_id = ?", "sealed"},
    {"transcripts", "organisation = ? AND recording_id = ?", "sealed"},
    {"jobs", "organisation = ? AND recording_id = ?", "sealed"},
    {"events",
     "organisation = ? AND ? <> '' AND call_id = ? AND (type LIKE 'transcript.%' OR type LIKE 'analysis.%' OR type "
     "LIKE 'recording.%')",
     "sealed", true},
    {"deadlines", "organisation = ? AND thing = ?", nullptr},
    {"recordings", "organisation = ? AND id = ?", "sealed"},
};

[[nodiscard]] std::span<const Rows> rows_of(std::string_view kind) {
  if (kind == "call") return kCallRows;
  return kRecordingRows;
}

void bind(json::object& counts, const char* name, std::int64_t value) {
  if (value > 0) counts[name] = value;
}

}  // namespace

struct Eraser::Erasure {
  OrganisationId organisation;
  std::string kind;
  Uuid thing;
  CallId call;
  std::string rule;
  std::string actor_kind, actor;
  std::vector<RecordingId> recordings;
  std::vector<std::string> blobs;
  json::object counts;
  std::string rows_hash, blobs_hash;
  std::uint64_t blob_bytes = 0;
  std::vector<std::string> needles;  // of this run only; not kept
  WallTime started{};

  [[nodiscard]] std::string document() const {
    json::array recording_ids;
    for (const auto& id : recordings) recording_ids.emplace_back(id.text());
    json::array blob_ids;
    for (const auto& id : blobs) blob_ids.emplace_back(id);
    return json::serialize(json::object{{"call", call.text()},
                                        {"rule", rule},
                                        {"actor_kind", actor_kind},
                                        {"actor", actor},
                                        {"recordings", std::move(recording_ids)},
                                        {"blobs", std::move(blob_ids)},
                                        {"counts", counts},
                                        {"rows_hash", rows_hash},
                                        {"blobs_hash", blobs_hash},
                                        {"blob_bytes", blob_bytes}});
  }

  static Result<Erasure> from(const store::Row& row) {
    auto object = store::parse_object(row.text(4));
    if (!object) return std::unexpected(object.error());
    Erasure out;
    out.organisation = row.id<OrganisationId>(0);
    out.kind = row.text(1);
    out.thing = Uuid::parse(row.text(2)).value_or(Uuid{});
    out.started = row.time(3);
    out.call = CallId::parse(store::text_at(*object, "call")).value_or(CallId{});
    out.rule = store::text_at(*object, "rule");
    out.actor_kind = store::text_at(*object, "actor_kind");
    out.actor = store::text_at(*object, "actor");
    for (const auto& id : store::array_at(*object, "recordings")) {
      if (auto recording = RecordingId::parse(std::string(id.as_string()))) out.recordings.push_back(*recording);
    }
    for (const auto& id : store::array_at(*object, "blobs")) out.blobs.emplace_back(id.as_string());
    out.counts = store::object_at(*object, "counts");
    out.rows_hash = store::text_at(*object, "rows_hash");
    out.blobs_hash = store::text_at(*object, "blobs_hash");
    out.blob_bytes = static_cast<std::uint64_t>(store::integer_at(*object, "blob_bytes"));
    return out;
  }
};

namespace {

constexpr const char* kErasureColumns = "organisation, kind, thing, started_at, document";
constexpr const char* kReceiptColumns =
    "id, organisation, kind, thing, created_at, document, signature, key_id, public_key";

std::optional<store::Receipt> receipt_of(Session& session, OrganisationId organisation, std::string_view kind,
                                         const Uuid& thing) {
  const auto row = session.find(
      std::string("SELECT ") + kReceiptColumns + " FROM receipts WHERE organisation = ? AND kind = ? AND thing = ?",
      {organisation, kind, thing});
  if (!row) return std::nullopt;
  return store::Receipt{row->id<ReceiptId>(0), row->id<OrganisationId>(1),
                        row->text(2),          row->text(3),
                        row->time(4),          row->text(5),
                        row->text(6),          row->text(7),
                        row->text(8)};
}

}  // namespace

Result<Eraser::Erasure> Eraser::load(OrganisationId organisation, std::string_view kind, const Uuid& thing) {
  auto erasure = store_.database.read([&](Session& session) -> Result<Erasure> {
    if (const auto row = session.find(std::string("SELECT ") + kErasureColumns +
                                          " FROM erasures WHERE organisation = ? AND kind = ? AND thing = ?",
                                      {organisation, kind, thing})) {
      return Erasure::from(*row);
    }
    Erasure out;
    out.organisation = organisation;
    out.kind = kind;
    out.thing = thing;
    const auto owner =
        kind == "call"
            ? session.find("SELECT id, closed FROM calls WHERE organisation = ? AND id = ?", {organisation, thing})
            : session.find(
                  "SELECT r.call_id, c.closed FROM recordings r JOIN calls c ON c.id = r.call_id"
                  " WHERE r.organisation = ? AND r.id = ?",
                  {organisation, thing});
    if (!owner) return fail(Errc::NotFound, kind == "call" ? "no such call" : "no such recording");
    if (!owner->truth(1)) return fail(Errc::Conflict, "the call is still running");
    out.call = owner->id<CallId>(0);
    for (const auto& row : session.query(std::string("SELECT id, blob_id FROM recordings WHERE organisation = ? AND ") +
                                             (kind == "call" ? "call_id" : "id") + " = ? ORDER BY id",
                                         {organisation, thing})) {
      out.recordings.push_back(row.id<RecordingId>(0));
      if (!row.text(1).empty()) out.blobs.push_back(row.text(1));
    }
    vault::Sha256 hash;
    for (const auto& rows : rows_of(kind)) {
      bind(out.counts, rows.table,
           session.count(std::string("SELECT count(*) FROM ") + rows.table + " WHERE " + rows.where,
                         rows.values(organisation, thing, out.call)));
      if (rows.sealed == nullptr) continue;
      for (const auto& row :
           session.query(std::string("SELECT ") + rows.sealed + " FROM " + rows.table + " WHERE " + rows.where,
                         rows.values(organisation, thing, out.call))) {
        const std::string sealed = row.text(0);
        hash.update(as_bytes(sealed));
        hash.update(as_bytes("\n"));
        if (sealed.size() >= kNeedle && out.needles.size() < kMaxNeedles)
          out.needles.push_back(sealed.substr(0, kNeedle));
      }
    }
    out.rows_hash = to_hex(hash.finish());
    return out;
  });
  if (!erasure || !erasure->blobs_hash.empty()) return erasure;
  vault::Sha256 hash;
  for (const auto& blob : erasure->blobs) {
    const auto bytes = store_.blobs.read(blob);
    if (!bytes && bytes.error().code != Errc::NotFound) return std::unexpected(bytes.error());
    if (!bytes) continue;
    hash.update(*bytes);
    erasure->blob_bytes += bytes->size();
  }
  erasure->blobs_hash = to_hex(hash.finish());
  return erasure;
}

Result<store::Receipt> Eraser::erase_call(OrganisationId organisation, CallId call, const ErasureReason& reason) {
  return erase(organisation, "call", call.uuid, reason);
}

Result<store::Receipt> Eraser::erase_recording(OrganisationId organisation, RecordingId recording,
                                               const ErasureReason& reason) {
  return erase(organisation, "recording", recording.uuid, reason);
}

Result<store::Receipt> Eraser::erase(OrganisationId organisation, std::string_view kind, const Uuid& thing,
                                     const ErasureReason& reason) {
  const auto done = store_.database.read([&](Session& session) -> Result<std::optional<store::Receipt>> {
    return receipt_of(session, organisation, kind, thing);
  });
  if (!done) return std::unexpected(done.error());
  if (*done) return **done;
  auto erasure = load(organisation, kind, thing);
  if (!erasure) return std::unexpected(erasure.error());
  if (erasure->rule.empty()) {  // else one that was begun before: it keeps its reason
    erasure->rule = reason.rule;
    erasure->actor_kind = reason.actor.actor_kind;
    erasure->actor = reason.actor.actor;
  }
  return run(std::move(*erasure));
}

Result<store::Receipt> Eraser::run(Erasure erasure) {
  const OrganisationId organisation = erasure.organisation;
  store::AuditEntry entry;
  entry.organisation = organisation;
  entry.actor_kind = erasure.actor_kind.empty() ? "system" : erasure.actor_kind;
  entry.actor = erasure.actor;
  entry.action = erasure.kind + ".erased";
  entry.target_kind = erasure.kind;
  entry.target = erasure.thing.text();

  // Intent and the end of all rows, at once: from here on the thing is gone for everybody, whatever happens.
  auto begun = store_.database.transaction(organisation, [&](Session& session) -> Result<bool> {
    if (receipt_of(session, organisation, erasure.kind, erasure.thing)) return true;  // another thread was faster
    if (session.find("SELECT 1 FROM erasures WHERE organisation = ? AND kind = ? AND thing = ?",
                     {organisation, erasure.kind, erasure.thing})) {
      return false;
    }
    if (store::HoldRepository::held(session, organisation, erasure.call))
      return fail(Errc::Conflict, "a legal hold forbids it (RET-10)");
    if (!session.find(erasure.kind == "call" ? "SELECT 1 FROM calls WHERE organisation = ? AND id = ?"
                                             : "SELECT 1 FROM recordings WHERE organisation = ? AND id = ?",
                      {organisation, erasure.thing})) {
      return fail(Errc::NotFound, "no such " + erasure.kind);
    }
    session.execute("INSERT INTO erasures (organisation, kind, thing, started_at, document) VALUES (?, ?, ?, ?, ?)",
                    {organisation, erasure.kind, erasure.thing, session.now(), erasure.document()});
    for (const auto& rows : rows_of(erasure.kind)) {
      session.execute(std::string("DELETE FROM ") + rows.table + " WHERE " + rows.where,
                      rows.values(organisation, erasure.thing, erasure.call));
    }
    // Beside the chain lies sealed what its commitments are about: it goes, and the chain stays whole.
    session.execute("UPDATE audit SET sealed = NULL WHERE organisation = ? AND target = ? AND sealed_with = 'call'",
                    {organisation, erasure.thing});
    return false;
  });
  if (!begun) {
    if (begun.error().code == Errc::Conflict) {
      entry.action = erasure.kind + ".erasure_refused";
      entry.result = "held";
      if (const auto told = store_.audit.append(entry); !told) return std::unexpected(told.error());
    }
    return std::unexpected(begun.error());
  }

  for (const auto& blob : erasure.blobs) {
    if (auto removed = store_.blobs.remove(blob); !removed) return std::unexpected(removed.error());
  }
  std::size_t keys = 0;
  const auto destroy = [&](ThingKind kind, const Uuid& thing) -> Result<void> {
    ++keys;
    return store_.keyring.destroy(organisation, kind, thing);
  };
  for (const auto& recording : erasure.recordings) {
    if (auto gone = destroy(ThingKind::Recording, recording.uuid); !gone) return std::unexpected(gone.error());
  }
  if (erasure.kind == "call") {
    if (auto gone = destroy(ThingKind::Call, erasure.thing); !gone) return std::unexpected(gone.error());
  }
  if (auto cut = store_.database.checkpoint(); !cut) return std::unexpected(cut.error());

  // The second reading (RET-11): rows, blobs, keys from their table rather than the cache, and the files' bytes.
  std::int64_t rows_left = 0;
  const auto counted = store_.database.read([&](Session& session) -> Result<void> {
    for (const auto& rows : rows_of(erasure.kind)) {
      rows_left += session.count(std::string("SELECT count(*) FROM ") + rows.table + " WHERE " + rows.where,
                                 rows.values(organisation, erasure.thing, erasure.call));
    }
    return {};
  });
  if (!counted) return std::unexpected(counted.error());
  const auto blobs_left =
      std::ranges::count_if(erasure.blobs, [&](const auto& blob) { return store_.blobs.exists(blob); });
  std::size_t keys_left = 0;
  for (const auto& recording : erasure.recordings) {
    keys_left += store_.key_file->get({organisation, ThingKind::Recording, recording.uuid}) ? 1U : 0U;
  }
  if (erasure.kind == "call")
    keys_left += store_.key_file->get({organisation, ThingKind::Call, erasure.thing}) ? 1U : 0U;
  ByteSearch search(erasure.needles);
  for (const auto& file : store_.database.files()) {
    if (auto searched = search.file(file, kSearchLimit); !searched) return std::unexpected(searched.error());
  }
  if (rows_left != 0 || blobs_left != 0 || keys_left != 0 || !search.found().empty()) {
    log::error("privacy.erasure_incomplete", {{"kind", erasure.kind},
                                              {"thing", erasure.thing.text()},
                                              {"rows", rows_left},
                                              {"blobs", blobs_left},
                                              {"keys", keys_left},
                                              {"bytes", search.found().size()}});
    return fail(Errc::Corrupt,
                "the second reading found something left of the erased " + erasure.kind + "; it is tried again");
  }

  const auto signer = store_.keyring.signing_key();
  if (!signer) return std::unexpected(signer.error());
  store::Receipt receipt;
  receipt.id = ReceiptId::make(store_.clock, store_.random);
  receipt.organisation = organisation;
  receipt.kind = erasure.kind;
  receipt.thing = erasure.thing.text();
  receipt.created = store_.clock.wall();
  json::array blob_ids;
  for (const auto& blob : erasure.blobs) blob_ids.emplace_back(blob);
  json::array recording_ids;
  for (const auto& recording : erasure.recordings) recording_ids.emplace_back(recording.text());
  receipt.document = json::serialize(json::object{
      {"version", 1},
      {"id", receipt.id.text()},
      {"organisation", organisation.text()},
      {"kind", erasure.kind},
      {"thing", receipt.thing},
      {"recordings", std::move(recording_ids)},
      {"rule", erasure.rule},
      {"created_at", to_rfc3339(receipt.created)},
      {"deleted",
       {{"rows", erasure.counts}, {"blobs", std::move(blob_ids)}, {"blob_bytes", erasure.blob_bytes}, {"keys", keys}}},
      {"hashes", {{"rows_sha256", erasure.rows_hash}, {"blobs_sha256", erasure.blobs_hash}}},
      {"verified",
       {{"rows_left", 0}, {"blobs_left", 0}, {"keys_left", 0}, {"bytes_searched", search.searched()}, {"found", 0}}}});
  receipt.signature = to_base64url(signer->sign(as_bytes(receipt.document)));
  receipt.key_id = signer->key_id();
  receipt.public_key = to_base64url(signer->public_key());

  entry.details = json::serialize(json::object{{"receipt", receipt.id.text()}, {"rule", erasure.rule}});
  const auto audit = store_.audit.prepare(entry);
  if (!audit) return std::unexpected(audit.error());
  store::Event event;
  event.type = erasure.kind + ".deleted";
  event.organisation = organisation;
  event.data = json::serialize(
      json::object{{"call_id", erasure.call.text()}, {"thing", receipt.thing}, {"receipt", receipt.id.text()}});
  const auto prepared_event = store_.events.prepare(std::move(event));
  if (!prepared_event) return std::unexpected(prepared_event.error());
  return store_.database.transaction(organisation, [&](Session& session) -> Result<store::Receipt> {
    if (auto there = receipt_of(session, organisation, erasure.kind, erasure.thing)) return *there;
    session.execute("DELETE FROM erasures WHERE organisation = ? AND kind = ? AND thing = ?",
                    {organisation, erasure.kind, erasure.thing});
    store::ReceiptRepository::insert(session, receipt);
    store::AuditLog::insert(session, *audit);
    store_.events.insert(session, *prepared_event);
    return receipt;
  });
}

Result<void> Eraser::erase_organisation(OrganisationId organisation, const ErasureReason& reason) {
  const auto calls = store_.database.read([&](Session& session) -> Result<std::vector<CallId>> {
    if (!session.find("SELECT 1 FROM organisations WHERE id = ?", {organisation}))
      return fail(Errc::NotFound, "no such organisation");
    if (session.find("SELECT 1 FROM holds WHERE organisation = ? AND released_at IS NULL", {organisation})) {
      return fail(Errc::Conflict, "a legal hold forbids it (RET-10)");
    }
    if (session.find("SELECT 1 FROM calls WHERE organisation = ? AND closed = 0", {organisation})) {
      return fail(Errc::Conflict, "a call is still running");
    }
    std::vector<CallId> out;
    for (const auto& row : session.query("SELECT id FROM calls WHERE organisation = ?", {organisation}))
      out.push_back(row.id<CallId>(0));
    return out;
  });
  if (!calls) return std::unexpected(calls.error());
  for (const auto& call : *calls) {
    if (auto receipt = erase_call(organisation, call, reason); !receipt) return std::unexpected(receipt.error());
  }
  return store_.organisations.remove(organisation);
}

Result<std::size_t> Eraser::resume() {
  const auto rows = store_.database.read([](Session& session) -> Result<std::vector<store::Row>> {
    return session.query(std::string("SELECT ") + kErasureColumns + " FROM erasures ORDER BY started_at");
  });
  if (!rows) return std::unexpected(rows.error());
  std::size_t finished = 0;
  for (const auto& row : *rows) {
    auto erasure = Erasure::from(row);
    if (!erasure) return std::unexpected(erasure.error());
    if (auto receipt = run(std::move(*erasure)); !receipt) return std::unexpected(receipt.error());
    ++finished;
  }
  return finished;
}

}  // namespace parley::privacy
