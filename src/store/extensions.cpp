#include <algorithm>

#include <store/answers.hpp>
#include <store/extensions.hpp>
#include <store/json.hpp>
#include <store/shred.hpp>
#include <store/text.hpp>

namespace parley::store {
namespace {

using vault::ThingKind;

constexpr const char* kColumns = "id, organisation, user_id, recording, ring_timeout_s, enabled, created_at, sealed";

std::string sealed_of(const vault::ThingKey& key, const Extension& extension) {
  return key.seal_text("extension", json::serialize(json::object{{"number", extension.number},
                                                                 {"display_name", extension.display_name},
                                                                 {"email", extension.email},
                                                                 {"mobile", extension.mobile},
                                                                 {"site", extension.site},
                                                                 {"department", extension.department},
                                                                 {"caller_id", extension.caller_id}}));
}

Result<Extension> unsealed(vault::Keyring& keyring, const Row& row) {
  Extension out;
  out.id = row.id<ExtensionId>(0);
  out.organisation = row.id<OrganisationId>(1);
  out.user = row.maybe_id<UserId>(2);
  out.recording = static_cast<RecordingMode>(row.integer(3));
  out.ring_timeout_s = static_cast<int>(row.integer(4));
  out.enabled = row.truth(5);
  out.created = row.time(6);
  const auto key = keyring.open(out.organisation, ThingKind::Extension, out.id.uuid);
  if (!key) return std::unexpected(key.error());
  const auto text = key->open_text("extension", row.text(7));
  if (!text) return std::unexpected(text.error());
  const auto object = parse_object(*text);
  if (!object) return std::unexpected(object.error());
  out.number = text_at(*object, "number");
  out.display_name = text_at(*object, "display_name");
  out.email = text_at(*object, "email");
  out.mobile = text_at(*object, "mobile");
  out.site = text_at(*object, "site");
  out.department = text_at(*object, "department");
  out.caller_id = text_at(*object, "caller_id");
  return out;
}

std::unexpected<Error> no_extension() { return fail(Errc::NotFound, "no such extension"); }
std::unexpected<Error> in_use() { return fail(Errc::Conflict, "the extension number is in use"); }

void note_opt_in(Session& session, const Extension& extension) {
  session.execute("INSERT INTO recording_opt_ins (organisation, extension, at, recording) VALUES (?, ?, ?, ?)",
                  {extension.organisation, extension.id, session.now(), extension.recording});
}

}  // namespace

std::string_view to_string(RecordingMode mode) noexcept { return mode == RecordingMode::On ? "on" : "off"; }

std::optional<RecordingMode> recording_mode_of(std::string_view text) noexcept {
  if (text == "on") return RecordingMode::On;
  if (text == "off") return RecordingMode::Off;
  return std::nullopt;
}

Result<void> ExtensionRepository::create(const Extension& extension) {
  return database_.transaction(extension.organisation, [&](Session& session) { return create(session, extension); });
}

Result<void> ExtensionRepository::create(Session& session, const Extension& extension) {
  const auto index = keyring_.blind_index(extension.organisation, "extension", number_of(extension.number));
  if (!index) return std::unexpected(index.error());
  if (session.find("SELECT id FROM extensions WHERE organisation = ? AND number_index = ?",
                   {extension.organisation, *index}))
    return in_use();
  const auto key = keyring_.open_or_create(extension.organisation, ThingKind::Extension, extension.id.uuid);
  if (!key) return std::unexpected(key.error());
  session.execute(
      "INSERT INTO extensions (id, organisation, number_index, user_id, recording, ring_timeout_s, enabled, "
      "created_at, sealed)"
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
      {extension.id, extension.organisation, *index, extension.user, extension.recording, extension.ring_timeout_s,
       extension.enabled, extension.created == WallTime{} ? session.now() : extension.created,
       sealed_of(*key, extension)});
  note_opt_in(session, extension);
  return {};
}

Result<void> ExtensionRepository::update(const Extension& extension) {
  return database_.transaction(extension.organisation, [&](Session& session) { return update(session, extension); });
}

Result<void> ExtensionRepository::update(Session& session, const Extension& extension) {
  const auto index = keyring_.blind_index(extension.organisation, "extension", number_of(extension.number));
  if (!index) return std::unexpected(index.error());
  const auto before = session.find("SELECT recording FROM extensions WHERE organisation = ? AND id = ?",
                                   {extension.organisation, extension.id});
  if (!before) return no_extension();
  const auto taken = session.find("SELECT id FROM extensions WHERE organisation = ? AND number_index = ?",
                                  {extension.organisation, *index});
  if (taken && taken->id<ExtensionId>(0) != extension.id) return in_use();
  const auto key = keyring_.open(extension.organisation, ThingKind::Extension, extension.id.uuid);
  if (!key) return std::unexpected(key.error());
  session.execute(
      "UPDATE extensions SET number_index = ?, user_id = ?, recording = ?, ring_timeout_s = ?, enabled = ?, sealed = ?"
      " WHERE organisation = ? AND id = ?",
      {*index, extension.user, extension.recording, extension.ring_timeout_s, extension.enabled,
       sealed_of(*key, extension), extension.organisation, extension.id});
  if (static_cast<RecordingMode>(before->integer(0)) != extension.recording) note_opt_in(session, extension);
  return {};
}

Result<Extension> ExtensionRepository::find(OrganisationId organisation, ExtensionId id) {
  return database_.read([&](Session& session) -> Result<Extension> {
    const auto row = session.find(
        std::string("SELECT ") + kColumns + " FROM extensions WHERE organisation = ? AND id = ?", {organisation, id});
    if (!row) return no_extension();
    return unsealed(keyring_, *row);
  });
}

Result<Extension> ExtensionRepository::find_by_number(OrganisationId organisation, std::string_view number) {
  const auto index = keyring_.blind_index(organisation, "extension", number_of(number));
  if (!index) return std::unexpected(index.error());
  return database_.read([&](Session& session) -> Result<Extension> {
    const auto row =
        session.find(std::string("SELECT ") + kColumns + " FROM extensions WHERE organisation = ? AND number_index = ?",
                     {organisation, *index});
    if (!row) return no_extension();
    return unsealed(keyring_, *row);
  });
}

Result<std::vector<Extension>> ExtensionRepository::list(OrganisationId organisation) {
  return database_.read([&](Session& session) -> Result<std::vector<Extension>> {
    std::vector<Extension> out;
    for (const auto& row :
         session.query(std::string("SELECT ") + kColumns + " FROM extensions WHERE organisation = ?", {organisation})) {
      auto extension = unsealed(keyring_, row);
      if (!extension) return std::unexpected(extension.error());
      out.push_back(std::move(*extension));
    }
    std::ranges::sort(out, [](const Extension& a, const Extension& b) {
      return std::pair(a.number.size(), a.number) < std::pair(b.number.size(), b.number);
    });
    return out;
  });
}

Result<void> ExtensionRepository::remove(OrganisationId organisation, ExtensionId id) {
  return database_.transaction(organisation, [&](Session& session) { return remove(session, organisation, id); });
}

Result<void> ExtensionRepository::remove(Session& session, OrganisationId organisation, ExtensionId id) {
  if (!session.find("SELECT id FROM extensions WHERE organisation = ? AND id = ?", {organisation, id}))
    return no_extension();
  const auto devices =
      session.query("SELECT id FROM devices WHERE organisation = ? AND extension = ?", {organisation, id});
  session.execute("DELETE FROM devices WHERE organisation = ? AND extension = ?", {organisation, id});
  session.execute("DELETE FROM extensions WHERE organisation = ? AND id = ?", {organisation, id});
  AnswerRepository::wipe(session, database_, organisation, id.uuid);
  // Keys go once the rows are gone for good: were the transaction rolled back, the rows would be unreadable otherwise.
  session.after_commit([&keyring = keyring_, organisation, id, devices] {
    shred(keyring, organisation, ThingKind::Extension, id.uuid);
    for (const auto& device : devices) shred(keyring, organisation, ThingKind::Device, device.id<DeviceId>(0).uuid);
  });
  return {};
}

Result<std::vector<RecordingOptIn>> ExtensionRepository::recording_opt_ins(OrganisationId organisation,
                                                                           ExtensionId id) {
  return database_.read([&](Session& session) -> Result<std::vector<RecordingOptIn>> {
    std::vector<RecordingOptIn> out;
    for (const auto& row : session.query("SELECT extension, at, recording FROM recording_opt_ins WHERE organisation = "
                                         "? AND extension = ? ORDER BY at",
                                         {organisation, id})) {
      out.push_back({row.id<ExtensionId>(0), row.time(1), static_cast<RecordingMode>(row.integer(2))});
    }
    return out;
  });
}

}  // namespace parley::store
