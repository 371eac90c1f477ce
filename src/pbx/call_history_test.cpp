#include <gtest/gtest.h>

#include <pbx/call_history.hpp>

namespace parley::pbx {
namespace {

struct History : ::testing::Test {
  DirectoryOrganisation acme;
  DirectoryExtension bob, carol, dave;
  CallHistory history;
  History() {
    acme.sip_domain = "acme.example";
    for (auto [extension, number] : {std::pair(&bob, "102"), std::pair(&carol, "103"), std::pair(&dave, "104")}) {
      extension->number = number;
      extension->organisation = &acme;
    }
  }
  std::string value(const DirectoryExtension& at, PeerClass to, std::string_view name, bool quiet = false) {
    for (const auto& [header, text] : history.headers(at, to, quiet))
      if (header == name) return text;
    return {};
  }
};

TEST_F(History, OfACallThatWasNotDivertedIsNotTold) {
  EXPECT_TRUE(history.headers(bob, PeerClass::Device, false).empty());
  history.divert(bob, carol, {});
  EXPECT_TRUE(history.headers(bob, PeerClass::Device, false).empty());
  EXPECT_TRUE(history.headers(dave, PeerClass::Device, false).empty());
}

TEST_F(History, BranchesHaveTheirOwnWay) {  // one redirection to two places
  history.divert(bob, carol, {DiversionReason::UserBusy, 302, false});
  history.divert(bob, dave, {DiversionReason::UserBusy, 302, false});
  EXPECT_EQ(value(dave, PeerClass::Device, "Diversion"),
            "<sip:102@acme.example>;reason=user-busy;counter=1;privacy=off");
  EXPECT_EQ(value(dave, PeerClass::Device, "History-Info"),
            "<sip:102@acme.example?Reason=SIP%3Bcause%3D302>;index=1, <sip:104@acme.example>;index=1.2;mp=1");
}

TEST_F(History, PrivacyIsAskedOfPeersInsideAndKeptFromOthers) {  // RFC 5806 §5, RFC 7044 §10.1
  history.divert(bob, carol, {DiversionReason::Away, 302, true});
  EXPECT_EQ(value(carol, PeerClass::Device, "Diversion"), "");
  EXPECT_EQ(value(carol, PeerClass::Device, "History-Info"), "<sip:103@acme.example>;index=1.1;mp=1");
  EXPECT_EQ(value(carol, PeerClass::Inner, "Diversion"), "<sip:102@acme.example>;reason=away;counter=1;privacy=full");
  EXPECT_EQ(value(carol, PeerClass::Inner, "History-Info"),
            "<sip:102@acme.example?Reason=SIP%3Bcause%3D302&Privacy=history>;index=1, "
            "<sip:103@acme.example>;index=1.1;mp=1");
  EXPECT_TRUE(history.headers(carol, PeerClass::Device, true).empty());
  EXPECT_FALSE(history.headers(carol, PeerClass::Trunk, true).empty());
}

TEST_F(History, IsBounded) {
  for (int i = 0; i < 100; ++i) history.divert(i % 2 == 0 ? bob : carol, i % 2 == 0 ? carol : bob, {});
  EXPECT_FALSE(history.may_divert(dave));
  EXPECT_LE(history.headers(bob, PeerClass::Inner, false).size(), 2 * CallHistory::kMost + 1);
}

}  // namespace
}  // namespace parley::pbx
