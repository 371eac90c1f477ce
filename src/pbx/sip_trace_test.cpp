#include <gtest/gtest.h>

#include <pbx/sip_trace.hpp>

namespace parley::pbx {
namespace {

constexpr WallTime kStart{std::chrono::milliseconds(1'800'000'000'000)};

std::string invite(const std::string& call_id, const std::string& user = "101") {
  return "INVITE sip:102@acme.example SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nFrom: \"Ann, A.\" "
         "<sip:" +
         user + "@acme.example>;tag=a\r\nTo: <sip:102@acme.example>\r\ni: " + call_id +
         "\r\nCSeq: 1 INVITE\r\nSubject: our secret\r\nAuthorization: Digest username=\"101\", realm=\"acme.example\", "
         "nonce=\"n\", response=\"0123456789abcdef\", cnonce=\"c0ffee\"\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n"
         "c=IN IP4 192.0.2.1\r\na=crypto:1 AES inline:KEYKEYKEY\r\n";
}

struct SipTraceTest : ::testing::Test {
  SeededRandom random{1};
  FakeClock clock;
  OrganisationId acme = OrganisationId::make(clock, random), other = OrganisationId::make(clock, random);
  CallId call = CallId::make(clock, random);
  SipTrace trace{2, {.bytes = 64 * 1024}};
  sip::Flow flow{sip::Transport::Udp, {}, *Endpoint::parse("192.0.2.1:5060"), 0};

  void record(const std::string& text, bool stranger = false, unsigned reactor = 0) {
    trace.record(reactor, stranger, true, flow, text, kStart);
  }
};

TEST_F(SipTraceTest, ACallIsItsLegsInOrderFromAllReactors) {
  record(invite("one"));
  record(invite("noise"), false, 1);
  record(invite("two"), false, 1);
  trace.belongs("one", acme, call);
  trace.belongs("two", acme, call);
  record("SIP/2.0 200 OK\r\nCall-ID : one\r\n\r\n");
  const auto all = trace.of_call(acme, call);
  ASSERT_EQ(all.size(), 3U);
  EXPECT_LT(all[0].number, all[1].number);
  EXPECT_TRUE(all[2].text.starts_with("SIP/2.0 200"));
  EXPECT_EQ(trace.of_call(acme, call, all[1].number).size(), 1U);
  EXPECT_TRUE(trace.of_call(other, call).empty());
}

// RET-9, RIGHT-3
TEST_F(SipTraceTest, AnErasedCallLeavesNothing) {
  record(invite("one"));
  record(invite("noise"));
  trace.belongs("one", acme, call);
  const auto before = trace.bytes();
  trace.forget(call);
  EXPECT_TRUE(trace.of_call(acme, call).empty());
  EXPECT_TRUE(trace.find({.sip_call_id = "one"}).empty());
  EXPECT_EQ(trace.find({}).size(), 1U);
  EXPECT_LT(trace.bytes(), before);
}

TEST_F(SipTraceTest, StaysWithinItsBytesAndStrangersPushNobodyOut) {
  record(invite("kept"));
  for (int i = 0; i < 5'000; ++i) record(invite("s" + std::to_string(i)), true);
  EXPECT_LE(trace.bytes(), 64U * 1024U);
  EXPECT_EQ(trace.find({.sip_call_id = "kept"}).size(), 1U);
  SipTrace off(1, {.bytes = 0});
  off.record(0, false, true, flow, invite("x"), kStart);
  EXPECT_EQ(off.bytes(), 0U);
}

TEST_F(SipTraceTest, NothingIsKeptLongerThanADay) {
  record(invite("one"));
  trace.expire(kStart + std::chrono::hours(25));
  EXPECT_EQ(trace.bytes(), 0U);
}

TEST_F(SipTraceTest, IsFoundByAddressAccountAndOrganisation) {
  record(invite("one"));
  record(invite("two", "200"));
  EXPECT_EQ(trace.find({.account = "200"}).size(), 1U);
  EXPECT_EQ(trace.find({.address = "192.0.2."}).size(), 2U);
  EXPECT_TRUE(trace.find({.address = "203."}).empty());
  EXPECT_EQ(trace.find({.last = 1}).front().text.find("one"), std::string::npos);
  EXPECT_EQ(trace.find({.organisation = acme, .domain = "acme.example"}).size(), 2U);
  EXPECT_TRUE(trace.find({.organisation = other, .domain = "other.example"}).empty());
  trace.belongs("one", other, call);
  EXPECT_EQ(trace.find({.organisation = acme, .domain = "acme.example"}).size(), 1U);
}

TEST_F(SipTraceTest, SecretsAreNeverShownAndPeopleOnlyToThoseWhoMay) {
  const auto whole = shown(invite("one"), TraceView::Whole);
  EXPECT_NE(whole.find("Ann, A."), std::string::npos);
  for (const auto* secret : {"0123456789abcdef", "c0ffee", "KEYKEYKEY"})
    EXPECT_EQ(whole.find(secret), std::string::npos) << secret;
  const auto masked = shown(invite("one"), TraceView::Masked);
  for (const auto* secret : {"Ann", "101", "102", "192.0.2.1", "our secret", "inline", "acme.example>"})
    EXPECT_EQ(masked.find(secret), std::string::npos) << secret << "\n" << masked;
  EXPECT_NE(masked.find("CSeq: 1 INVITE"), std::string::npos);
  EXPECT_NE(masked.find("tag=a"), std::string::npos);
  EXPECT_EQ(shown("A\x01\xc3\xa4\xff\xed\xa0\x80Z\n", TraceView::Whole),
            "A?\xc3\xa4\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdZ\n");
}

}  // namespace
}  // namespace parley::pbx
