#include <gtest/gtest.h>

#include <pbx/fake_world.hpp>
#include <pbx/trunk_service.hpp>

namespace parley::pbx {
namespace {
using namespace std::chrono_literals;

const Endpoint kCarrier = *Endpoint::parse("192.0.2.50:5060");

/// A trunk to an address, the carrier's side of it, and the clock.
struct Line : testing::Test {
  Line() {
    trunk.id = TrunkId::make(world.clock, world.random);
    trunk.organisation = world.organisation("acme.example");
    trunk.name = "Blue";
    trunk.host = kCarrier.address.text();
    trunk.username = "acme";
    trunk.password = "secret";
    trunk.realm = "blue";
    trunk.probe_s = 0;
  }
  void take() {
    world.ledger.source.trunks = {trunk};
    world.reload();
    service.take(world.directory.get());
    world.settle();
  }
  std::optional<sip::Message> heard() {
    world.settle();
    auto& mail = world.network.mail[kCarrier];
    if (mail.empty()) return std::nullopt;
    auto message = sip::Message::parse(mail.front());
    mail.erase(mail.begin());
    return message;
  }
  void answer(const sip::Message& request, unsigned status, const std::string& headers = {}) {
    std::string text = "SIP/2.0 " + std::to_string(status) + " x\r\n";
    for (const auto& [name, header] : {std::pair("Via", sip::Header::Via), std::pair("From", sip::Header::From),
                                       std::pair("To", sip::Header::To), std::pair("CSeq", sip::Header::CSeq)})
      text += std::string(name) + ": " + std::string(request.value(header).value_or("")) +
              (header == sip::Header::To ? ";tag=c\r\n" : "\r\n");
    text += "Call-ID: " + std::string(request.call_id()) + "\r\n" + headers + "Content-Length: 0\r\n\r\n";
    world.deliver(kCarrier, text, transport);
  }
  TrunkStatus status() { return world.trunks.status(trunk.id).value(); }
  std::vector<std::string> events() {
    std::vector<std::string> out;
    for (const auto& event : world.ledger.events) out.push_back(event.type);
    return out;
  }

