#include <array>

#include <store/answers.hpp>
#include <store/json.hpp>
#include <store/organisations.hpp>
#include <store/text.hpp>

namespace parley::store {
namespace {

constexpr const char* kColumns = "id, sip_domain, time_zone, created_at, sealed";

/// Every table with rows of an organisation, children before parents.
constexpr std::array kTables = {
    "search_terms", "analyses", "transcripts", "holds",     "recordings",    "call_numbers",      "call_extensions",
    "calls",        "jobs",     "events",      "deadlines", "registrations", "devices",           "recording_opt_ins",
    "extensions",   "sign_ins", "users",       "audit",     "audit_heads",   "audit_checkpoints", "policies",
    "erasures",     "receipts", "reports",     "counters",  "routes",        "idempotency",       "trunks"};

std::string sealed_name(const vault::ThingKey& key, const Organisation& organisation) {
  return key.seal_text("organisation",
                       json::serialize(json::object{{"name", organisation.name},
                                                    {"media_encryption", to_string(organisation.media_encryption)}}));
}

}  // namespace

Result<void> OrganisationRepository::create(const Organisation& organisation) {
  return database_.transaction(organisation.id, [&](Session& session) { return create(session, organisation); });
}

Result<void> OrganisationRepository::create(Session& session, const Organisation& organisation) {
  const auto key = keyring_.organisation(organisation.id);
  if (!key) return std::unexpected(key.error());
  const WallTime created = organisation.created == WallTime{} ? session.now() : organisation.created;
  session.execute("INSERT INTO organisations (id, sip_domain, time_zone, created_at, sealed) VALUES (?, ?, ?, ?, ?)",
                  {organisation.id, lower(organisation.sip_domain), organisation.time_zone, created,
                   sealed_name(*key, organisation)});
  return {};
}

Result<void> OrganisationRepository::update(const Organisation& organisation) {
  return database_.transaction(organisation.id, [&](Session& session) { return update(session, organisation); });
}

Result<void> OrganisationRepository::update(Session& session, const Organisation& organisation) {
  const auto key = keyring_.organisation(organisation.id);
  if (!key) return std::unexpected(key.error());
  const auto changed = session.execute(
      "UPDATE organisations SET sip_domain = ?, time_zone = ?, sealed = ? WHERE id = ?",
      {lower(organisation.sip_domain), organisation.time_zone, sealed_name(*key, organisation), organisation.id});
  if (changed == 0) return fail(Errc::NotFound, "no such organisation");
  return {};
}

Result<Organisation> OrganisationRepository::unsealed(const Row& row) {
  Organisation out;
  out.id = row.id<OrganisationId>(0);
  out.sip_domain = row.text(1);
  out.time_zone = row.text(2);
  out.created = row.time(3);
  const auto key = keyring_.organisation(out.id);
  if (!key) return std::unexpected(key.error());
  const auto text = key->open_text("organisation", row.text(4));
  if (!text) return std::unexpected(text.error());
  const auto object = parse_object(*text);
  if (!object) return std::unexpected(object.error());
  out.name = text_at(*object, "name");
  out.media_encryption = media_encryption_of(text_at(*object, "media_encryption")).value_or(MediaEncryption::Optional);
  return out;
}

Result<Organisation> OrganisationRepository::find(OrganisationId id) {
  return database_.read([&](Session& session) -> Result<Organisation> {
    const auto row = session.find(std::string("SELECT ") + kColumns + " FROM organisations WHERE id = ?", {id});
    if (!row) return fail(Errc::NotFound, "no such organisation");
    return unsealed(*row);
  });
}

Result<Organisation> OrganisationRepository::find_by_domain(std::string_view sip_domain) {
  return database_.read([&](Session& session) -> Result<Organisation> {
    const auto row = session.find(std::string("SELECT ") + kColumns + " FROM organisations WHERE sip_domain = ?",
                                  {lower(sip_domain)});
    if (!row) return fail(Errc::NotFound, "no such organisation");
    return unsealed(*row);
  });
}

Result<std::vector<Organisation>> OrganisationRepository::list() {
  return database_.read([&](Session& session) -> Result<std::vector<Organisation>> {
    std::vector<Organisation> out;
    for (const auto& row :
         session.query(std::string("SELECT ") + kColumns + " FROM organisations ORDER BY created_at, id")) {
      auto organisation = unsealed(row);
      if (!organisation) return std::unexpected(organisation.error());
      out.push_back(std::move(*organisation));
    }
    return out;
  });
}

Result<void> OrganisationRepository::remove(OrganisationId id) {
  auto removed = database_.transaction(id, [&](Session& session) -> Result<void> {
    if (!session.find("SELECT id FROM organisations WHERE id = ?", {id}))
      return fail(Errc::NotFound, "no such organisation");
    for (const char* table : kTables)
      session.execute("DELETE FROM " + std::string(table) + " WHERE organisation = ?", {id});
    session.execute("DELETE FROM organisations WHERE id = ?", {id});
    AnswerRepository::wipe(session, database_, id, id.uuid);
    return {};
  });
  if (!removed) return removed;
  if (auto destroyed = keyring_.destroy_organisation(id); !destroyed) return destroyed;
  return database_.checkpoint();
}

}  // namespace parley::store
