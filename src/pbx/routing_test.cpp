#include <gtest/gtest.h>

#include <pbx/routing.hpp>

namespace parley::pbx {
namespace {

struct RoutingTest : ::testing::Test {
  SeededRandom random{9};
  FakeClock clock;
  DirectorySource source;
  Identity caller;

  RoutingTest() {
    const auto acme = OrganisationId::make(clock, random), other = OrganisationId::make(clock, random);
    source.organisations = {{acme, "Acme", "acme.example", {}, {}}, {other, "Other", "other.example", {}, {}}};
    const auto ann = ExtensionId::make(clock, random);
    source.extensions = {{ann, acme, "101", "Ann", {}, false, true, {}},
                         {ExtensionId::make(clock, random), acme, "102", "Off", {}, false, false, {}},
                         {ExtensionId::make(clock, random), other, "201", "Theirs", {}, false, true, {}}};
    source.devices = {{DeviceId::make(clock, random), acme, ann, "desk-phone", "x"}};
    caller.directory = Directory::build(source);
    caller.organisation = caller.directory->domain("acme.example");
    caller.extension = caller.organisation->extension("101");
  }
  Route to(std::string_view uri) { return route(caller, *sip::parse_uri(uri)); }
};

TEST_F(RoutingTest, NumbersReachExtensionsHoweverTheyAreWritten) {
  for (const auto* uri : {"sip:101@acme.example", "sip:101@ACME.example:5060;transport=udp",
                          "sip:%31%30%31@acme.example", "sip:1-01@acme.example", "sip:101;phone-context=x@acme.example",
                          "sip:101@127.0.0.1", "tel:101", "sip:desk-phone@acme.example"}) {
    const auto found = to(uri);
    EXPECT_EQ(found.kind, Route::Kind::Extension) << uri;
    if (found.extension) {
      EXPECT_EQ(found.extension->number, "101") << uri;
    }
  }
}

TEST_F(RoutingTest, NothingLeavesTheOrganisation) {
  EXPECT_EQ(to("sip:201@acme.example").status, 404U);
  EXPECT_EQ(to("sip:201@other.example").status, 404U);
  EXPECT_EQ(to("sip:101@elsewhere.example").status, 404U);
  EXPECT_EQ(to("sip:+19005550100@acme.example").status, 404U);
  EXPECT_EQ(to("sips:101@acme.example").status, 416U);
  EXPECT_EQ(to("http://acme.example").status, 416U);
  EXPECT_EQ(to("sip:acme.example").status, 484U);
}

TEST_F(RoutingTest, SwitchedOffIsUnavailableAndEchoTestIsThere) {
  EXPECT_EQ(to("sip:102@acme.example").status, 480U);
  EXPECT_EQ(to("sip:600@acme.example").kind, Route::Kind::EchoTest);
}

TEST_F(RoutingTest, DialledTextIsBoundedAndPrintable) {
  EXPECT_EQ(dialled_number(*sip::parse_uri("sip:" + std::string(500, '7') + "@acme.example")).size(), 64U);
  EXPECT_EQ(dialled_number(*sip::parse_uri("sip:a%00%0ab@acme.example")), "a??b");
}

}  // namespace
}  // namespace parley::pbx
