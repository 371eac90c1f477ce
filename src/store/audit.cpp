#include <algorithm>

#include <store/audit.hpp>
#include <store/json.hpp>
#include <vault/hash.hpp>

namespace parley::store {
namespace {

using vault::ThingKind;

constexpr std::size_t kSaltSize = 16;
constexpr const char* kColumns =
    "seq, at, actor_kind, actor, action, target_kind, target, result, details, commitments, hash, sealed_with, sealed";

std::string commitment(BytesView salt, std::string_view name, std::string_view value) {
  vault::Sha256 hash;
  hash.update(salt);
  hash.update(as_bytes(std::to_string(name.size()) + ":"));
  hash.update(as_bytes(name));
  hash.update(as_bytes(value));
  return to_hex(hash.finish());
}

struct Sealer {
  std::string with;
  Result<vault::ThingKey> key;
};

/// Personal fields lie under the key of whom they are about: a call that is erased takes its own along.
Sealer sealer_of(vault::Keyring& keyring, const AuditEntry& entry) {
  if (entry.target_kind == "call") {
    if (const auto id = CallId::parse(entry.target)) {
      if (auto key = keyring.open(entry.organisation, ThingKind::Call, id->uuid)) return {"call", std::move(key)};
    }
  }
  for (const auto& [kind, text] :
       {std::pair{entry.target_kind, entry.target}, std::pair{entry.actor_kind, entry.actor}}) {
    const auto id = UserId::parse(text);
    if ((kind != "user" && kind != "platform") || !id) continue;
    const char* const as = text == entry.target ? "target user" : "user";
    if (auto key = keyring.open(entry.organisation, ThingKind::User, id->uuid)) return {as, std::move(key)};
    if (auto key = keyring.open({}, ThingKind::User, id->uuid)) return {std::string("platform ") + as, std::move(key)};
  }
  return {"organisation", keyring.organisation(entry.organisation)};
}

Result<vault::ThingKey> opener_of(vault::Keyring& keyring, const AuditEntry& entry, std::string_view with) {
  if (with == "call") {
    return keyring.open(entry.organisation, ThingKind::Call, CallId::parse(entry.target).value_or(CallId{}).uuid);
  }
  if (with == "organisation") return keyring.organisation(entry.organisation);
  const auto id = UserId::parse(with.ends_with("target user") ? entry.target : entry.actor).value_or(UserId{});
  return keyring.open(with.starts_with("platform") ? OrganisationId{} : entry.organisation, ThingKind::User, id.uuid);
}

}  // namespace

std::string audit_hash(OrganisationId organisation, const AuditRow& row) {
  vault::Sha256 hash;
  const auto field = [&](std::string_view text) {  // length first, so that no two rows run together to the same bytes
    hash.update(as_bytes(std::to_string(text.size()) + ":"));
    hash.update(as_bytes(text));
  };
  field("parley audit 1");
  field(organisation.text());
  field(std::to_string(row.seq));
  field(std::to_string(row.time));
  for (const auto* text : {&row.actor_kind, &row.actor, &row.action, &row.target_kind, &row.target, &row.result,
                           &row.details, &row.commitments, &row.previous}) {
    field(*text);
  }
  return to_hex(hash.finish());
}

std::string audit_head_text(OrganisationId organisation, std::uint64_t seq, std::string_view hash) {
  return "parley audit head 1\n" + organisation.text() + "\n" + std::to_string(seq) + "\n" + std::string(hash) + "\n";
}

Result<AuditLog::Prepared> AuditLog::prepare(const AuditEntry& entry) {
  Prepared out;
  out.entry = entry;
  auto personal = entry.personal;
  if (!entry.ip.empty()) personal["ip"] = entry.ip;
  json::object commitments;
  json::object beside;
  for (const auto& [name, value] : personal) {
    Bytes salt(kSaltSize);
    random_.fill(salt);
    commitments[name] = commitment(salt, name, value);
    beside[name] = json::object{{"salt", to_hex(salt)}, {"value", value}};
  }
  out.commitments = json::serialize(commitments);
  if (!personal.empty()) {
    auto sealer = sealer_of(keyring_, entry);
    if (!sealer.key) return std::unexpected(sealer.key.error());
    out.sealed = sealer.key->seal_text("audit", json::serialize(beside));
    out.sealed_with = sealer.with;
  }
  auto signer = keyring_.signing_key();
  if (!signer) return std::unexpected(signer.error());
  out.signer = std::make_shared<const vault::SigningKey>(std::move(*signer));
  return out;
}

std::uint64_t AuditLog::insert(Session& session, const Prepared& prepared) {
  const AuditEntry& entry = prepared.entry;
  AuditRow row;
  if (const auto head =
          session.find("SELECT seq, hash FROM audit_heads WHERE organisation = ?", {entry.organisation})) {
    row.seq = static_cast<std::uint64_t>(head->integer(0));
    row.previous = head->text(1);
  }
  ++row.seq;
  row.time = session.now().time_since_epoch().count();
  row.actor_kind = entry.actor_kind;
  row.actor = entry.actor;
  row.action = entry.action;
  row.target_kind = entry.target_kind;
  row.target = entry.target;
  row.result = entry.result;
  row.details = entry.details;
  row.commitments = prepared.commitments;
  row.hash = audit_hash(entry.organisation, row);
  session.execute(
      "INSERT INTO audit (organisation, seq, at, actor_kind, actor, action, target_kind, target, result, details, "
      "commitments, previous, hash,"
      " sealed_with, sealed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      {entry.organisation, row.seq, row.time, row.actor_kind, row.actor, row.action, row.target_kind, row.target,
       row.result, row.details, row.commitments, row.previous, row.hash, prepared.sealed_with,
       prepared.sealed.empty() ? std::nullopt : std::optional(prepared.sealed)});
  const std::string signature =
      to_base64url(prepared.signer->sign(as_bytes(audit_head_text(entry.organisation, row.seq, row.hash))));
  const std::string key_id = prepared.signer->key_id();
  session.execute(
      "INSERT INTO audit_heads (organisation, seq, hash, key_id, signature) VALUES (?, ?, ?, ?, ?) ON CONFLICT "
      "(organisation) DO UPDATE SET"
      " seq = excluded.seq, hash = excluded.hash, key_id = excluded.key_id, signature = excluded.signature",
      {entry.organisation, row.seq, row.hash, key_id, signature});
  if (row.seq % kCheckpointEvery == 0) {
    session.execute(
        "INSERT INTO audit_checkpoints (organisation, seq, hash, at, key_id, signature) VALUES (?, ?, ?, ?, ?, ?)",
        {entry.organisation, row.seq, row.hash, row.time, key_id, signature});
  }
  return row.seq;
}

