#pragma once
#include <optional>
#include <string>
#include <vector>

#include <base/ids.hpp>
#include <store/database.hpp>
#include <store/media_encryption.hpp>
#include <vault/keyring.hpp>

namespace parley::store {

/// One SIP account of an extension. The password is needed in clear for digest, so it is sealed, not hashed.
struct Device {
  DeviceId id;
  OrganisationId organisation;
  ExtensionId extension;
  std::string name;
  std::string sip_username;  // unique in the organisation
  std::string sip_password;
  WallTime created{};
  std::optional<MediaEncryption> media_encryption{};  // nullopt: the organisation's
};

/// A binding that a device registered (RFC 3261 §10.3), kept so that a restart loses none.
struct Registration {
  OrganisationId organisation;
  DeviceId device;
  ExtensionId extension;
  std::string contact;  // URI
  std::string key;      // what names it among those of its device; "": the contact
  std::string sip_call_id;
  std::uint32_t cseq = 0;
  std::string instance;  // +sip.instance, may be empty
  std::uint32_t reg_id = 0;
  std::uint16_t q = 1000;  // thousandths
  std::vector<std::string> path;
  std::string user_agent;
  std::string source;     // address:port that the request came from
  std::string local;      // address:port that it came to, "" if not known
  std::string transport;  // UDP, TCP, TLS, WS, WSS
  std::uint16_t reactor = 0;
  WallTime registered{};
  WallTime expires{};
};

/// Sealed with the device's key; the user name has a blind index.
/// Thread: any, blocking.   Errors: NotFound (also for another organisation's id), Conflict (user name in use), and the
/// database's.
class DeviceRepository {
 public:
  DeviceRepository(Database& database, vault::Keyring& keyring) : database_(database), keyring_(keyring) {}

  Result<void> create(const Device& device);
  Result<void> create(Session& session, const Device& device);
  Result<void> update(const Device& device);
  Result<void> update(Session& session, const Device& device);
  Result<Device> find(OrganisationId organisation, DeviceId id);
  Result<Device> find_by_username(OrganisationId organisation, std::string_view sip_username);
  Result<std::vector<Device>> list(OrganisationId organisation);
  Result<std::vector<Device>> list(OrganisationId organisation, ExtensionId extension);
  Result<void> remove(OrganisationId organisation, DeviceId id);
  Result<void> remove(Session& session, OrganisationId organisation, DeviceId id);

 private:
  Result<std::vector<Device>> unsealed(const std::vector<Row>& rows);
  Database& database_;
  vault::Keyring& keyring_;
};

/// `removed`: only organisation, device and key count.
struct RegistrationChange {
  Registration registration;
  bool removed = false;
};

/// Bindings at rest. One row per device and key.
class RegistrationRepository {
 public:
  RegistrationRepository(Database& database, vault::Keyring& keyring) : database_(database), keyring_(keyring) {}

  Result<void> put(const Registration& registration);  // replaces the binding with the same device and key
  Result<void> remove(OrganisationId organisation, DeviceId device, std::string_view key);
  /// Many in one transaction. What belongs to a device that is gone is left out.
  Result<void> write(const std::vector<RegistrationChange>& changes);
  Result<void> remove_all(OrganisationId organisation, DeviceId device);
  Result<std::vector<Registration>> list(OrganisationId organisation);  // not expired
  Result<std::uint64_t> remove_expired();

 private:
  struct Prepared;
  Result<Prepared> prepare(const RegistrationChange& change);
  static std::uint64_t write(Session& session, const Prepared& prepared);
  Database& database_;
  vault::Keyring& keyring_;
};

}  // namespace parley::store
