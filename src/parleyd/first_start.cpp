#include <fmt/format.h>
#include <parleyd/first_start.hpp>

#include <vault/password.hpp>

namespace parley::server {

namespace {
constexpr const char* kNames[] = {"Anna Schmidt", "Ben Carter", "Clara Novak"};
}

Result<std::optional<Welcome>> make_demo_organisation(store::Store& store) {
  const auto known = store.organisations.list();
  if (!known) return std::unexpected(known.error());
  if (!known->empty()) return std::optional<Welcome>{};
  const auto now = store.clock.wall();
  store::Organisation organisation;
  organisation.id = OrganisationId::make(store.clock, store.random);
  organisation.name = "Demo";
  organisation.sip_domain = "demo.parley.local";
  organisation.created = now;
  store::User admin;
  admin.id = UserId::make(store.clock, store.random);
  admin.organisation = organisation.id;
  admin.login = "admin";
  admin.display_name = "Administrator";
  admin.role = store::Role::Administrator;
  admin.created = now;
  Welcome welcome{admin.login, store.random.token(16), organisation.sip_domain, {}};
  const auto hash = vault::hash_password(welcome.password);
  std::vector<std::pair<store::Extension, store::Device>> phones;
  for (int i = 0; i < 3; ++i) {
    store::Extension extension;
    extension.id = ExtensionId::make(store.clock, store.random);
    extension.organisation = organisation.id;
    extension.number = std::to_string(101 + i);
    extension.display_name = kNames[i];
    extension.recording = i == 0 ? store::RecordingMode::On : store::RecordingMode::Off;
    extension.created = now;
    store::Device device;
    device.id = DeviceId::make(store.clock, store.random);
    device.organisation = organisation.id;
    device.extension = extension.id;
    device.name = "Phone";
    device.sip_username = extension.number;
    device.sip_password = store.random.token(24);
    device.created = now;
    welcome.phones.push_back(
        {extension.number, device.sip_username, device.sip_password, extension.recording == store::RecordingMode::On});
    phones.emplace_back(std::move(extension), std::move(device));
  }
  // One step: a crash in between leaves an empty database, and the next start makes it all again.
  auto done = store.database.transaction(organisation.id, [&](store::Session& session) -> Result<void> {
    if (auto made = store.organisations.create(session, organisation); !made) return made;
    if (auto made = store.users.create(session, admin, hash); !made) return made;
    for (const auto& [extension, device] : phones) {
      if (auto made = store.extensions.create(session, extension); !made) return made;
      if (auto made = store.devices.create(session, device); !made) return made;
    }
    return {};
  });
  if (!done) return std::unexpected(done.error());
  return std::optional(std::move(welcome));
}

std::string welcome_text(const Welcome& welcome, const std::string& console, const std::string& sip,
                         const std::string& fingerprint) {
  std::string out = fmt::format(
      "\nParley is ready. This is shown once:\n\n"
      "  Console          {}\n"
      "  Administrator    {}   password  {}\n",
      console, welcome.login, welcome.password);
  if (!fingerprint.empty()) out += fmt::format("  Certificate      self-signed, SHA-256 {}\n", fingerprint);
  out += fmt::format("  Phones           SIP server {}, domain {}\n", sip, welcome.sip_domain);
  for (const auto& phone : welcome.phones) {
    out += fmt::format("    extension {}  user name {}  password  {}{}\n", phone.number, phone.username, phone.password,
                       phone.recorded ? "   calls are recorded, after a notice" : "");
  }
  return out + "  Echo test        dial 600\n\nSee a phone's settings again, with a QR code: parley phone 101\n\n";
}

}  // namespace parley::server
