#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <api/api_fixture.hpp>
#include <store/devices.hpp>

namespace parley::api {
namespace {
using testing::HasSubstr;

constexpr store::Role kRoles[] = {store::Role::PlatformAdministrator, store::Role::Administrator,
                                  store::Role::Supervisor, store::Role::User, store::Role::Auditor};

/// The route's path with the organisation and ids put in; ids that are not named are made up.
std::string fill(std::string_view pattern, OrganisationId organisation,
                 const std::map<std::string, std::string>& ids = {}) {
  std::string out;
  while (!pattern.empty()) {
    const std::size_t open = std::min(pattern.find('{'), pattern.size());
    out += pattern.substr(0, open);
    pattern.remove_prefix(open);
    if (pattern.empty()) break;
    const std::size_t close = pattern.find('}');
    const std::string name(pattern.substr(1, close - 1));
    pattern.remove_prefix(close + 1);
    const auto known = ids.find(name);
    out += name == "organisation" ? organisation.text() : known != ids.end() ? known->second : CallId::make().text();
  }
  return out;
}

TEST(ApiAccess, EveryRouteAsksForItsPermission) {  // T-27: each role by each route, from the table of routes itself
  ApiFixture fixture;
  const auto organisation = fixture.store.organisation("one.test");
  for (const auto role : kRoles) {
    const bool platform = role == store::Role::PlatformAdministrator;
    const auto user =
        fixture.user(platform ? OrganisationId{} : organisation, "login-" + std::string(store::to_string(role)), role);
    const auto token = fixture.token(user);
    for (const auto& route : routes()) {
      if (route.permission == Permission::Nobody || route.path == "/v1/sign-out") continue;
      if (route.method == "DELETE" && route.path == "/v1/organisations/{organisation}" && platform)
        continue;  // it would go
      const auto reply =
          fixture.call(route.method, fill(route.path, organisation), token, route.request != nullptr ? "{}" : "");
      const auto what =
          fmt::format("{} {} {}: {} {}", store::to_string(role), route.method, route.path, reply.status, reply.text);
      if (allowed(role, route.permission)) {
        EXPECT_NE(reply.status, 401) << what;
        EXPECT_NE(reply.status, 403) << what;
        EXPECT_LT(reply.status, 500) << what;
      } else {
        EXPECT_EQ(reply.status, 403) << what;
        EXPECT_EQ(reply.at("code"), "forbidden") << what;
      }
    }
  }
}

TEST(ApiAccess, NothingButSignInAndTheDescriptionIsPublic) {
  ApiFixture fixture;
  const auto organisation = fixture.store.organisation("one.test");
  for (const auto& route : routes()) {
    if (route.permission == Permission::Nobody) {
      EXPECT_TRUE(route.path == "/v1/sign-in" || route.path == "/v1/openapi.json") << route.path;
      continue;
    }
    const auto path = fill(route.path, organisation);
    EXPECT_EQ(fixture.call(route.method, path, "").status, 401) << route.method << path;
    EXPECT_EQ(fixture.call(route.method, path, "made-up-token").status, 401) << route.method << path;
  }
}

TEST(ApiAccess,
     AnotherOrganisationLooksLikeNone) {  // T-26: every route below an organisation, with every id of the other
  ApiFixture fixture;
  const auto own = fixture.store.organisation("own.test");
  const auto other = fixture.store.organisation("other.test");
  const auto from = fixture.store.extension(other, "101");
  const auto to = fixture.store.extension(other, "102");
  const auto call = fixture.store.call(other, from, to);
  fixture.store.recording(call, "secret words");
  store::Device device;
  device.id = DeviceId::make();
  device.organisation = other;
  device.extension = from.id;
  device.name = "Phone";
  device.sip_username = "101";
  device.sip_password = "secret";
  (void)fixture.store->devices.create(device).value();
  const auto stranger = fixture.user(other, "stranger", store::Role::User);
  const std::map<std::string, std::string> ids{{"call", call.id.text()},
                                               {"extension", from.id.text()},
                                               {"device", device.id.text()},
                                               {"user", stranger.id.text()}};
  const auto token = fixture.token(fixture.user(own, "admin", store::Role::Administrator));
  const auto missing = fixture.call("GET", "/v1/organisations/" + OrganisationId::make().text() + "/calls", token);
  for (const auto& route : routes()) {
    if (route.path.find("{organisation}") == std::string_view::npos) continue;
    const auto theirs =
        fixture.call(route.method, fill(route.path, other, ids), token, route.request != nullptr ? "{}" : "");
    EXPECT_EQ(theirs.status, 404) << route.method << ' ' << route.path << theirs.text;
    EXPECT_EQ(theirs.text, missing.text) << route.path;
    if (route.path.find('{', route.path.find("{organisation}") + 1) == std::string_view::npos) continue;
    // Their id below our own organisation. A valid body, so that it is the id that is refused.
    const std::map<std::string_view, std::string> bodies{{"DeviceCreate", R"({"name":"x"})"},
                                                         {"RecordingOrder", R"({"action":"start"})"},
                                                         {"HoldPlace", R"({"reason":"x"})"}};
    const auto* schema = route.request;
    const auto body = schema == nullptr ? "" : bodies.contains(schema->name) ? bodies.at(schema->name) : "{}";
    if (route.method == "DELETE" && route.path.ends_with("{hold}")) continue;  // covered by its made-up id above
    const auto mixed = fixture.call(route.method, fill(route.path, own, ids), token, body);
    if (route.path.ends_with("{hold}") || allowed(store::Role::Administrator, route.permission)) {
      EXPECT_EQ(mixed.status, 404) << route.method << ' ' << route.path << mixed.text;
    }
    EXPECT_THAT(mixed.text, testing::Not(HasSubstr("secret"))) << route.path;
  }
  EXPECT_TRUE(fixture.store->calls.find(other, call.id)) << "nothing of it was touched";
}

TEST(ApiAccess, UsersSeeTheirOwnCallsOnly) {
  ApiFixture fixture;
  const auto organisation = fixture.store.organisation("one.test");
  auto mine = fixture.store.extension(organisation, "101");
  const auto a = fixture.store.extension(organisation, "102");
  const auto b = fixture.store.extension(organisation, "103");
  const auto user = fixture.user(organisation, "anna", store::Role::User);
  mine.user = user.id;
  (void)fixture.store->extensions.update(mine).value();
  const auto own = fixture.store.call(organisation, mine, a);
  const auto foreign = fixture.store.call(organisation, a, b);
  const auto token = fixture.token(user);
  const auto base = "/v1/organisations/" + organisation.text() + "/calls";
  const auto list = fixture.call("GET", base, token);
  ASSERT_EQ(list.status, 200) << list.text;
  EXPECT_EQ(list.body.at("items").as_array().size(), 1U);
  EXPECT_EQ(fixture.call("GET", base + "/" + own.id.text(), token).status, 200);
  EXPECT_EQ(fixture.call("GET", base + "/" + foreign.id.text(), token).status, 404);
  EXPECT_EQ(fixture.call("GET", base + "/" + foreign.id.text() + "/audio", token).status, 404);
}

TEST(ApiAccess, ATokenOfAnotherTierOpensNothing) {  // SEC-3
  ApiFixture fixture;
  const auto organisation = fixture.store.organisation("one.test");
  const auto admin = fixture.user(organisation, "admin", store::Role::Administrator);
  const auto wrong =
      fixture.store->sessions.create(organisation, admin.id, store::Tier::Platform, "", "").value().token;
  EXPECT_EQ(fixture.call("GET", "/v1/me", wrong).status, 401);
}

}  // namespace
}  // namespace parley::api
