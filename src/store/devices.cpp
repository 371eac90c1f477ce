#include <store/answers.hpp>
#include <store/devices.hpp>
#include <store/json.hpp>
#include <store/shred.hpp>
#include <store/text.hpp>

namespace parley::store {
namespace {

using vault::ThingKind;

constexpr const char* kColumns = "id, organisation, extension, created_at, sealed";

std::string sealed_of(const vault::ThingKey& key, const Device& device) {
  return key.seal_text("device",
                       json::serialize(json::object{{"name", device.name},
                                                    {"sip_username", device.sip_username},
                                                    {"sip_password", device.sip_password},
                                                    {"media_encryption", to_string(device.media_encryption)}}));
}

Result<Device> unsealed_device(vault::Keyring& keyring, const Row& row) {
  Device out;
  out.id = row.id<DeviceId>(0);
  out.organisation = row.id<OrganisationId>(1);
  out.extension = row.id<ExtensionId>(2);
  out.created = row.time(3);
  const auto key = keyring.open(out.organisation, ThingKind::Device, out.id.uuid);
  if (!key) return std::unexpected(key.error());
  const auto text = key->open_text("device", row.text(4));
  if (!text) return std::unexpected(text.error());
  const auto object = parse_object(*text);
  if (!object) return std::unexpected(object.error());
  out.name = text_at(*object, "name");
  out.sip_username = text_at(*object, "sip_username");
  out.sip_password = text_at(*object, "sip_password");
  out.media_encryption = media_encryption_of(text_at(*object, "media_encryption"));
  return out;
}

std::unexpected<Error> no_device() { return fail(Errc::NotFound, "no such device"); }

}  // namespace

Result<void> DeviceRepository::create(const Device& device) {
  return database_.transaction(device.organisation, [&](Session& session) { return create(session, device); });
}

Result<void> DeviceRepository::create(Session& session, const Device& device) {
  const auto index = keyring_.blind_index(device.organisation, "sip_username", lower(device.sip_username));
  if (!index) return std::unexpected(index.error());
  if (!session.find("SELECT id FROM extensions WHERE organisation = ? AND id = ?",
                    {device.organisation, device.extension})) {
    return fail(Errc::NotFound, "no such extension");
  }
  if (session.find("SELECT id FROM devices WHERE organisation = ? AND username_index = ?",
                   {device.organisation, *index})) {
    return fail(Errc::Conflict, "the SIP user name is in use");
  }
  const auto key = keyring_.open_or_create(device.organisation, ThingKind::Device, device.id.uuid);
  if (!key) return std::unexpected(key.error());
  session.execute(
      "INSERT INTO devices (id, organisation, extension, username_index, created_at, sealed) VALUES (?, ?, ?, ?, ?, ?)",
      {device.id, device.organisation, device.extension, *index,
       device.created == WallTime{} ? session.now() : device.created, sealed_of(*key, device)});
  return {};
}

Result<void> DeviceRepository::update(const Device& device) {
  return database_.transaction(device.organisation, [&](Session& session) { return update(session, device); });
}

Result<void> DeviceRepository::update(Session& session, const Device& device) {
  const auto index = keyring_.blind_index(device.organisation, "sip_username", lower(device.sip_username));
  if (!index) return std::unexpected(index.error());
  const auto key = keyring_.open(device.organisation, ThingKind::Device, device.id.uuid);
  if (!key) return no_device();
  const auto taken = session.find("SELECT id FROM devices WHERE organisation = ? AND username_index = ?",
                                  {device.organisation, *index});
  if (taken && taken->id<DeviceId>(0) != device.id) return fail(Errc::Conflict, "the SIP user name is in use");
  const auto changed =
      session.execute("UPDATE devices SET username_index = ?, sealed = ? WHERE organisation = ? AND id = ?",
                      {*index, sealed_of(*key, device), device.organisation, device.id});
  if (changed == 0) return no_device();
  return {};
}

Result<Device> DeviceRepository::find(OrganisationId organisation, DeviceId id) {
  return database_.read([&](Session& session) -> Result<Device> {
    const auto row = session.find(std::string("SELECT ") + kColumns + " FROM devices WHERE organisation = ? AND id = ?",
                                  {organisation, id});
    if (!row) return no_device();
    return unsealed_device(keyring_, *row);
  });
}

Result<Device> DeviceRepository::find_by_username(OrganisationId organisation, std::string_view sip_username) {
  const auto index = keyring_.blind_index(organisation, "sip_username", lower(sip_username));
  if (!index) return std::unexpected(index.error());
  return database_.read([&](Session& session) -> Result<Device> {
    const auto row =
        session.find(std::string("SELECT ") + kColumns + " FROM devices WHERE organisation = ? AND username_index = ?",
                     {organisation, *index});
    if (!row) return no_device();
    return unsealed_device(keyring_, *row);
  });
}

Result<std::vector<Device>> DeviceRepository::unsealed(const std::vector<Row>& rows) {
  std::vector<Device> out;
  for (const auto& row : rows) {
    auto device = unsealed_device(keyring_, row);
    if (!device) return std::unexpected(device.error());
    out.push_back(std::move(*device));
  }
  return out;
}

Result<std::vector<Device>> DeviceRepository::list(OrganisationId organisation) {
  return database_.read([&](Session& session) {
    return unsealed(session.query(
        std::string("SELECT ") + kColumns + " FROM devices WHERE organisation = ? ORDER BY created_at, id",
        {organisation}));
  });
}

Result<std::vector<Device>> DeviceRepository::list(OrganisationId organisation, ExtensionId extension) {
  return database_.read([&](Session& session) {
    return unsealed(session.query(std::string("SELECT ") + kColumns +
                                      " FROM devices WHERE organisation = ? AND extension = ? ORDER BY created_at, id",
                                  {organisation, extension}));
  });
}

Result<void> DeviceRepository::remove(OrganisationId organisation, DeviceId id) {
  return database_.transaction(organisation, [&](Session& session) { return remove(session, organisation, id); });
}

Result<void> DeviceRepository::remove(Session& session, OrganisationId organisation, DeviceId id) {
  if (session.execute("DELETE FROM devices WHERE organisation = ? AND id = ?", {organisation, id}) == 0)
    return no_device();
  AnswerRepository::wipe(session, database_, organisation, id.uuid);
  session.after_commit(
      [&keyring = keyring_, organisation, id] { shred(keyring, organisation, ThingKind::Device, id.uuid); });
  return {};
}

/// All that needs a key or costs time is done by the caller, so that the database's thread only writes.
/// What needs a key is made before the transaction.
struct RegistrationRepository::Prepared {
  Registration row;
  std::string index;
  std::string sealed;  // empty: the row goes
};

Result<RegistrationRepository::Prepared> RegistrationRepository::prepare(const RegistrationChange& change) {
  const auto& row = change.registration;
  auto index = keyring_.blind_index(row.organisation, "contact", row.key.empty() ? row.contact : row.key);
  if (!index) return std::unexpected(index.error());
  Prepared out{row, std::move(*index), {}};
  if (change.removed) return out;
  const auto key = keyring_.open(row.organisation, ThingKind::Device, row.device.uuid);
  if (!key) return no_device();
  json::array path;
  for (const auto& hop : row.path) path.emplace_back(hop);
  out.sealed = key->seal_text("registration", json::serialize(json::object{{"contact", row.contact},
                                                                           {"sip_call_id", row.sip_call_id},
                                                                           {"cseq", row.cseq},
                                                                           {"instance", row.instance},
                                                                           {"reg_id", row.reg_id},
                                                                           {"q", row.q},
                                                                           {"local", row.local},
                                                                           {"path", path},
                                                                           {"user_agent", row.user_agent},
                                                                           {"source", row.source},
                                                                           {"transport", row.transport},
                                                                           {"reactor", row.reactor}}));
  return out;
}

std::uint64_t RegistrationRepository::write(Session& session, const Prepared& prepared) {
  const auto& row = prepared.row;
  if (prepared.sealed.empty())
    return session.execute("DELETE FROM registrations WHERE organisation = ? AND device = ? AND contact_index = ?",
                           {row.organisation, row.device, prepared.index});
  return session.execute(
      "INSERT INTO registrations (organisation, device, contact_index, extension, registered_at, expires_at, sealed)"
      " SELECT organisation, id, ?, ?, ?, ?, ? FROM devices WHERE organisation = ? AND id = ?"
      " ON CONFLICT (device, contact_index) DO UPDATE SET extension = excluded.extension, registered_at = "
      "excluded.registered_at, expires_at = excluded.expires_at, sealed = excluded.sealed",
      {prepared.index, row.extension, row.registered, row.expires, prepared.sealed, row.organisation, row.device});
}

Result<void> RegistrationRepository::put(const Registration& registration) {
  const auto prepared = prepare({registration, false});
  if (!prepared) return std::unexpected(prepared.error());
  return database_.transaction(registration.organisation, [&](Session& session) -> Result<void> {
    if (write(session, *prepared) == 0) return no_device();
    return {};
  });
}

Result<void> RegistrationRepository::remove(OrganisationId organisation, DeviceId device, std::string_view key) {
  RegistrationChange change;
  change.registration.organisation = organisation;
  change.registration.device = device;
  change.registration.key = key;
  change.removed = true;
  return write({change});
}

Result<void> RegistrationRepository::write(const std::vector<RegistrationChange>& changes) {
  std::vector<Prepared> rows;
  rows.reserve(changes.size());
  for (const auto& change : changes) {
    auto prepared = prepare(change);
    if (prepared) {
      rows.push_back(std::move(*prepared));
    } else if (prepared.error().code != Errc::NotFound) {
      return std::unexpected(prepared.error());
    }
  }
  return database_.transaction({}, [&](Session& session) -> Result<void> {
    for (const auto& row : rows) (void)write(session, row);
    return {};
  });
}

Result<void> RegistrationRepository::remove_all(OrganisationId organisation, DeviceId device) {
  return database_.transaction(organisation, [&](Session& session) -> Result<void> {
    session.execute("DELETE FROM registrations WHERE organisation = ? AND device = ?", {organisation, device});
    return {};
  });
}

Result<std::vector<Registration>> RegistrationRepository::list(OrganisationId organisation) {
  return database_.read([&](Session& session) -> Result<std::vector<Registration>> {
    std::vector<Registration> out;
    for (const auto& row :
         session.query("SELECT device, extension, registered_at, expires_at, sealed FROM registrations"
                       " WHERE organisation = ? AND expires_at > ? ORDER BY registered_at",
                       {organisation, session.now()})) {
      Registration registration;
      registration.organisation = organisation;
      registration.device = row.id<DeviceId>(0);
      registration.extension = row.id<ExtensionId>(1);
      registration.registered = row.time(2);
      registration.expires = row.time(3);
      const auto key = keyring_.open(organisation, ThingKind::Device, registration.device.uuid);
      if (!key) return std::unexpected(key.error());
      const auto text = key->open_text("registration", row.text(4));
      if (!text) return std::unexpected(text.error());
      const auto object = parse_object(*text);
      if (!object) return std::unexpected(object.error());
      registration.contact = text_at(*object, "contact");
      registration.sip_call_id = text_at(*object, "sip_call_id");
      registration.cseq = static_cast<std::uint32_t>(integer_at(*object, "cseq"));
      registration.instance = text_at(*object, "instance");
      registration.reg_id = static_cast<std::uint32_t>(integer_at(*object, "reg_id"));
      registration.q =
          object->contains("q") ? static_cast<std::uint16_t>(integer_at(*object, "q")) : std::uint16_t{1000};
      registration.local = text_at(*object, "local");
      for (const auto& hop : array_at(*object, "path")) registration.path.emplace_back(hop.as_string());
      registration.user_agent = text_at(*object, "user_agent");
      registration.source = text_at(*object, "source");
      registration.transport = text_at(*object, "transport");
      registration.reactor = static_cast<std::uint16_t>(integer_at(*object, "reactor"));
      out.push_back(std::move(registration));
    }
    return out;
  });
}

Result<std::uint64_t> RegistrationRepository::remove_expired() {
  return database_.transaction({}, [&](Session& session) -> Result<std::uint64_t> {
    return session.execute("DELETE FROM registrations WHERE expires_at <= ?", {session.now()});
  });
}

}  // namespace parley::store
