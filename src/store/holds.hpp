#pragma once
#include <optional>
#include <string>
#include <vector>

#include <base/ids.hpp>
#include <store/audit.hpp>
#include <store/database.hpp>
#include <vault/keyring.hpp>

namespace parley::store {

struct Hold {
  HoldId id;
  OrganisationId organisation;
  CallId call;
  std::string reason;  // sealed with the call's key
  WallTime created{};
  std::string created_by;  // actor id
  std::optional<WallTime> released;
  std::string released_by;
};

/// Legal holds (RET-10): while one is in force nothing of the call is deleted. Placing and releasing are audited in the
/// same transaction. Thread: any, blocking.   Errors: NotFound (also for another organisation's id), and the
/// database's.
class HoldRepository {
 public:
  HoldRepository(Database& database, vault::Keyring& keyring, AuditLog& audit)
      : database_(database), keyring_(keyring), audit_(audit) {}
  Result<Hold> place(OrganisationId organisation, CallId call, std::string_view reason, const AuditEntry& by);
  Result<void> release(OrganisationId organisation, HoldId id, const AuditEntry& by);
  Result<std::vector<Hold>> list(OrganisationId organisation, bool released_too = false);
  Result<std::vector<Hold>> list(OrganisationId organisation, CallId call);  // in force
  static bool held(Session& session, OrganisationId organisation, CallId call);

 private:
  Result<Hold> unsealed(const Row& row);
  Database& database_;
  vault::Keyring& keyring_;
  AuditLog& audit_;
};

}  // namespace parley::store
