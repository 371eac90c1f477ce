#include <gtest/gtest.h>

#include <pbx/fake_phone.hpp>

namespace parley::pbx {
namespace {

using fake::Phone;
using fake::World;
using std::chrono::milliseconds;
using std::chrono::seconds;

PbxOptions probing() {
  PbxOptions options;
  options.probe_interval = seconds(30);
  return options;
}

struct Probes : ::testing::Test {
  World world{probing()};
  Phone bob{world, "bob", "102", *Endpoint::parse("127.0.0.11:5060"), "acme.example"};
  Probes() {
    world.extension(world.organisation("acme.example"), "102", "Bob");
    world.reload();
    EXPECT_EQ(bob.register_now("<sip:102@127.0.0.11:5060>", 3000), 200U);
  }
  std::optional<ContactHealth> health() {
    const auto all = world.locations.all(world.clock.now());
    return all.empty() ? std::nullopt
                       : world.shared.health.with([&](const HealthTable& table) { return table.of(all.front()); });
  }
};

TEST_F(Probes, TellHowLongTheAnswerTook) {
  EXPECT_FALSE(health());
  world.exchange.probe_contacts();
  const auto asked = bob.hear();
  ASSERT_TRUE(asked && asked->is(sip::Method::Options));
  EXPECT_EQ(asked->request_uri_text(), "sip:102@127.0.0.11:5060");
  world.advance(milliseconds(40));
  bob.respond(405, {});  // any answer is one
  EXPECT_EQ(health()->latency, milliseconds(40));
  EXPECT_FALSE(health()->dead());
  world.advance(seconds(20));
  EXPECT_FALSE(bob.hear());
  world.advance(seconds(11));
  EXPECT_TRUE(bob.hear());
}

TEST_F(Probes, MarkWhoDoesNotAnswerAndWhoComesBack) {
  world.exchange.probe_contacts();
  world.advance(seconds(70));
  EXPECT_FALSE(health()->dead());
  world.advance(seconds(30));
  EXPECT_TRUE(health()->dead());
  EXPECT_FALSE(
      world.locations.places(world.locations.all(world.clock.now()).front().extension, world.clock.now()).empty());
  while (bob.hear()) {
  }
  world.advance(seconds(31));
  while (bob.hear()) bob.respond(200, {});  // also to what is too late
  EXPECT_FALSE(health()->dead());
}

TEST_F(Probes, ForgetWhoIsGone) {
  world.exchange.probe_contacts();
  ASSERT_TRUE(bob.hear());
  bob.respond(200, {});
  const auto was = world.locations.all(world.clock.now()).front();
  EXPECT_EQ(bob.register_now("<sip:102@127.0.0.11:5060>", 0), 200U);
  world.advance(seconds(31));
  EXPECT_FALSE(world.shared.health.with([&](const HealthTable& table) { return table.of(was); }));
  EXPECT_FALSE(bob.hear());
}

}  // namespace
}  // namespace parley::pbx
