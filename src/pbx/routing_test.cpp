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

TEST_F(RoutingTest, NoExtensionStandsBeforeAnEmergencyNumber) {  // PBX-24
  const auto acme = source.organisations[0].id;
  const auto shadow = ExtensionId::make(clock, random);
  source.extensions.push_back({shadow, acme, "112", "Shadow", {}, false, true, {}});
  source.devices.push_back({DeviceId::make(clock, random), acme, shadow, "911", "x"});
  source.extensions.push_back({ExtensionId::make(clock, random), acme, "103", "Help", {}, false, true, {}});
  store::Trunk blue;
  blue.id = TrunkId::make(clock, random);
  blue.organisation = acme;
  blue.name = "Blue";
  blue.host = "carrier.example";
  source.trunks.push_back(blue);
  const auto add_route = [&](const char* pattern, const char* extension) {
    store::Route route;
    route.id = RouteId::make(clock, random);
    route.organisation = acme;
    route.name = pattern;
    route.pattern = pattern;
    route.destination = store::ToExtension{extension};
    source.routes.push_back(route);
  };
  add_route("110", "103");
  add_route("999", "102");
  caller.directory = Directory::build(source);
  caller.organisation = caller.directory->domain("acme.example");
  caller.extension = caller.organisation->extension("101");
  for (const auto* uri : {"sip:112@acme.example", "sip:911@acme.example", "tel:112"}) {
    const auto found = to(uri);
    EXPECT_EQ(found.kind, Route::Kind::Trunk) << uri;
    EXPECT_TRUE(found.emergency) << uri;
  }
  const auto inside = to("sip:110@acme.example");
  EXPECT_EQ(inside.kind, Route::Kind::Extension) << "a route may send it to somebody";
  EXPECT_EQ(inside.extension->number, "103");
  ASSERT_EQ(inside.trunks.size(), 1U) << "who may be unable to take it";
  EXPECT_EQ(inside.number, "110");
  EXPECT_EQ(to("sip:999@acme.example").kind, Route::Kind::Trunk) << "who is switched off certainly is";
  EXPECT_TRUE(to("sip:101@acme.example").trunks.empty());
}

TEST_F(RoutingTest, DialledTextIsBoundedAndPrintable) {
  EXPECT_EQ(dialled_number(*sip::parse_uri("sip:" + std::string(500, '7') + "@acme.example")).size(), 64U);
  EXPECT_EQ(dialled_number(*sip::parse_uri("sip:a%00%0ab@acme.example")), "a??b");
}

}  // namespace
}  // namespace parley::pbx
