#include <gtest/gtest.h>

#include <pbx/call_history.hpp>

namespace parley::pbx {
namespace {

struct History : ::testing::Test {
  DirectoryOrganisation acme;
  DirectoryExtension bob, carol, dave;
  CallHistory history;
  std::string contact;  // that rings
  DirectoryTrunk blue;
  History() {
    acme.sip_domain = "acme.example";
    for (auto [extension, number] : {std::pair(&bob, "102"), std::pair(&carol, "103"), std::pair(&dave, "104")}) {
      extension->number = number;
      extension->organisation = &acme;
    }
    blue.uri = "sip:carrier.example";
    blue.settings.country_code = "49";
    blue.settings.caller_id = "+49305550100";
  }
  std::string value(const DirectoryExtension& at, PeerClass to, std::string_view name, bool quiet = false) {
    for (const auto& [header, text] : history.headers(at, to, quiet, contact))
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
  EXPECT_EQ(value(carol, PeerClass::Device, "History-Info"),
            "<sip:anonymous@anonymous.invalid>;index=1, <sip:103@acme.example>;index=1.1;mp=1");
  EXPECT_EQ(value(carol, PeerClass::Inner, "Diversion"), "<sip:102@acme.example>;reason=away;counter=1;privacy=full");
  EXPECT_EQ(value(carol, PeerClass::Inner, "History-Info"),
            "<sip:102@acme.example?Reason=SIP%3Bcause%3D302&Privacy=history>;index=1, "
            "<sip:103@acme.example>;index=1.1;mp=1");
  EXPECT_EQ(value(carol, PeerClass::Device, "Diversion", true), "");
  EXPECT_EQ(value(carol, PeerClass::Device, "History-Info", true),
            "<sip:anonymous@anonymous.invalid>;index=1, <sip:anonymous@anonymous.invalid>;index=1.1;mp=1");
}

TEST_F(History, ContactsStandBelowWhoseTheyAre) {  // RFC 7044 §10.4
  history.begin(sip::Message::parse("INVITE sip:102@acme.example SIP/2.0\r\nSupported: histinfo\r\n\r\n"), false);
  contact = "sip:102@192.0.2.7:5060";
  EXPECT_EQ(value(bob, PeerClass::Device, "History-Info"),
            "<sip:102@acme.example>;index=1, <sip:102@192.0.2.7:5060>;index=1.1;rc=1");
  contact = "sip:102@192.0.2.8";
  EXPECT_EQ(value(bob, PeerClass::Device, "History-Info"),
            "<sip:102@acme.example>;index=1, <sip:102@192.0.2.8>;index=1.2;rc=1");
  history.divert(bob, carol, {DiversionReason::NoAnswer, 302, false});
  contact = "sip:103@192.0.2.9";
  EXPECT_EQ(value(carol, PeerClass::Device, "History-Info"),
            "<sip:102@acme.example?Reason=SIP%3Bcause%3D302>;index=1, <sip:103@acme.example>;index=1.3;mp=1, "
            "<sip:103@192.0.2.9>;index=1.3.1;rc=1.3");
  EXPECT_EQ(history.told_back(&carol, "", false),
            "<sip:102@acme.example?Reason=SIP%3Bcause%3D302>;index=1, <sip:103@acme.example>;index=1.3;mp=1");
  EXPECT_EQ(history.told_back(&carol, "", true),
            "<sip:anonymous@anonymous.invalid>;index=1, <sip:anonymous@anonymous.invalid>;index=1.3;mp=1");
}

TEST_F(History, ATrunkIsToldWhatItsSettingsSay) {  // RFC 5806, RFC 7044
  history.divert_out(bob, "0301234567", {DiversionReason::NoAnswer, 302, false});
  const auto told = [&](store::TrunkDiversions what, bool quiet = false) {
    blue.settings.diversions = what;
    std::string out;
    for (const auto& [name, text] : history.headers_out("0301234567", blue, quiet)) out += name + ": " + text + "\n";
    return out;
  };
  const std::string diversion =
      "Diversion: <sip:+49305550100@carrier.example>;reason=no-answer;counter=1;privacy=off\n";
  const std::string story =
      "History-Info: <sip:+49305550100@carrier.example?Reason=SIP%3Bcause%3D302>;index=1, "
      "<sip:+49301234567@carrier.example>;index=1.1;mp=1\n";
  EXPECT_EQ(told(store::TrunkDiversions::None), "");
  EXPECT_EQ(told(store::TrunkDiversions::Diversion), diversion);
  EXPECT_EQ(told(store::TrunkDiversions::HistoryInfo), story);
  EXPECT_EQ(told(store::TrunkDiversions::Both), diversion + story);
  EXPECT_EQ(told(store::TrunkDiversions::Both, true),
            "History-Info: <sip:anonymous@anonymous.invalid>;index=1, "
            "<sip:anonymous@anonymous.invalid>;index=1.1;mp=1\n");
  EXPECT_TRUE(history.headers_out("0309999999", blue, false).empty()) << "another number";
}

TEST_F(History, WhatACarrierBringsGoesOn) {  // its last entry is our first
  history.begin(sip::Message::parse("INVITE sip:102@acme.example SIP/2.0\r\n"
                                    "History-Info: <sip:1@x>;index=1, <sip:2@x>;index=1.1;mp=1\r\n\r\n"),
                true);
  history.divert_out(bob, "0301234567", {DiversionReason::Unknown, 0, false});
  blue.settings.diversions = store::TrunkDiversions::HistoryInfo;
  EXPECT_EQ(history.headers_out("0301234567", blue, false)[0].second,
            "<sip:+49301234567@carrier.example>;index=1.1.1;mp=1.1");
}

TEST_F(History, IsBounded) {
  for (int i = 0; i < 100; ++i) history.divert(i % 2 == 0 ? bob : carol, i % 2 == 0 ? carol : bob, {});
  EXPECT_FALSE(history.may_divert(dave));
  EXPECT_LE(history.headers(bob, PeerClass::Inner, false).size(), 2 * CallHistory::kMost + 1);
}

}  // namespace
}  // namespace parley::pbx
