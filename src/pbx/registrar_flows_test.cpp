// The registrar as phones of several makes use it: bindings, flows, paths (RFC 3261 §10.3, RFC 5626 §6, RFC 3327).
#include <gtest/gtest.h>

#include <pbx/fake_phone.hpp>

namespace parley::pbx {
namespace {

using std::chrono::seconds;

/// Sends REGISTERs as they are written here, with digest.
struct RegistrarFlows : ::testing::Test {
  fake::World world;
  OrganisationId acme = world.organisation("acme.example");
  ExtensionId ann = world.extension(acme, "101");
  sip::Flow source{sip::Transport::Udp, *Endpoint::parse("127.0.0.1:5060"), *Endpoint::parse("192.0.2.10:5060"), 0};
  std::string call_id = "c1", more_vias;
  std::uint32_t cseq = 0;
  int branches = 0;
  RegistrarFlows() { world.reload(); }

  sip::Message send(const std::string& lines, const std::string& authorization = {}) {
    auto message = sip::Message::parse(fmt::format(
        "REGISTER sip:acme.example SIP/2.0\r\nVia: SIP/2.0/UDP {};rport;branch=z9hG4bKr{}\r\n{}"
        "From: <sip:101@acme.example>;tag=1\r\nTo: <sip:101@acme.example>\r\nCall-ID: {}\r\nCSeq: {} REGISTER\r\n"
        "Max-Forwards: 70\r\n{}{}Content-Length: 0\r\n\r\n",
        source.remote.text(), ++branches, more_vias, call_id, cseq, lines, authorization));
    message.source = source;
    world.exchange.receive(std::move(message));
    world.settle();
    auto& mail = world.network.mail[source.remote];
    auto heard = mail.empty() ? sip::Message() : sip::Message::parse(mail.back());
    mail.clear();
    return heard;
  }
  /// Header lines without their ends.
  sip::Message ask(const std::vector<std::string>& lines) {
    std::string text;
    for (const auto& line : lines) text += line + "\r\n";
    ++cseq;
    const auto challenge = send(text);
    if (challenge.status() != 401) return sip::Message();
    const auto answer = sip::answer_challenge(challenge, {"101", "acme.example", "secret-101"}, sip::Method::Register,
                                              "sip:acme.example", 1, world.random);
    ++cseq;
    return send(text, "Authorization: " + *answer + "\r\n");
  }
  std::vector<std::string> contacts() const {
    std::vector<std::string> out;
    for (const auto& binding : world.locations.of_extension(ann, world.clock.now())) out.push_back(binding.contact);
    return out;
  }
  std::vector<LocationTable::Place> places() const { return world.locations.places(ann, world.clock.now()); }
};

const std::string kInstance = R"(+sip.instance="<urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF>")";
using Texts = std::vector<std::string>;

TEST_F(RegistrarFlows, AllContactsOfARequestOrNone) {
  ASSERT_EQ(ask({"Contact: <sip:a@192.0.2.10>", "Expires: 300"}).status(), 200U);
  const auto refused = ask({"Contact: <sip:b@192.0.2.10>;expires=300, <sip:c@192.0.2.10>;expires=5"});
  EXPECT_EQ(refused.status(), 423U);
  EXPECT_EQ(refused.value(sip::Header::MinExpires), "60");
  EXPECT_EQ(contacts(), Texts{"sip:a@192.0.2.10"});
  Texts many{"Expires: 300"};
  for (int i = 0; i < 11; ++i) many.push_back(fmt::format("Contact: <sip:x{}@192.0.2.10>", i));
  EXPECT_EQ(ask(many).status(), 403U);
  EXPECT_EQ(contacts(), Texts{"sip:a@192.0.2.10"});
}

TEST_F(RegistrarFlows, AnOlderRequestChangesNothingEvenWhereOneContactIsNew) {  // §10.3 step 7
  ASSERT_EQ(ask({"Contact: <sip:a@192.0.2.10>"}).status(), 200U);
  const auto now = cseq;
  world.advance(seconds(40));  // else it would be the same request by another way (482)
  cseq = 0;
  EXPECT_EQ(ask({"Contact: <sip:new@192.0.2.10>, <sip:a@192.0.2.10>"}).status(), 500U);
  EXPECT_EQ(contacts(), Texts{"sip:a@192.0.2.10"});
  world.advance(seconds(40));
  cseq = 0;
  EXPECT_EQ(ask({"Contact: *", "Expires: 0"}).status(), 500U);
  EXPECT_EQ(contacts().size(), 1U);
  call_id = "after-a-restart-of-the-phone";
  EXPECT_EQ(ask({"Contact: <sip:a@192.0.2.10>"}).status(), 200U);
  call_id = "c1";
  cseq = now;
  EXPECT_EQ(ask({"Contact: *", "Expires: 0"}).status(), 200U);
  EXPECT_TRUE(contacts().empty());
  EXPECT_TRUE(world.ledger.kept.empty());
}

TEST_F(RegistrarFlows, AStarStandsAloneAndOnlyToRemove) {
  EXPECT_EQ(ask({"Contact: *", "Expires: 300"}).status(), 400U);
  EXPECT_EQ(ask({"Contact: *"}).status(), 400U);
}

TEST_F(RegistrarFlows, TheSameUriSpeltOtherwiseIsTheSameBinding) {  // §10.3, §19.1.4
  ASSERT_EQ(ask({"Contact: <sip:a%40b@Phone.Example;transport=udp>"}).status(), 200U);
  ASSERT_EQ(ask({"Contact: <sip:%61%40b@PHONE.example;transport=UDP>"}).status(), 200U);
  EXPECT_EQ(contacts(), Texts{"sip:%61%40b@PHONE.example;transport=UDP"});
  EXPECT_EQ(world.ledger.kept.size(), 1U);
  ASSERT_EQ(ask({"Contact: <sip:a%40b@phone.example;transport=udp>;expires=0"}).status(), 200U);
  EXPECT_TRUE(contacts().empty());
}

TEST_F(RegistrarFlows, BindingsAreFetchedWithoutContact) {
  ASSERT_EQ(ask({"Contact: <sip:a@192.0.2.10>;q=0.5;expires=120", "Contact: <sip:b@192.0.2.10>"}).status(), 200U);
  world.advance(seconds(20));
  const auto fetched = ask({});
  ASSERT_EQ(fetched.status(), 200U);
  const auto list = fetched.name_addrs(sip::Header::Contact);
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[0].q_thousandths(), 500U);
  EXPECT_LE(list[0].expires(), 100U);
  EXPECT_TRUE(fetched.has(sip::Header::Date));
}

TEST_F(RegistrarFlows, CallsTryTheHighestQFirst) {
  ASSERT_EQ(ask({"Contact: <sip:low@192.0.2.10>;q=0.1, <sip:high@192.0.2.10>, <sip:mid@192.0.2.10>;q=0.5"}).status(),
            200U);
  Texts order;
  for (const auto& place : places()) order.push_back(place.binding.contact);
  EXPECT_EQ(order, (Texts{"sip:high@192.0.2.10", "sip:mid@192.0.2.10", "sip:low@192.0.2.10"}));
}

TEST_F(RegistrarFlows, SeveralFlowsOfOnePhoneAreOnePlace) {  // RFC 5626
  source = {sip::Transport::Tls, source.local, source.remote, 71};
  const auto answer = ask({"Contact: <sip:a@10.0.0.5;ob>;reg-id=1;" + kInstance, "Supported: path, outbound"});
  ASSERT_EQ(answer.status(), 200U);
  EXPECT_TRUE(answer.lists(sip::Header::Require, "outbound"));
  EXPECT_EQ(answer.value("Flow-Timer"), "120");
  EXPECT_EQ(answer.first_name_addr(sip::Header::Contact)->params.value("reg-id"), "1");
  EXPECT_EQ(world.network.kept_alive, std::vector<std::uint64_t>{71});
  world.advance(seconds(1));
  source.connection = 72;
  call_id = "c2";
  ASSERT_EQ(ask({"Contact: <sip:a@10.0.0.5;ob>;reg-id=2;" + kInstance, "Supported: path, outbound"}).status(), 200U);
  ASSERT_EQ(places().size(), 1U);
  EXPECT_EQ(places()[0].binding.flow.connection, 72U);  // the latest
  ASSERT_EQ(places()[0].others.size(), 1U);
  EXPECT_EQ(world.ledger.kept.size(), 2U);

  world.advance(seconds(1));
  source.connection = 73;  // the phone has lost its first flow and made it again, with another port in its Contact
  call_id = "c3";
  ASSERT_EQ(ask({"Contact: <sip:a@10.0.0.5:7777;ob>;reg-id=1;" + kInstance, "Supported: path, outbound"}).status(),
            200U);
  EXPECT_EQ(world.locations.size(), 2U);
  EXPECT_EQ(places()[0].binding.flow.connection, 73U);
  EXPECT_EQ(world.ledger.kept.size(), 2U);

  world.exchange.connection_closed(73);  // a flow that is gone is gone: nothing else leads there
  ASSERT_EQ(places().size(), 1U);
  EXPECT_EQ(places()[0].binding.flow.connection, 72U);
}

TEST_F(RegistrarFlows, RegIdCountsOnlyForWhoKnowsOutbound) {
  ASSERT_EQ(ask({"Contact: <sip:a@192.0.2.10>;reg-id=1;" + kInstance}).status(), 200U);
  EXPECT_EQ(places()[0].binding.reg_id, 0U);
  const auto without_instance = ask({"Contact: <sip:a@192.0.2.10>;reg-id=1", "Supported: outbound"});
  ASSERT_EQ(without_instance.status(), 200U);
  EXPECT_FALSE(without_instance.has(sip::Header::Require));
  EXPECT_EQ(ask({"Supported: outbound", "Contact: <sip:a@192.0.2.10>;reg-id=1;" + kInstance,
                 "Contact: <sip:b@192.0.2.10>;reg-id=2;" + kInstance})
                .status(),
            400U);
}

TEST_F(RegistrarFlows, AProxyThatDoesNotKeepFlowsGets439) {  // RFC 5626 §6
  more_vias = "Via: SIP/2.0/UDP 10.0.0.5;branch=z9hG4bKphone\r\n";
  const auto contact = "Contact: <sip:a@10.0.0.5;ob>;reg-id=1;" + kInstance;
  EXPECT_EQ(ask({contact, "Supported: path, outbound"}).status(), 439U);
  EXPECT_EQ(ask({contact, "Supported: path, outbound", "Path: <sip:192.0.2.10;lr>"}).status(), 439U);
  EXPECT_EQ(ask({contact, "Supported: path, outbound", "Path: <sip:tok@192.0.2.10;lr;ob>"}).status(), 200U);
}

TEST_F(RegistrarFlows, PathIsKeptAndLeadsTheCall) {  // RFC 3327
  const Texts lines{"Contact: <sip:ann@10.0.0.5:5062>", "Path: <sip:192.0.2.10:5060;lr>, <sip:edge.example;lr>"};
  const auto silent = ask(lines);  // §5.3: what of a phone that does not say that it knows Path, is for us to decide
  EXPECT_EQ(silent.status(), 200U);
  EXPECT_FALSE(silent.value(sip::Header::Path));
  auto asked = lines;
  asked.emplace_back("Supported: path");
  const auto answer = ask(asked);
  ASSERT_EQ(answer.status(), 200U);
  Texts echoed;
  answer.each_element(sip::Header::Path, [&](std::string_view hop) { echoed.emplace_back(hop); });
  EXPECT_EQ(echoed, (Texts{"<sip:192.0.2.10:5060;lr>", "<sip:edge.example;lr>"}));

  world.extension(acme, "102");
  world.reload();
  fake::Phone bob{world, "bob", "102", *Endpoint::parse("127.0.0.20:5060"), "acme.example"};
  bob.invite("101", {});
  auto& mail = world.network.mail[*Endpoint::parse("192.0.2.10:5060")];
  ASSERT_FALSE(mail.empty());
  const auto invite = sip::Message::parse(mail.front());
  EXPECT_EQ(invite.request_uri_text(), "sip:ann@10.0.0.5:5062");
  Texts routes;
  invite.each_element(sip::Header::Route, [&](std::string_view hop) { routes.emplace_back(hop); });
  EXPECT_EQ(routes, echoed);
}

TEST_F(RegistrarFlows, AFlowThatFailsIsForgottenAndTheNextIsRung) {  // RFC 5626 §7.1
  const auto edge = *Endpoint::parse("192.0.2.10:5060");
  more_vias = "Via: SIP/2.0/UDP 10.0.0.5;branch=z9hG4bKphone\r\n";
  for (const auto* flow : {"1", "2"}) {
    call_id = std::string("c") + flow;
    world.advance(seconds(1));
    ASSERT_EQ(ask({fmt::format("Contact: <sip:a@10.0.0.5;ob>;reg-id={};{}", flow, kInstance),
                   "Supported: path, outbound", fmt::format("Path: <sip:flow{}@192.0.2.10;lr;ob>", flow)})
                  .status(),
              200U);
  }
  world.extension(acme, "102");
  world.reload();
  fake::Phone bob{world, "bob", "102", *Endpoint::parse("127.0.0.20:5060"), "acme.example"};
  bob.invite("101", {});
  auto& mail = world.network.mail[edge];
  ASSERT_EQ(mail.size(), 1U);
  const auto first = sip::Message::parse(mail.front());
  EXPECT_EQ(first.value(sip::Header::Route), "<sip:flow2@192.0.2.10;lr;ob>");
  mail.clear();
  world.deliver(edge, std::move(sip::ResponseBuilder(first, 430, "e")).finish().bytes);
  ASSERT_EQ(mail.size(), 2U);  // ACK, and the other flow
  const auto second = sip::Message::parse(mail.back());
  EXPECT_EQ(second.method(), sip::Method::Invite);
  EXPECT_EQ(second.value(sip::Header::Route), "<sip:flow1@192.0.2.10;lr;ob>");
  EXPECT_EQ(world.locations.size(), 1U);
}

}  // namespace
}  // namespace parley::pbx
