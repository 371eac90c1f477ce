#pragma once
#include <string>
#include <vector>

#include <base/ids.hpp>
#include <store/database.hpp>
#include <vault/keyring.hpp>

namespace parley::store {

enum class Role : std::uint8_t { PlatformAdministrator = 1, Administrator = 2, Supervisor = 3, User = 4, Auditor = 5 };
[[nodiscard]] std::string_view to_string(Role role) noexcept;  // platform_administrator, administrator, ...
[[nodiscard]] std::optional<Role> role_of(std::string_view text) noexcept;

struct User {
  UserId id;
  OrganisationId organisation;  // nil: the platform's own (platform administrators)
  std::string login;            // unique over the platform, compared without case
  std::string display_name;
  std::string email;
  Role role = Role::User;
  bool disabled = false;
  WallTime created{};
};

struct UserCredentials {
  User user;
  std::string password_hash;  // argon2id; empty: cannot sign in by password
};

/// Names, e-mails and password hashes are sealed with the user's key; sign-in finds the login by blind index.
/// Thread: any, blocking.   Errors: NotFound (also for another organisation's id), Conflict (login in use), and the
/// database's.
class UserRepository {
 public:
  UserRepository(Database& database, vault::Keyring& keyring) : database_(database), keyring_(keyring) {}

  Result<void> create(const User& user, std::string_view password_hash);
  Result<void> create(Session& session, const User& user, std::string_view password_hash);
  Result<void> update(const User& user);
  Result<void> update(Session& session, const User& user);
  Result<void> set_password(OrganisationId organisation, UserId id, std::string_view password_hash);
  Result<User> find(OrganisationId organisation, UserId id);
  Result<UserCredentials> find_by_login(std::string_view login);  // over the whole platform: sign-in only
  Result<std::vector<User>> list(OrganisationId organisation);
  /// Also ends the user's sessions and destroys the key.
  Result<void> remove(OrganisationId organisation, UserId id);

 private:
  Database& database_;
  vault::Keyring& keyring_;
};

}  // namespace parley::store