  fake::World world;
  store::Trunk trunk;
  sip::Transport transport = sip::Transport::Udp;  // of the answers
  TrunkService service{world.exchange, net::Resolver::make(world.reactor, {}).value(), Reach{.tls = true}};
};

TEST_F(Line, RegistersProvesItselfAndTellsThatItIsUp) {
  take();
  const auto first = heard();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->method(), sip::Method::Register);
  EXPECT_EQ(first->request_uri_text(), "sip:192.0.2.50");
  EXPECT_EQ(first->to().uri.user_text(), "acme");
  EXPECT_FALSE(first->value(sip::Header::Authorization));
  EXPECT_EQ(status().condition, TrunkCondition::Connecting);
  answer(*first, 401, "WWW-Authenticate: Digest realm=\"blue\", nonce=\"n\", qop=\"auth\"\r\n");
  const auto second = heard();
  ASSERT_TRUE(second);
  EXPECT_TRUE(second->value(sip::Header::Authorization));
  EXPECT_EQ(second->call_id(), first->call_id());
  answer(*second, 200, "Contact: " + std::string(*second->value(sip::Header::Contact)) + ";expires=60\r\n");
  EXPECT_EQ(status().condition, TrunkCondition::Up);
  EXPECT_TRUE(status().registered_until);
  EXPECT_EQ(events(), std::vector<std::string>{"trunk.up"});
  world.advance(31s);
  const auto refresh = heard();
  ASSERT_TRUE(refresh);
  EXPECT_EQ(refresh->method(), sip::Method::Register);
  EXPECT_EQ(status().condition, TrunkCondition::Up);
}

TEST_F(Line, TellsWhyItIsRefusedAndTriesAgainByOrderOnly) {
  take();
  answer(*heard(), 403);
  EXPECT_EQ(status().condition, TrunkCondition::Refused);
  EXPECT_EQ(status().reason, "the registrar says 403");
  EXPECT_EQ(events(), std::vector<std::string>{"trunk.down"});
  world.advance(2h);
  EXPECT_FALSE(heard());
  ASSERT_TRUE(service.retry(trunk.id));
  EXPECT_TRUE(heard());
}

TEST_F(Line, ChangedSettingsBeginAnewAndARemovedTrunkLeaves) {
  take();
  answer(*heard(), 200, "Expires: 600\r\n");
  EXPECT_EQ(status().condition, TrunkCondition::Up);
  take();
  EXPECT_FALSE(heard()) << "nothing changed";
  trunk.channels = 5;
  take();
  const auto again = heard();
  ASSERT_TRUE(again);
  EXPECT_NE(again->value(sip::Header::Expires), "0");
  answer(*again, 200, "Expires: 600\r\n");
  world.ledger.source.trunks.clear();
  world.reload();
  service.take(world.directory.get());
  const auto last = heard();
  ASSERT_TRUE(last);
  EXPECT_EQ(last->value(sip::Header::Expires), "0");
  answer(*last, 200);
  world.advance(2s);
  EXPECT_FALSE(heard());
  EXPECT_FALSE(world.trunks.status(trunk.id));
}

TEST_F(Line, APeerIsUpAsLongAsItAnswersOptions) {
  trunk.kind = store::TrunkKind::Peer;
  trunk.probe_s = 30;
  take();
  const auto probe = heard();
  ASSERT_TRUE(probe);
  EXPECT_EQ(probe->method(), sip::Method::Options);
  EXPECT_EQ(status().condition, TrunkCondition::Connecting);
  answer(*probe, 404);  // somebody answers
  EXPECT_EQ(status().condition, TrunkCondition::Up);
  world.advance(30s);
  answer(*heard(), 503);
  EXPECT_EQ(status().condition, TrunkCondition::Down);
  world.advance(30s);
  answer(*heard(), 200);
  EXPECT_EQ(status().condition, TrunkCondition::Up);
  world.network.unreachable[kCarrier] = true;
  world.advance(31s);
  EXPECT_EQ(status().condition, TrunkCondition::Down);
  EXPECT_EQ(status().reason, "no server of the carrier answers: cannot be reached");
  EXPECT_EQ(events(), (std::vector<std::string>{"trunk.up", "trunk.down", "trunk.up", "trunk.down"}));
}

TEST_F(Line, OverTlsNobodyHearsAWordBeforeHeProvedWhoHeIs) {  // RFC 5922
  trunk.transport = "tls";
  trunk.port = 5060;
  world.network.certificates[kCarrier] = "198.51.100.66";
  take();
  EXPECT_FALSE(heard());
  EXPECT_EQ(status().condition, TrunkCondition::Down);
  EXPECT_EQ(status().reason, "the certificate is not that of 192.0.2.50");
  world.network.certificates[kCarrier] = "192.0.2.50";
  ASSERT_TRUE(service.retry(trunk.id));
  const auto request = heard();
  ASSERT_TRUE(request);
  EXPECT_EQ(request->top_via().transport, sip::Transport::Tls);
  EXPECT_NE(request->value(sip::Header::Contact)->find(";transport=tls"), std::string_view::npos);
  // A challenge in clear is not that server's, whatever its source says.
  const std::string challenge = "WWW-Authenticate: Digest realm=\"blue\", nonce=\"n\", qop=\"auth\"\r\n";
  answer(*request, 401, challenge);
  EXPECT_FALSE(heard());
  EXPECT_EQ(status().condition, TrunkCondition::Refused);
  ASSERT_TRUE(service.retry(trunk.id));
  transport = sip::Transport::Tls;
  answer(*heard(), 401, challenge);
  answer(*heard(), 200, "Expires: 600\r\n");
  EXPECT_EQ(status().condition, TrunkCondition::Up);
}

TEST_F(Line, ALostConnectionIsRegisteredOverAgainButNotInACircle) {
  trunk.transport = "tcp";
  take();
  answer(*heard(), 200, "Expires: 3600\r\n");
  sip::Flow flow;
  flow.transport = sip::Transport::Tcp;
  flow.remote = kCarrier;
  flow.connection = world.network.connections + 1;
  service.flow_lost(flow);
  world.advance(5s);
  EXPECT_FALSE(heard()) << "not the one that we registered by";
  flow.connection = world.network.connections;
  service.flow_lost(flow);
  world.advance(2s);
  answer(*heard(), 200, "Expires: 3600\r\n");
  flow.connection = world.network.connections;
  service.flow_lost(flow);
  world.advance(20s);
  EXPECT_FALSE(heard()) << "again, so soon";
  world.advance(10s);
  EXPECT_TRUE(heard());
}

TEST_F(Line, OneThatIsSwitchedOffSaysNothing) {
  trunk.enabled = false;
  take();
  EXPECT_FALSE(heard());
  EXPECT_EQ(status().condition, TrunkCondition::Off);
}

}  // namespace
}  // namespace parley::pbx
