#include <algorithm>

#include <api/api.hpp>
#include <api/route.hpp>
#include <store/store.hpp>

namespace parley::api {

namespace {
constexpr std::string_view kWeak = "the password is too easy: use at least 10 characters, not the login";

const Schema kUser{"User",
                   {id("id").need(), text("login").need(), text("display_name").need(), text("email").need(),
                    text("role").need(), truth("disabled").need(), time("created_at").need()}};
Field role() { return choice("role", {"administrator", "supervisor", "user", "auditor"}); }
const Schema kCreate{
    "UserCreate",
    {text("login").need().between(1, 200), text("display_name"), text("email"), role().need(), truth("disabled"),
     text("password").between(10, 1000).says("without one nobody can sign in yet")}};
const Schema kChange{"UserChange",
                     {text("login").between(1, 200), text("display_name"), text("email"), role(), truth("disabled"),
                      text("password").between(10, 1000)}};

json::object to_json(const store::User& one) {
  return {{"id", one.id.text()},
          {"login", one.login},
          {"display_name", one.display_name},
          {"email", one.email},
          {"role", store::to_string(one.role)},
          {"disabled", one.disabled},
          {"created_at", to_rfc3339(one.created)}};
}

std::optional<Refusal> take(const Request& request, store::User& one) {
  if (auto v = request.text("login")) one.login = std::move(*v);
  if (auto v = request.text("display_name")) one.display_name = std::move(*v);
  if (auto v = request.text("email")) one.email = std::move(*v);
  if (auto v = request.truth("disabled")) one.disabled = *v;
  if (auto v = request.text("role")) one.role = *store::role_of(*v);
  if (const auto password = request.text("password")) {
    const bool one_sign = std::ranges::all_of(*password, [&](char c) { return c == password->front(); });
    if (one_sign || *password == one.login) return Refusal{Problem::InvalidValue, std::string(kWeak), std::nullopt};
  }
  return std::nullopt;
}

Answer list(Request& request) {
  const auto all = request.parts.store.users.list(request.organisation);
  if (!all) return refuse(all.error());
  json::array items;
  for (const auto& one : *all) items.push_back(to_json(one));
  return ok(page(std::move(items)));
}

Answer create(Request& request) {
  store::User one;
  one.id = UserId::make(request.parts.clock, request.parts.store.random);
  one.organisation = request.organisation;
  one.created = request.parts.clock.wall();
  if (auto refusal = take(request, one)) return std::unexpected(std::move(*refusal));
  const auto password = request.text("password");
  const std::string hash = password ? request.api.hash_new_password(*password) : std::string();
  if (auto done = request.parts.store.users.create(one, hash); !done) return refuse(done.error());
  if (auto done = request.audit("user.created", "user", one.id.text(), {{"role", store::to_string(one.role)}}); !done)
    return refuse(done.error());
  return ok(to_json(one), 201).set("Location", request.http.path + "/" + one.id.text());
}

Answer show(Request& request) {
  const auto one = request.parts.store.users.find(request.organisation, request.id<UserId>("user"));
  if (!one) return refuse(one.error());
  const auto body = to_json(*one);
  return ok(body).set("ETag", etag_of(body));
}

Answer change(Request& request) {
  auto& users = request.parts.store.users;
  auto one = users.find(request.organisation, request.id<UserId>("user"));
  if (!one) return refuse(one.error());
  if (auto refusal = check_if_match(request, etag_of(to_json(*one)))) return std::unexpected(std::move(*refusal));
  const store::User before = *one;
  if (auto refusal = take(request, *one)) return std::unexpected(std::move(*refusal));
  const bool self = request.caller.kind == Caller::Kind::User && request.caller.user.id == one->id;
  if (self && (one->disabled || one->role != before.role)) {
    return refuse(Problem::Conflict, "you cannot take your own rights away; let another administrator do it");
  }
  if (auto done = users.update(*one); !done) return refuse(done.error());
  json::object details{{"role", store::to_string(one->role)}, {"disabled", one->disabled}};
  if (const auto password = request.text("password")) {
    if (auto done = users.set_password(one->organisation, one->id, request.api.hash_new_password(*password)); !done)
      return refuse(done.error());
    details["password"] = "changed";
  }
  if (auto done = request.audit("user.changed", "user", one->id.text(), details); !done) return refuse(done.error());
  if (one->disabled || one->role != before.role || request.text("password")) {  // old rights end at once
    if (auto done = request.parts.store.sessions.revoke_all(one->organisation, one->id); !done)
      return refuse(done.error());
    request.api.close_streams_of_user(one->id);
  }
  const auto body = to_json(*one);
  return ok(body).set("ETag", etag_of(body));
}

Answer remove(Request& request) {
  const auto user = request.id<UserId>("user");
  if (request.caller.kind == Caller::Kind::User && request.caller.user.id == user) {
    return refuse(Problem::Conflict, "you cannot delete yourself; let another administrator do it");
  }
  const auto one = request.parts.store.users.find(request.organisation, user);
  if (!one) return refuse(one.error());
  if (auto done = request.parts.store.users.remove(request.organisation, user); !done) return refuse(done.error());
  request.api.close_streams_of_user(user);
  if (auto done = request.audit("user.deleted", "user", user.text()); !done) return refuse(done.error());
  return no_content();
}
}  // namespace

void add_user_routes(std::vector<Route>& out) {
  constexpr std::string_view kAll = "/v1/organisations/{organisation}/users";
  constexpr std::string_view kOne = "/v1/organisations/{organisation}/users/{user}";
  out.push_back({.method = "GET",
                 .path = kAll,
                 .permission = Permission::UsersRead,
                 .summary = "Users",
                 .response = &kUser,
                 .list = true,
                 .handler = list,
                 .query = {}});
  out.push_back({.method = "POST",
                 .path = kAll,
                 .permission = Permission::UsersWrite,
                 .summary = "Make a user",
                 .request = &kCreate,
                 .response = &kUser,
                 .status = 201,
                 .handler = create,
                 .query = {}});
  out.push_back({.method = "GET",
                 .path = kOne,
                 .permission = Permission::UsersRead,
                 .summary = "One user",
                 .response = &kUser,
                 .handler = show,
                 .query = {}});
  out.push_back({.method = "PATCH",
                 .path = kOne,
                 .permission = Permission::UsersWrite,
                 .summary = "Change a user; a new password or role ends their sign-ins",
                 .request = &kChange,
                 .response = &kUser,
                 .handler = change,
                 .query = {}});
  out.push_back({.method = "DELETE",
                 .path = kOne,
                 .permission = Permission::UsersWrite,
                 .summary = "Delete a user for good",
                 .status = 204,
                 .handler = remove,
                 .query = {}});
}

}  // namespace parley::api
