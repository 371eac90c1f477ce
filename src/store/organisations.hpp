#pragma once
#include <string>
#include <vector>

#include <base/ids.hpp>
#include <store/database.hpp>
#include <store/media_encryption.hpp>
#include <vault/keyring.hpp>

namespace parley::store {

struct Organisation {
  OrganisationId id;
  std::string name;
  std::string sip_domain;  // lower case; unique over the platform
  std::string time_zone = "UTC";
  WallTime created{};
  MediaEncryption media_encryption = MediaEncryption::Optional;  // of devices and trunks that do not say
};

/// Thread: any, blocking.   Errors: NotFound, Conflict (domain in use), and the database's.
/// The Session overloads take part in the caller's transaction (configuration applied as one step).
class OrganisationRepository {
 public:
  OrganisationRepository(Database& database, vault::Keyring& keyring) : database_(database), keyring_(keyring) {}

  Result<void> create(const Organisation& organisation);
  Result<void> create(Session& session, const Organisation& organisation);
  Result<void> update(const Organisation& organisation);
  Result<void> update(Session& session, const Organisation& organisation);
  Result<Organisation> find(OrganisationId id);
  Result<Organisation> find_by_domain(std::string_view sip_domain);
  Result<std::vector<Organisation>> list();
  /// Every row of the organisation and all its keys. The caller removes blobs first
  /// (privacy::Eraser::erase_organisation does all of it).
  Result<void> remove(OrganisationId id);

 private:
  Result<Organisation> unsealed(const Row& row);
  Database& database_;
  vault::Keyring& keyring_;
};

}  // namespace parley::store
