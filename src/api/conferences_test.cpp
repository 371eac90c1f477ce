#include <gtest/gtest.h>

#include <api/api_fixture.hpp>

namespace parley::api {
namespace {

struct ConferencesTest : testing::Test, ApiFixture {
  ConferencesTest() {
    switchboard.meets = acme;
    switchboard.conference = {"weekly", store.clock.wall(), 50, {}};
    switchboard.conference.participants.push_back(
        {LegId::make(), CallId::make(), {"101", "Ann", std::nullopt}, store.clock.wall(), {}, true});
    base = "/v1/organisations/" + acme.text();
    one = base + "/conference-participants/" + switchboard.conference.participants[0].id.text();
  }
  OrganisationId acme = store.organisation("acme.example"), other = store.organisation("other.example");
  std::string moderator = token(user(acme, "mo", store::Role::Supervisor));
  std::string plain = token(user(acme, "ulf", store::Role::User));
  std::string stranger = token(user(other, "eve", store::Role::Administrator));
  std::string base, one;
};

TEST_F(ConferencesTest, AreShownWithTheirParticipants) {
  const auto list = call("GET", base + "/conferences", moderator);
  ASSERT_EQ(list.status, 200) << list.text;
  const auto& room = list.body.at("items").at(0);
  EXPECT_EQ(room.at("room"), "weekly");
  EXPECT_EQ(room.at("most"), 50);
  EXPECT_EQ(room.at("participants").at(0).at("number"), "101");
  EXPECT_EQ(room.at("participants").at(0).at("speaking"), true);
}

TEST_F(ConferencesTest, AModeratorMutesAndRemoves) {
  const auto muted = call("PATCH", one, moderator, R"({"muted":true,"gain_percent":150})");
  ASSERT_EQ(muted.status, 200) << muted.text;
  EXPECT_EQ(muted.at("muted"), "true");
  EXPECT_EQ(muted.at("deaf"), "false");
  EXPECT_EQ(muted.at("gain_percent"), "150");
  EXPECT_EQ(call("PATCH", one, moderator, R"({"gain_percent":801})").status, 422);
  EXPECT_EQ(call("DELETE", one, moderator).status, 204);
  EXPECT_EQ(call("DELETE", one, moderator).status, 404);
  EXPECT_EQ(call("PATCH", one, moderator, R"({"muted":false})").status, 404);
}

TEST_F(ConferencesTest, NeedThePermission) {
  EXPECT_EQ(call("GET", base + "/conferences", plain).status, 403);
  EXPECT_EQ(call("PATCH", one, plain, R"({"muted":true})").status, 403);
  EXPECT_EQ(call("DELETE", one, plain).status, 403);
  EXPECT_EQ(call("DELETE", one, stranger).status, 404);
  EXPECT_EQ(call("GET", base + "/conferences", stranger).status, 404);
}

TEST_F(ConferencesTest, ARouteLeadsIntoARoom) {
  const auto admin = token(user(acme, "ada", store::Role::Administrator));
  const auto made = call("POST", base + "/routes", admin,
                         R"({"name":"w","pattern":"8000","destination":{"kind":"conference","room":"weekly"}})");
  ASSERT_EQ(made.status, 201) << made.text;
  EXPECT_EQ(made.body.at("destination").at("participants"), 50);
  const auto test = call("GET", base + "/routes/test?number=8000", admin);
  EXPECT_EQ(test.at("result"), "conference") << test.text;
  EXPECT_EQ(test.at("room"), "weekly");
  const auto refused = [&](const std::string& destination) {
    return call("POST", base + "/routes", admin, R"({"name":"x","pattern":"8001","destination":)" + destination + "}")
        .status;
  };
  EXPECT_EQ(refused(R"({"kind":"conference"})"), 422);
  EXPECT_EQ(refused(R"({"kind":"conference","room":"x","number":"1"})"), 422);
  EXPECT_EQ(refused(R"({"kind":"conference","room":"x","participants":501})"), 422);
  EXPECT_EQ(refused(R"({"kind":"echo_test","room":"x"})"), 422);
  const auto exported = call("GET", "/v1/export", admin);
  EXPECT_NE(exported.text.find(R"("kind":"conference")"), std::string::npos) << exported.text;
}

}  // namespace
}  // namespace parley::api
