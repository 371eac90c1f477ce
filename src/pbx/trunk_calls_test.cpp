#include <gtest/gtest.h>

#include <pbx/trunk_calls.hpp>

namespace parley::pbx {
namespace {

/// Two organisations, each with a trunk whose calls come by address.
struct TrunkCalls : testing::Test {
  TrunkCalls() {
    for (const auto* domain : {"acme.example", "other.example"}) {
      const auto id = OrganisationId::make(clock, random);
      source.organisations.push_back({id, domain, domain, {}, {}});
      source.extensions.push_back({ExtensionId::make(clock, random), id, "101", {}, {}, false, true, {}});
    }
  }
  store::Trunk& trunk(std::size_t organisation, const std::string& name, const std::string& address,
                      const std::string& pattern) {
    store::Trunk made;
    made.id = TrunkId::make(clock, random);
    made.organisation = source.organisations[organisation].id;
    made.name = name;
    made.kind = store::TrunkKind::Peer;
    made.host = "192.0.2.250";
    made.addresses = {address};
    made.inbound = {{pattern, "101"}};
    made.created = WallTime(std::chrono::seconds(source.trunks.size()));
    return source.trunks.emplace_back(std::move(made));
  }
  std::string whose(const std::string& to, const std::string& from, const std::string& address = "192.0.2.7") {
    directory = Directory::build(source);
    auto invite = sip::Message::parse(
        "INVITE " + to + " SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK1\r\nFrom: <" + from +
        ">;tag=a\r\nTo: <" + to + ">\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\nMax-Forwards: 70\r\n\r\n");
    invite.source.remote = {*IpAddress::parse(address), 5060};
    const auto* found = trunk_of(*directory, board, invite);
    return found ? found->settings.name : "";
  }

  FakeClock clock;
  SeededRandom random{7};
  DirectorySource source;
  std::shared_ptr<const Directory> directory;
  TrunkBoard board;
};

TEST_F(TrunkCalls, AreKnownByAddressAndNumber) {
  trunk(0, "Blue", "192.0.2.0/24", "+49301");
  EXPECT_EQ(whose("sip:+49301@198.51.100.1", "sip:+4940@192.0.2.7"), "Blue");
  EXPECT_EQ(whose("sip:+49301@acme.example", "sip:+4940@carrier.example"), "Blue");
  EXPECT_EQ(whose("sip:+49302@198.51.100.1", "sip:+4940@192.0.2.7"), "") << "no number of it";
  EXPECT_EQ(whose("sip:+49301@198.51.100.1", "sip:+4940@192.0.2.7", "192.0.3.7"), "") << "no address of it";
}

TEST_F(TrunkCalls, TheNearerAddressGoesFirstThenTheOlderTrunk) {
  trunk(1, "Wide", "192.0.0.0/16", "!");
  trunk(0, "Blue", "192.0.2.0/24", "+49301");
  trunk(1, "Later", "192.0.2.0/24", "+49301");
  EXPECT_EQ(whose("sip:+49301@198.51.100.1", "sip:+4940@192.0.2.7"), "Blue");
  EXPECT_EQ(whose("sip:+49302@198.51.100.1", "sip:+4940@192.0.2.7"), "Wide");
}

TEST_F(TrunkCalls, NoTrunkTakesTheCallsOfAnotherOrganisationsTelephones) {
  trunk(1, "Greedy", "192.0.0.0/16", "!");
  EXPECT_EQ(whose("sip:101@acme.example", "sip:102@acme.example"), "");
  EXPECT_EQ(whose("sip:101@198.51.100.1", "sip:102@acme.example"), "");
  EXPECT_EQ(whose("sip:101@acme.example", "sip:102@192.0.2.7"), "");
  EXPECT_EQ(whose("sip:101@198.51.100.1", "sip:102@198.51.100.1"), "") << "the first organisation's, by address";
  EXPECT_EQ(whose("sip:101@other.example", "sip:102@other.example"), "Greedy");
}

}  // namespace
}  // namespace parley::pbx
