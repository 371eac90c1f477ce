#include <gtest/gtest.h>

#include <api/api_fixture.hpp>

namespace parley::api {
namespace {

struct TraceTest : testing::Test, ApiFixture {
  OrganisationId acme = store.organisation("acme.example"), other = store.organisation("other.example");
  CallId one = CallId::make(store.clock, random);
  std::string admin = token(user(acme, "ada", store::Role::Administrator));
  std::string supervisor = token(user(acme, "sue", store::Role::Supervisor));
  std::string person = token(user(acme, "una", store::Role::User));
  std::string foreign = token(user(other, "otto", store::Role::Administrator));
  std::string place = "/v1/organisations/" + acme.text();

  TraceTest() {
    const sip::Flow flow{sip::Transport::Udp, {}, *Endpoint::parse("192.0.2.1:5060"), 0};
    trace.record(0, false, true, flow,
                 "INVITE sip:102@acme.example SIP/2.0\r\nFrom: <sip:101@acme.example>;tag=1\r\nTo: "
                 "<sip:102@acme.example>\r\nCall-ID: dialog\r\nCSeq: 1 INVITE\r\n\r\n",
                 store.clock.wall());
    trace.record(0, false, false, flow,
                 "SIP/2.0 486 Busy Here\r\nFrom: <sip:101@acme.example>;tag=1\r\nTo: <sip:102@acme.example>;tag=2\r\n"
                 "Call-ID: dialog\r\nCSeq: 1 INVITE\r\n\r\n",
                 store.clock.wall());
    trace.belongs("dialog", acme, one);
  }
};

TEST_F(TraceTest, IsReadByThoseWhoMayAndMaskedForTheOthersAndAudited) {
  const auto target = place + "/calls/" + one.text() + "/sip-trace";
  const auto whole = call("GET", target, admin);
  ASSERT_EQ(whole.status, 200) << whole.text;
  EXPECT_NE(whole.text.find("sip:101@acme.example"), std::string::npos);
  EXPECT_NE(whole.text.find("486 Busy Here (INVITE)"), std::string::npos);
  const auto masked = call("GET", target, supervisor);
  ASSERT_EQ(masked.status, 200);
  for (const auto* secret : {"101", "102", "192.0.2.1"})
    EXPECT_EQ(masked.text.find(secret), std::string::npos) << secret;
  EXPECT_NE(masked.text.find("party 1"), std::string::npos);
  EXPECT_EQ(call("GET", target, person).status, 403);
  EXPECT_EQ(call("GET", target, foreign).status, 404);
  EXPECT_EQ(call("GET", "/v1/organisations/" + other.text() + "/calls/" + one.text() + "/sip-trace", foreign).status,
            404);
  const auto audit = call("GET", place + "/audit", admin);
  EXPECT_NE(audit.text.find("sip_trace.read"), std::string::npos);
}

TEST_F(TraceTest, TheLastMessagesAreFoundAndFollowed) {
  const auto all = call("GET", place + "/sip-trace?limit=10&account=101", admin);
  ASSERT_EQ(all.status, 200);
  const auto& items = all.body.at("items").as_array();
  ASSERT_EQ(items.size(), 2U);
  const auto after = json::serialize(items[0].at("number"));
  EXPECT_EQ(call("GET", place + "/sip-trace?after=" + after, admin).body.at("items").as_array().size(), 1U);
  EXPECT_EQ(call("GET", place + "/sip-trace?address=203.", admin).body.at("items").as_array().size(), 0U);
  EXPECT_EQ(call("GET", place + "/sip-trace?after=x", admin).status, 422);
  EXPECT_EQ(call("GET", "/v1/organisations/" + other.text() + "/sip-trace", foreign).body.at("items").as_array().size(),
            0U);
}

}  // namespace
}  // namespace parley::api
