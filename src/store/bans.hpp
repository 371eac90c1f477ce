#pragma once
#include <optional>
#include <string>
#include <vector>

#include <base/ids.hpp>
#include <store/database.hpp>
#include <vault/keyring.hpp>

namespace parley::store {

/// A banned address, or one that is never banned (pbx/ban_list.hpp), kept over a restart.
struct SipBan {
  Uuid id;
  bool allow = false;
  std::string range;   // "192.0.2.7", "192.0.2.0/24"
  std::string reason;  // and
  std::string by;      // who: a person's words and name
  WallTime since{};
  std::optional<WallTime> until;
};

/// Sealed with the platform's key.   Thread: any, blocking.   Errors: the database's.
class SipBanRepository {
 public:
  SipBanRepository(Database& database, vault::Keyring& keyring) : database_(database), keyring_(keyring) {}
  Result<void> put(const SipBan& ban);
  Result<void> remove(const Uuid& id);
  /// Those in force; rows that ran out are deleted first.
  Result<std::vector<SipBan>> list();

 private:
  Database& database_;
  vault::Keyring& keyring_;
};

}  // namespace parley::store
