#include <store/holds.hpp>

namespace parley::store {
namespace {

using vault::ThingKind;

constexpr const char* kColumns = "id, organisation, call_id, created_at, created_by, released_at, released_by, sealed";

std::string part_of(HoldId id) { return "hold " + id.text(); }

}  // namespace

Result<Hold> HoldRepository::place(OrganisationId organisation, CallId call, std::string_view reason,
                                   const AuditEntry& by) {
  const auto key = keyring_.open(organisation, ThingKind::Call, call.uuid);
  if (!key && key.error().code == Errc::NotFound) return fail(Errc::NotFound, "no such call");
  if (!key) return std::unexpected(key.error());
  Hold hold{HoldId::make(), organisation, call, std::string(reason), {}, by.actor, std::nullopt, ""};
  AuditEntry entry = by;
  entry.organisation = organisation;
  entry.action = "hold.placed";
  entry.target_kind = "call";
  entry.target = call.text();
  entry.details = "{\"hold\":\"" + hold.id.text() + "\"}";
  const auto audit = audit_.prepare(entry);
  if (!audit) return std::unexpected(audit.error());
  return database_.transaction(organisation, [&](Session& session) -> Result<Hold> {
    if (!session.find("SELECT id FROM calls WHERE organisation = ? AND id = ?", {organisation, call}) ||
        session.find("SELECT 1 FROM erasures WHERE organisation = ? AND kind = 'call' AND thing = ?",
                     {organisation, call})) {
      return fail(Errc::NotFound, "no such call");
    }
    hold.created = session.now();
    session.execute(
        "INSERT INTO holds (id, organisation, call_id, created_at, created_by, released_by, sealed) VALUES (?, ?, ?, "
        "?, ?, '', ?)",
        {hold.id, organisation, call, hold.created, hold.created_by, key->seal_text(part_of(hold.id), reason)});
    AuditLog::insert(session, *audit);
    return hold;
  });
}

Result<void> HoldRepository::release(OrganisationId organisation, HoldId id, const AuditEntry& by) {
  const auto call = database_.read([&](Session& session) -> Result<CallId> {
    const auto row = session.find("SELECT call_id FROM holds WHERE organisation = ? AND id = ? AND released_at IS NULL",
                                  {organisation, id});
    if (!row) return fail(Errc::NotFound, "no such hold");
    return row->id<CallId>(0);
  });
  if (!call) return std::unexpected(call.error());
  AuditEntry entry = by;
  entry.organisation = organisation;
  entry.action = "hold.released";
  entry.target_kind = "call";
  entry.target = call->text();
  entry.details = "{\"hold\":\"" + id.text() + "\"}";
  const auto audit = audit_.prepare(entry);
  if (!audit) return std::unexpected(audit.error());
  return database_.transaction(organisation, [&](Session& session) -> Result<void> {
    const auto changed = session.execute(
        "UPDATE holds SET released_at = ?, released_by = ? WHERE organisation = ? AND id = ? AND released_at IS NULL",
        {session.now(), by.actor, organisation, id});
    if (changed == 0) return fail(Errc::NotFound, "no such hold");
    AuditLog::insert(session, *audit);
    return {};
  });
}

Result<Hold> HoldRepository::unsealed(const Row& row) {
  Hold out;
  out.id = row.id<HoldId>(0);
  out.organisation = row.id<OrganisationId>(1);
  out.call = row.id<CallId>(2);
  out.created = row.time(3);
  out.created_by = row.text(4);
  out.released = row.maybe_time(5);
  out.released_by = row.text(6);
  const auto key = keyring_.open(out.organisation, ThingKind::Call, out.call.uuid);
  if (!key) return std::unexpected(key.error());
  auto reason = key->open_text(part_of(out.id), row.text(7));
  if (!reason) return std::unexpected(reason.error());
  out.reason = std::move(*reason);
  return out;
}

Result<std::vector<Hold>> HoldRepository::list(OrganisationId organisation, bool released_too) {
  return database_.read([&](Session& session) -> Result<std::vector<Hold>> {
    std::vector<Hold> out;
    for (const auto& row :
         session.query(std::string("SELECT ") + kColumns + " FROM holds WHERE organisation = ?" +
                           (released_too ? "" : " AND released_at IS NULL") + " ORDER BY created_at, id",
                       {organisation})) {
      auto hold = unsealed(row);
      if (!hold) return std::unexpected(hold.error());
      out.push_back(std::move(*hold));
    }
    return out;
  });
}

Result<std::vector<Hold>> HoldRepository::list(OrganisationId organisation, CallId call) {
  return database_.read([&](Session& session) -> Result<std::vector<Hold>> {
    std::vector<Hold> out;
    for (const auto& row : session.query(
             std::string("SELECT ") + kColumns +
                 " FROM holds WHERE organisation = ? AND call_id = ? AND released_at IS NULL ORDER BY created_at, id",
             {organisation, call})) {
      auto hold = unsealed(row);
      if (!hold) return std::unexpected(hold.error());
      out.push_back(std::move(*hold));
    }
    return out;
  });
}

bool HoldRepository::held(Session& session, OrganisationId organisation, CallId call) {
  return session
      .find("SELECT 1 FROM holds WHERE organisation = ? AND call_id = ? AND released_at IS NULL", {organisation, call})
      .has_value();
}

}  // namespace parley::store
