// IPv6 in SIP: the cases of RFC 5118 §4, in messages of our own.
#include <gtest/gtest.h>

#include <sip/builder.hpp>
#include <sip/check.hpp>

namespace parley::sip {
namespace {

Message message(const std::string& uri, const std::string& via = "SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111",
                const std::string& contact = "<sip:caller@[2001:db8::1]>") {
  return Message::parse("REGISTER " + uri +
                        " SIP/2.0\r\nTo: sip:user@example.com\r\nFrom: sip:user@example.com;tag=81x2\r\nVia: " + via +
                        "\r\nCall-ID: SSG9559905523997077@hlau_4100\r\nMax-Forwards: 70\r\nContact: " + contact +
                        "\r\nCSeq: 98176 REGISTER\r\nContent-Length: 0\r\n\r\n");
}

TEST(Ipv6, ReferenceIsTaken) {  // §4.1
  EXPECT_EQ(check(message("sip:[2001:db8::10]"), {}).outcome, Outcome::Process);
}

TEST(Ipv6, AddressWithoutBracketsIsRefused) {  // §4.2
  EXPECT_EQ(check(message("sip:2001:db8::10"), {}).status, 400);
}

TEST(Ipv6, PortInsideTheBracketsIsPartOfTheAddress) {  // §4.3, §4.4
  const auto inside = message("sip:[2001:db8::10:5070]");
  EXPECT_EQ(inside.request_uri().port, 0);
  EXPECT_EQ(inside.request_uri().host, "[2001:db8::10:5070]");
  EXPECT_EQ(message("sip:[2001:db8::10]:5070").request_uri().port, 5070);
}

TEST(Ipv6, ReceivedMayStandWithAndWithoutBrackets) {  // §4.5
  for (const char* received : {"[2001:db8::9:255]", "2001:db8::9:255"}) {
    const auto got = message("sip:[2001:db8::10]", std::string("SIP/2.0/UDP [2001:db8::9:1];received=") + received +
                                                       ";branch=z9hG4bKas3-111");
    ASSERT_FALSE(got.fault());
    EXPECT_EQ(got.top_via().received, received);
  }
}

TEST(Ipv6, OurOwnReceivedKeepsTheGrammarsForm) {  // RFC 3261: via-received has no brackets
  auto request = message("sip:[2001:db8::10]", "SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bK1;rport");
  request.source.remote = *Endpoint::parse("[2001:db8::5]:5062");
  const auto response = Message::parse(ResponseBuilder(request, 200, "t").finish().bytes);
  EXPECT_EQ(response.top_via().received, "2001:db8::5");
  EXPECT_EQ(response.top_via().rport_value, 5062);
  request.source.remote = *Endpoint::parse("[2001:0db8:0::9:1]:5060");  // the same address, written otherwise
  EXPECT_EQ(Message::parse(ResponseBuilder(request, 200, "t").finish().bytes).top_via().received, "2001:db8::9:1");
}

TEST(Ipv6, SeveralFamiliesStandInOneMessage) {  // §4.7
  const auto mixed = message(
      "sip:user@[2001:db8::10]",
      "SIP/2.0/UDP [2001:db8::9:1]:6050;branch=z9hG4bKas3-111, SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKjhja8781hjuaij65144",
      "<sip:caller@192.0.2.1>");
  EXPECT_EQ(check(mixed, {}).outcome, Outcome::Process);
  EXPECT_EQ(mixed.via_count(), 2U);
}

TEST(Ipv6, MappedAddressesAreAddresses) {  // §4.9
  EXPECT_FALSE(message("sip:[::ffff:192.0.2.10]").fault());
  EXPECT_TRUE(equivalent(*parse_uri("sip:a@[::ffff:192.0.2.10]"), *parse_uri("sip:a@[::FFFF:192.0.2.10]")));
}

TEST(Ipv6, AThirdColonBeforeAnIpv4PartIsTolerated) {  // §4.10
  EXPECT_FALSE(message("sip:user@[2001:db8:::192.0.2.1]").fault());
  EXPECT_TRUE(equivalent(*parse_uri("sip:u@[2001:db8:::192.0.2.1]"), *parse_uri("sip:u@[2001:db8::192.0.2.1]")));
  for (const char* bad : {"sip:u@[2001:db8:::1]", "sip:u@[2001:db8::::192.0.2.1]", "sip:u@[2001::db8:::192.0.2.1]",
                          "sip:u@2001:db8:::192.0.2.1", "sip:u@[2001:db8:::192.0.2]"})
    EXPECT_TRUE(message(bad).fault()) << bad;
}

}  // namespace
}  // namespace parley::sip
