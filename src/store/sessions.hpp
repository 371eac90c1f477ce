#pragma once
#include <string>
#include <vector>

#include <base/ids.hpp>
#include <base/random.hpp>
#include <store/database.hpp>
#include <vault/keyring.hpp>

namespace parley::store {

/// Tiers of sign-in (SEC-3): a token of one opens nothing of another. Lifetimes by RET-8.
enum class Tier : std::uint8_t { User = 1, Reseller = 2, Platform = 3 };
inline constexpr std::chrono::hours kUserTokenLife{12};
inline constexpr std::chrono::hours kResellerTokenLife{4};
inline constexpr std::chrono::hours kPlatformTokenLife{2};

struct SignIn {
  TokenId id;
  OrganisationId organisation;
  UserId user;
  Tier tier = Tier::User;
  WallTime created{};
  WallTime expires{};
  std::string address;     // personal: sealed with the user's key
  std::string user_agent;  // personal: sealed with the user's key
};

struct NewSignIn {
  std::string token;  // shown once; only its hash is stored
  SignIn sign_in;
};

/// Sign-in sessions: opaque 256-bit bearer tokens, stored as SHA-256 only.
/// Thread: any, blocking.   Errors: Unauthorized for a token that is unknown, expired, revoked or of another tier.
class SessionRepository {
 public:
  SessionRepository(Database& database, vault::Keyring& keyring, Random& random)
      : database_(database), keyring_(keyring), random_(random) {}

  Result<NewSignIn> create(OrganisationId organisation, UserId user, Tier tier, std::string_view address,
                           std::string_view user_agent);
  Result<SignIn> check(std::string_view token);
  Result<SignIn> check(std::string_view token, Tier tier);
  Result<void> revoke(std::string_view token);
  Result<void> revoke(OrganisationId organisation, TokenId id);
  Result<void> revoke_all(OrganisationId organisation, UserId user);
  Result<std::vector<SignIn>> list(OrganisationId organisation, UserId user);
  /// Rows past their expiry. Returns how many.
  Result<std::uint64_t> remove_expired();

 private:
  Database& database_;
  vault::Keyring& keyring_;
  Random& random_;
};

}  // namespace parley::store
