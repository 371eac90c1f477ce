#include <gtest/gtest.h>

#include <api/api_fixture.hpp>

namespace parley::api {
namespace {

struct BansTest : testing::Test, ApiFixture {
  OrganisationId acme = store.organisation("acme.example");
  std::string platform = token(user({}, "root", store::Role::PlatformAdministrator));
  std::string admin = token(user(acme, "ada", store::Role::Administrator));
};

TEST_F(BansTest, AreAddedListedAndLifted) {
  const auto made =
      call("POST", "/v1/sip/bans", platform, R"({"kind":"ban","address":"192.0.2.77","reason":"noisy","minutes":30})");
  ASSERT_EQ(made.status, 201) << made.text;
  EXPECT_EQ(made.at("by"), "root");
  EXPECT_TRUE(bans.banned(*IpAddress::parse("192.0.2.77"), store.clock.now()));
  ASSERT_EQ(call("POST", "/v1/sip/bans", platform, R"({"kind":"allow","address":"198.51.100.0/24"})").status, 201);
  const auto list = call("GET", "/v1/sip/bans", platform);
  EXPECT_EQ(list.status, 200);
  EXPECT_NE(list.text.find("198.51.100.0/24"), std::string::npos);
  EXPECT_EQ(call("DELETE", "/v1/sip/bans/" + made.at("id"), platform).status, 204);
  EXPECT_FALSE(bans.banned(*IpAddress::parse("192.0.2.77"), store.clock.now()));
  EXPECT_EQ(call("DELETE", "/v1/sip/bans/" + made.at("id"), platform).status, 404);
}

TEST_F(BansTest, AreThePlatformsAlone) {
  EXPECT_EQ(call("GET", "/v1/sip/bans", admin).status, 403);
  EXPECT_EQ(call("POST", "/v1/sip/bans", admin, R"({"kind":"ban","address":"192.0.2.77"})").status, 403);
  EXPECT_EQ(call("GET", "/v1/sip/bans", "").status, 401);
}

TEST_F(BansTest, WhatIsNoAddressIsRefused) {
  EXPECT_EQ(call("POST", "/v1/sip/bans", platform, R"({"kind":"ban","address":"example.com"})").status, 422);
  EXPECT_EQ(call("POST", "/v1/sip/bans", platform, R"({"kind":"ban","address":"0.0.0.0/0"})").status, 422);
  EXPECT_EQ(call("POST", "/v1/sip/bans", platform, R"({"kind":"shun","address":"192.0.2.1"})").status, 422);
}

}  // namespace
}  // namespace parley::api
