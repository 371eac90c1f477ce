#include <algorithm>

#include <gtest/gtest.h>

#include <pbx/header_policy.hpp>

namespace parley::pbx {
namespace {

sip::Message invite(const std::string& headers) {
  return sip::Message::parse(
      "INVITE sip:102@acme.example SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nFrom: "
      "<sip:101@acme.example>"
      ";tag=a\r\nTo: <sip:102@acme.example>\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\nMax-Forwards: 70\r\n" +
      headers + "Content-Length: 0\r\n\r\n");
}

std::vector<std::string> names(const std::vector<HeaderText>& headers) {
  std::vector<std::string> out;
  for (const auto& [name, value] : headers) out.push_back(name);
  return out;
}

// T-10, T-11, T-12
TEST(HeaderPolicy, ADeviceAssertsNothingAndShowsNothingOfTheInside) {
  const auto message = invite(
      "P-Asserted-Identity: <sip:911@acme.example>\r\nX-Secret: 1\r\nRoute: <sip:10.0.0.1;lr>\r\nRecord-Route: "
      "<sip:10.0.0.2;lr>\r\nDiversion: <sip:1@a>\r\nHistory-Info: <sip:1@a>;index=1\r\nUser-Agent: phone\r\n"
      "Remote-Party-ID: <sip:1@a>\r\nAuthorization: Digest a=b\r\nSubject: hello\r\nAlert-Info: <urn:alert:tone>\r\n");
  EXPECT_EQ(names(passed_on(message, PeerClass::Device, PeerClass::Device)),
            (std::vector<std::string>{"Subject", "Alert-Info"}));
  EXPECT_EQ(names(passed_on(message, PeerClass::Device, PeerClass::Trunk)),
            (std::vector<std::string>{"Subject", "Alert-Info"}));
  EXPECT_EQ(names(passed_on(message, PeerClass::Public, PeerClass::Device)), (std::vector<std::string>{"Subject"}));
}

TEST(HeaderPolicy, ATrunkIsBelievedWhoCallsAndTrustedPeersAreTold) {
  const auto message =
      invite("P-Asserted-Identity: <tel:+4930123>\r\nPrivacy: id\r\nDiversion: <tel:+4930124>\r\nX-Carrier: 7\r\n");
  EXPECT_EQ(names(passed_on(message, PeerClass::Trunk, PeerClass::Inner)),
            (std::vector<std::string>{"P-Asserted-Identity", "Privacy", "Diversion"}));
  EXPECT_TRUE(passed_on(message, PeerClass::Trunk, PeerClass::Device).empty());
}

// CVE-2020-28361: spellings do not slip by.
TEST(HeaderPolicy, SpellingsAreOne) {
  const auto message = invite(
      "P-ASSERTED-IDENTITY : <sip:911@a>\r\ns: short\r\nanswer-MODE: Auto\r\nPriv-Answer-Mode: Auto\r\n"
      "X-Header : 1\r\n");
  const auto passed = passed_on(message, PeerClass::Device, PeerClass::Device);
  EXPECT_EQ(names(passed), (std::vector<std::string>{"Subject", "Answer-Mode"}));
  EXPECT_EQ(passed.front().second, "short");
  EXPECT_TRUE(std::ranges::none_of(passed_on(message, PeerClass::Trunk, PeerClass::Device),
                                   [](const auto& one) { return one.first == "Answer-Mode"; }));
}

TEST(HeaderPolicy, BoundsHold) {
  std::string many = "Subject: one\r\nAlert-Info: <" + std::string(2000, 'x') + ">\r\n";
  for (int i = 0; i < 100; ++i) many += "Reason: SIP;cause=480;text=\"" + std::string(50, 'y') + "\"\r\n";
  const auto passed = passed_on(invite(many), PeerClass::Device, PeerClass::Device);
  EXPECT_LE(passed.size(), 32U);
  std::size_t all = 0;
  for (const auto& [name, value] : passed) all += name.size() + value.size();
  EXPECT_LE(all, 4096U);
}

}  // namespace
}  // namespace parley::pbx
