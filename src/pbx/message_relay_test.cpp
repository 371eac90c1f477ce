#include <gtest/gtest.h>

#include <pbx/fake_phone.hpp>

namespace parley::pbx {
namespace {

using fake::Options;
using fake::Phone;
using fake::World;

struct Messages : ::testing::Test {
  World world;
  Phone ann, bob;
  Messages()
      : ann(world, "ann", "101", *Endpoint::parse("127.0.0.10:5060"), "acme.example"),
        bob(world, "bob", "102", *Endpoint::parse("127.0.0.11:5060"), "acme.example") {
    const auto acme = world.organisation("acme.example");
    world.extension(acme, "101", "Ann");
    world.extension(acme, "102", "Bob");
    world.reload();
    EXPECT_EQ(ann.register_now(), 200U);
    EXPECT_EQ(bob.register_now(), 200U);
  }
  /// The status that ann gets, 0 while she waits.
  unsigned send(const std::string& body, const std::string& more = {}) {
    ann.lone("MESSAGE", "102", Options{{"auth", "yes"}, {"type", "text/plain"}, {"body", body}, {"headers", more}});
    return status();
  }
  unsigned status() {
    const auto answer = ann.hear();
    return answer ? answer->status() : 0;
  }
};

TEST_F(Messages, AreOfTheSizeThatADatagramMayHave) {  // RFC 3428 §8
  EXPECT_EQ(send(std::string(1200, 'x')), 413U);
  EXPECT_FALSE(bob.hear());
  EXPECT_EQ(send(std::string(200, 'x')), 0U);
  EXPECT_TRUE(bob.hear());
  bob.respond(200, {});
  EXPECT_EQ(status(), 200U);
}

TEST_F(Messages, OfOneExtensionAreLimited) {
  unsigned limited = 0;
  for (int i = 0; i < 70; ++i) {
    if (send("spam") != 0) {
      ++limited;
      continue;
    }
    ASSERT_TRUE(bob.hear());
    bob.respond(200, {});
    ASSERT_EQ(status(), 200U);
  }
  EXPECT_GE(limited, 15U);
  world.advance(std::chrono::seconds(2));
  EXPECT_EQ(send("again"), 0U);
}

TEST_F(Messages, LeaveNothingBehindAndAreNotTraced) {
  EXPECT_EQ(send("the_secret_word"), 0U);
  EXPECT_TRUE(bob.hear());
  bob.respond(200, {});
  EXPECT_EQ(status(), 200U);
  for (const auto& traced : world.trace.find({})) EXPECT_EQ(traced.text.find("secret"), std::string::npos);
  EXPECT_EQ(world.ledger.events.size(), 2U);  // of the registrations
  EXPECT_TRUE(world.ledger.cdrs.empty());
  world.advance(std::chrono::seconds(40));
  EXPECT_EQ(world.exchange.transactions().size(), 0U);
}

TEST_F(Messages, SayWhenNoPhoneIsReached) {
  world.network.unreachable[*Endpoint::parse("127.0.0.11:5060")] = true;
  EXPECT_EQ(send("hello"), 480U);
}

}  // namespace
}  // namespace parley::pbx
