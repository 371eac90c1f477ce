#include <algorithm>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include <api/api.hpp>
#include <api/authentication.hpp>
#include <base/ascii.hpp>
#include <base/bytes.hpp>
#include <base/log.hpp>
#include <base/metrics.hpp>
#include <store/store.hpp>
#include <vault/hash.hpp>
#include <vault/password.hpp>

namespace parley::api {

namespace {
pbx::AccessGuard::Limits limits_of(unsigned per_minute) {
  pbx::AccessGuard::Limits limits;
  limits.free_attempts = std::max(1U, per_minute / 2);
  limits.account_limit = per_minute;
  limits.address_limit = per_minute * 3;
  limits.window = std::chrono::minutes(1);
  limits.ban = std::chrono::minutes(10);
  return limits;
}

store::Tier tier_of(store::Role role) {
  return role == store::Role::PlatformAdministrator ? store::Tier::Platform : store::Tier::User;
}

/// A hash at the usual cost that no password fits (its own was random and is forgotten): a login that does not exist
/// takes as long as one that does.
constexpr const char* kNobody =
    "$argon2id$v=19$m=65536,t=2,p=1$TmhUb+4rK4FzP16lNY99rg$gNuPFbvp9FuH9Qq/Zxl67r8+EvPuQlddXjSo62K6s10";

}  // namespace

Authentication::Authentication(const ApiParts& parts) : parts_(parts), guard_(limits_of(parts.sign_ins_per_minute)) {
  nobody_ = parts.cheap_passwords ? hash("no password fits this") : kNobody;
}

std::string Authentication::hash(std::string_view password) const {
  if (parts_.cheap_passwords) return vault::hash_password(password, {.passes = 1, .memory_bytes = 8192});
  return vault::hash_password(password);
}

std::expected<Caller, Refusal> Authentication::caller_of(const net::HttpRequest& request) {
  const std::string_view header = request.header("authorization");
  if (!header.empty()) {
    if (header.size() < 8 || !net::equals_ignoring_case(header.substr(0, 7), "Bearer ")) {
      return refuse(Problem::NotSignedIn, "send Authorization: Bearer TOKEN");
    }
    return caller_of_token(std::string(header.substr(7)));
  }
  if (request.is_local_socket) {
    Caller caller;
    if (request.peer_uid != 0 && request.peer_uid != ::geteuid()) {
      return refuse(Problem::NotSignedIn, "the local socket is for this server's own user and root");
    }
    caller.kind = Caller::Kind::LocalSocket;
    caller.role = store::Role::PlatformAdministrator;
    return caller;
  }
  const std::string_view cookie = request.cookie("parley_session");
  if (cookie.empty()) return Caller{};
  auto caller = caller_of_token(std::string(cookie));
  if (caller) caller->by_cookie = true;
  return caller;
}

std::expected<Caller, Refusal> Authentication::caller_of_token(const std::string& token) {
  if (token.empty() || token.size() > 200) return refuse(Problem::NotSignedIn, "the token is not one of ours");
  const auto known = parts_.store.sessions.check(token);
  if (!known) {
    if (known.error().code == Errc::Unauthorized) return refuse(Problem::NotSignedIn, "the sign-in has ended");
    return refuse(known.error());
  }
  auto user = parts_.store.users.find(known->organisation, known->user);
  if (!user) {
    if (user.error().code == Errc::NotFound) return refuse(Problem::NotSignedIn, "the sign-in has ended");
    return refuse(user.error());
  }
  if (user->disabled || known->tier != tier_of(user->role))
    return refuse(Problem::NotSignedIn, "the sign-in has ended");  // SEC-3
  Caller caller;
  caller.kind = Caller::Kind::User;
  caller.role = user->role;
  caller.user = std::move(*user);
  caller.token = token;
  return caller;
}

bool Authentication::is_own_origin(const net::HttpRequest& request) const {
  const std::string_view origin = request.header("origin");
  if (origin.empty()) return request.header("sec-fetch-site") == "same-origin";
  if (!parts_.public_url.empty() && origin == parts_.public_url) return true;
  return origin == fmt::format("{}://{}", request.tls ? "https" : "http", request.header("host"));
}

Answer Authentication::sign_in(Request& request) {
  static auto& failures = metrics::counter("parley_sign_in_failures_total", "Sign-ins with wrong credentials.");
  const std::string login = *request.text("login");
  const std::string password = *request.text("password");
  const IpAddress& address = request.http.peer.address;
  const std::string account = to_hex(BytesView(vault::sha256(as_bytes(ascii_lower(login)))).first(16));
  const auto decision = guard_.check(address, account, parts_.clock.now());
  if (decision.verdict != pbx::AccessGuard::Verdict::Allow) {
    const auto wait = std::chrono::ceil<std::chrono::seconds>(decision.retry_after).count();
    return std::unexpected(Refusal{Problem::TooManyRequests, "too many wrong passwords; wait, then try again",
                                   static_cast<int>(std::clamp<std::int64_t>(wait, 1, 600))});
  }
  const auto found = parts_.store.users.find_by_login(login);
  if (!found && found.error().code != Errc::NotFound) return refuse(found.error());
  if (!password_checks_.try_acquire_for(std::chrono::seconds(5))) {
    return std::unexpected(Refusal{Problem::TooManyRequests, "too many sign-ins at once", 2});
  }
  const bool usable = found && !found->password_hash.empty() && !found->user.disabled;
  const bool right = vault::verify_password(usable ? found->password_hash : nobody_, password) && usable;
  password_checks_.release();
  if (!right) {
    failures.add();
    if (guard_.failure(address, account, parts_.clock.now())) {
      log::warning("sign_in.address_banned", {{"address", log::personal(address.text())}});
    }
    if (found) {
      request.caller.user = found->user;
      auto entry = request.entry("sign_in.refused", "user", found->user.id.text());
      entry.organisation = found->user.organisation;
      entry.result = "wrong_credentials";
      (void)parts_.store.audit.append(entry);
    }
    return refuse(Problem::WrongCredentials, "login or password is wrong");
  }
  guard_.success(address, account, parts_.clock.now());
  Caller caller;
  caller.kind = Caller::Kind::User;
  caller.user = found->user;
  caller.role = found->user.role;
  auto made = parts_.store.sessions.create(caller.user.organisation, caller.user.id, tier_of(caller.role),
                                           address.text(), request.http.header("user-agent").substr(0, 200));
  if (!made) return refuse(made.error());
  request.caller = caller;
  if (auto done = request.audit("sign_in", "user", caller.user.id.text()); !done) return refuse(done.error());
  const bool remember = request.truth("remember").value_or(false);
  const auto life = std::chrono::duration_cast<std::chrono::seconds>(made->sign_in.expires - made->sign_in.created);
  auto response = ok(
      {{"token", made->token}, {"expires_at", to_rfc3339(made->sign_in.expires)}, {"user", me_json(parts_, caller)}});
  response.set("Set-Cookie", session_cookie(made->token, remember ? std::optional(life) : std::nullopt));
  return response;
}

std::string session_cookie(std::string_view token, std::optional<std::chrono::seconds> max_age) {
  auto out = fmt::format("parley_session={}; Path=/; HttpOnly; Secure; SameSite=Strict", token);
  if (max_age) out += fmt::format("; Max-Age={}", max_age->count());
  return out;
}

json::object me_json(const ApiParts& parts, const Caller& caller) {
  json::array permissions;
  for (const auto name : permissions_of(caller.role)) permissions.emplace_back(name);
  json::object out{
      {"role", store::to_string(caller.role)}, {"permissions", std::move(permissions)}, {"organisation", nullptr}};
  if (caller.kind == Caller::Kind::LocalSocket) {
    out["id"] = nullptr;
    out["login"] = "local";
    out["display_name"] = "Local administrator";
    return out;
  }
  out["id"] = caller.user.id.text();
  out["login"] = caller.user.login;
  out["display_name"] = caller.user.display_name;
  if (caller.user.organisation.is_nil()) return out;
  if (const auto organisation = parts.store.organisations.find(caller.user.organisation)) {
    out["organisation"] = json::object{{"id", organisation->id.text()}, {"name", organisation->name}};
  }
  return out;
}

}  // namespace parley::api
