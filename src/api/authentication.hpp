#pragma once
#include <semaphore>
#include <string>

#include <api/route.hpp>
#include <pbx/access_guard.hpp>

namespace parley::api {

/// Who asks, and sign-in. Wrong passwords cost time (argon2id also for logins that do not exist) and are limited per
/// address and per account: 429 with Retry-After (SEC-4, T-03, T-04).
/// Thread: any, blocking. Bounds: two password checks at a time (64 MiB each).
class Authentication {
 public:
  explicit Authentication(const ApiParts& parts);

  /// Kind::Nobody when nothing was sent; NotSignedIn when what was sent is worth nothing.
  [[nodiscard]] std::expected<Caller, Refusal> caller_of(const net::HttpRequest& request);
  [[nodiscard]] std::expected<Caller, Refusal> caller_of_token(const std::string& token);
  [[nodiscard]] Answer sign_in(Request& request);
  /// The Origin that a browser names is this server's; false as well when it names none.
  [[nodiscard]] bool is_own_origin(const net::HttpRequest& request) const;
  [[nodiscard]] std::string hash(std::string_view password) const;

 private:
  const ApiParts& parts_;
  pbx::AccessGuard guard_;
  std::counting_semaphore<> password_checks_{2};
  std::string nobody_;  // a hash that no password fits, for logins that do not exist
};

}  // namespace parley::api