Result<std::uint64_t> AuditLog::append(const AuditEntry& entry) {
  const auto prepared = prepare(entry);
  if (!prepared) return std::unexpected(prepared.error());
  return database_.transaction(entry.organisation,
                               [&](Session& session) -> Result<std::uint64_t> { return insert(session, *prepared); });
}

Result<Page<AuditRecord>> AuditLog::list(OrganisationId organisation, std::string_view cursor, std::size_t limit) {
  limit = std::clamp<std::size_t>(limit, 1, kMaxPage);
  auto before = std::int64_t{INT64_MAX};
  if (!cursor.empty()) {
    // The place is the seq, in the time field of the common cursor.
    const auto place = Cursor::parse(cursor);
    if (!place) return fail(Errc::Invalid, "the cursor is not one that a list gave");
    before = place->time.time_since_epoch().count();
  }
  return database_.read([&](Session& session) -> Result<Page<AuditRecord>> {
    Page<AuditRecord> page;
    for (const auto& row : session.query(std::string("SELECT ") + kColumns +
                                             " FROM audit WHERE organisation = ? AND seq < ? ORDER BY seq DESC LIMIT ?",
                                         {organisation, before, limit + 1})) {
      if (page.items.size() == limit) {
        page.next_cursor =
            Cursor{WallTime(std::chrono::milliseconds(static_cast<std::int64_t>(page.items.back().seq))), {}}.text();
        break;
      }
      AuditRecord record;
      record.seq = static_cast<std::uint64_t>(row.integer(0));
      record.time = row.time(1);
      record.entry = {organisation, row.text(2), row.text(3), row.text(4), row.text(5),
                      row.text(6),  row.text(7), "",          row.text(8), {}};
      record.hash = row.text(10);
      if (!row.null(12)) {
        const auto key = opener_of(keyring_, record.entry, row.text(11));
        const auto text =
            key ? key->open_text("audit", row.text(12)) : Result<std::string>(std::unexpected(key.error()));
        if (!text && text.error().code != Errc::NotFound) return std::unexpected(text.error());
        if (const auto object = text ? parse_object(*text) : Result<json::object>(json::object{})) {
          for (const auto& item : *object) {
            const std::string value =
                item.value().is_object() ? text_at(item.value().as_object(), "value") : std::string();
            if (item.key() == "ip") {
              record.entry.ip = value;
            } else {
              record.entry.personal[std::string(item.key())] = value;
            }
          }
        }
      }
      page.items.push_back(std::move(record));
    }
    return page;
  });
}

}  // namespace parley::store
