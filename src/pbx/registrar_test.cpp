#include <gtest/gtest.h>

#include <pbx/fake_phone.hpp>

namespace parley::pbx {
namespace {

sip::Flow flow(const std::string& contact, const std::string& source, sip::Transport transport = sip::Transport::Udp,
               std::uint64_t connection = 0) {
  return flow_of_contact(*sip::parse_uri(contact), {transport, {}, *Endpoint::parse(source), connection});
}

TEST(FlowOfContact, OwnPortAtTheSameAddressIsUsed) {
  EXPECT_EQ(flow("sip:a@192.0.2.1:5070", "192.0.2.1:4000").remote.text(), "192.0.2.1:5070");
  EXPECT_EQ(flow("sip:a@192.0.2.1", "192.0.2.1:4000").remote.text(), "192.0.2.1:5060");
  EXPECT_EQ(flow("sip:a@192.0.2.1:5070;transport=tcp", "192.0.2.1:4000").transport, sip::Transport::Tcp);
}

TEST(FlowOfContact, NeverAThirdAddress) {  // NAT, or somebody who aims our calls at a victim
  EXPECT_EQ(flow("sip:a@10.0.0.5:5060", "192.0.2.1:4000").remote.text(), "192.0.2.1:4000");
  EXPECT_EQ(flow("sip:a@phone.example", "192.0.2.1:4000").remote.text(), "192.0.2.1:4000");
  EXPECT_EQ(flow("sip:a@[::ffff:10.0.0.5]:5060", "192.0.2.1:4000").remote.text(), "192.0.2.1:4000");
  EXPECT_EQ(flow("sip:a@192.0.2.1:5061;transport=tls", "192.0.2.1:4000").remote.text(), "192.0.2.1:4000");
}

TEST(FlowOfContact, AStreamIsItsOwnWayBack) {
  EXPECT_EQ(flow("sip:a@192.0.2.1:5070", "192.0.2.1:4000", sip::Transport::Tcp, 7).connection, 7U);
}

struct RegistrarTest : ::testing::Test {
  fake::World world;
  OrganisationId acme = world.organisation("acme.example");
  ExtensionId ann = world.extension(acme, "101");
  fake::Phone phone{world, "alice", "101", *Endpoint::parse("127.0.0.10:5060"), "acme.example"};
  RegistrarTest() { world.reload(); }
};

TEST_F(RegistrarTest, AnswerIsTheSameForUnknownUserAndWrongPassword) {
  fake::Phone nobody{world, "nobody", "999", *Endpoint::parse("127.0.0.11:5060"), "acme.example"};
  EXPECT_EQ(phone.register_now({}, 300, "wrong"), 401U);
  EXPECT_EQ(nobody.register_now(), 401U);
}

TEST_F(RegistrarTest, OneDeviceCannotRegisterForAnother) {
  world.extension(acme, "102");
  world.reload();
  // Signs as 101, but asks for the AOR of 102.
  fake::Phone thief{world, "thief", "101", *Endpoint::parse("127.0.0.12:5060"), "acme.example"};
  thief.say(
      "REGISTER sip:acme.example SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.12:5060;branch=z9hG4bKt1\r\nFrom: "
      "<sip:101@acme.example>;tag=1\r\n"
      "To: <sip:102@acme.example>\r\nCall-ID: t\r\nCSeq: 1 REGISTER\r\nMax-Forwards: 70\r\nContact: "
      "<sip:x@127.0.0.12>\r\nContent-Length: 0\r\n\r\n");
  const auto challenge = thief.hear();
  ASSERT_TRUE(challenge);
  const auto answer = *sip::answer_challenge(*challenge, {"101", "acme.example", "secret-101"}, sip::Method::Register,
                                             "sip:acme.example", 1, world.random);
  thief.say(
      "REGISTER sip:acme.example SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.12:5060;branch=z9hG4bKt2\r\nFrom: "
      "<sip:101@acme.example>;tag=1\r\n"
      "To: <sip:102@acme.example>\r\nCall-ID: t\r\nCSeq: 2 REGISTER\r\nMax-Forwards: 70\r\nContact: "
      "<sip:x@127.0.0.12>\r\nAuthorization: " +
      answer + "\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(thief.hear()->status(), 403U);
  EXPECT_EQ(world.locations.size(), 0U);
}

TEST_F(RegistrarTest, CapturedRequestCannotBePlayedAgain) {
  ASSERT_EQ(phone.register_now(), 200U);
  // What a listener on the wire could repeat under another Call-ID: the credentials of the last REGISTER.
  phone.say(
      "REGISTER sip:acme.example SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.10:5060;branch=z9hG4bKa\r\nFrom: "
      "<sip:101@acme.example>;tag=1\r\n"
      "To: <sip:101@acme.example>\r\nCall-ID: replay\r\nCSeq: 1 REGISTER\r\nMax-Forwards: 70\r\nContact: "
      "<sip:x@127.0.0.10>\r\nContent-Length: 0\r\n\r\n");
  const auto challenge = phone.hear();
  const auto answer = *sip::answer_challenge(*challenge, {"101", "acme.example", "secret-101"}, sip::Method::Register,
                                             "sip:acme.example", 1, world.random);
  const auto send = [&](const std::string& call_id, const std::string& branch) {
    phone.say("REGISTER sip:acme.example SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.10:5060;branch=z9hG4bK" + branch +
              "\r\nFrom: <sip:101@acme.example>;tag=1\r\n"
              "To: <sip:101@acme.example>\r\nCall-ID: " +
              call_id + "\r\nCSeq: 2 REGISTER\r\nMax-Forwards: 70\r\nContact: <sip:x@127.0.0.10>\r\nAuthorization: " +
              answer + "\r\nContent-Length: 0\r\n\r\n");
    return phone.hear()->status();
  };
  EXPECT_EQ(send("replay", "b"), 200U);
  EXPECT_EQ(send("elsewhere", "c"), 401U);
}

TEST_F(RegistrarTest, ManyAccountsFromOneAddressAreBanned) {  // SEC-9
  for (int i = 0; i < 40; ++i) {
    fake::Phone guess{world, "g" + std::to_string(i), "user" + std::to_string(i), *Endpoint::parse("127.0.0.66:5060"),
                      "acme.example"};
    (void)guess.register_now();
  }
  EXPECT_TRUE(world.guard.banned(*IpAddress::parse("127.0.0.66"), world.clock.now()));
  EXPECT_FALSE(world.guard.banned(*IpAddress::parse("127.0.0.10"), world.clock.now()));
}

TEST_F(RegistrarTest, BindingsAreKeptAndForgottenInTheLedger) {
  ASSERT_EQ(phone.register_now(), 200U);
  EXPECT_EQ(world.ledger.kept.size(), 1U);
  ASSERT_EQ(phone.register_now("*", 0), 200U);
  EXPECT_TRUE(world.ledger.kept.empty());
  ASSERT_EQ(world.ledger.events.size(), 2U);
  EXPECT_EQ(world.ledger.events[0].type, "registration.added");
  EXPECT_EQ(world.ledger.events[1].type, "registration.removed");
}

}  // namespace
}  // namespace parley::pbx
