#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pbx/fake_phone.hpp>
#include <sip/minted.hpp>

namespace parley::pbx {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

const Endpoint kGateway = *Endpoint::parse("127.0.0.30:5060");  // signs nothing

PbxOptions trusting() {
  PbxOptions options;
  options.trusted_addresses.push_back(kGateway.address);
  return options;
}

/// Two reactors, as two cores have them.
struct SubscriptionsTest : ::testing::Test {
  fake::World world{trusting()};
  net::Reactor second{1, world.clock};
  Exchange other{world.shared, world.digest, second, world.network};
  OrganisationId acme = world.organisation("acme.example");
  ExtensionId ann = world.extension(acme, "101"), bob = world.extension(acme, "102");
  fake::Phone phone{world, "bob", "102", *Endpoint::parse("127.0.0.12:5060"), "acme.example"};

  SubscriptionsTest() {
    world.shared.exchanges.push_back(&other);
    world.reload();
  }
  void settle() {
    while (world.reactor.poll() + second.poll() > 0) {
    }
  }
  void deliver(Exchange& exchange, const std::string& text) {
    auto message = sip::Message::parse(text);
    message.source = {sip::Transport::Udp, *Endpoint::parse("127.0.0.1:5060"), kGateway, 0};
    exchange.receive(std::move(message));
    settle();
  }
  void subscribe(Exchange& exchange, const std::string& call_id, const std::string& more, const std::string& to = {},
                 const std::string& method = "SUBSCRIBE", int cseq = 1) {
    deliver(exchange,
            method + " sip:102@acme.example SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.30:5060;branch=z9hG4bK" + call_id +
                std::to_string(cseq) + method +
                "\r\nFrom: <sip:101@acme.example>;tag=g\r\nTo: " + (to.empty() ? "<sip:102@acme.example>" : to) +
                "\r\nCall-ID: " + call_id + "\r\nCSeq: " + std::to_string(cseq) + " " + method +
                "\r\nMax-Forwards: 70\r\nContact: <sip:101@127.0.0.30:5060>\r\n" + more + "Content-Length: 0\r\n\r\n");
  }
  std::vector<sip::Message> heard() {
    std::vector<sip::Message> out;
    for (auto& text : std::exchange(world.network.mail[kGateway], {})) out.push_back(sip::Message::parse(text));
    return out;
  }
  void answer(Exchange& exchange, const sip::Message& notify, const std::string& status = "200 OK") {
    std::string text = "SIP/2.0 " + status + "\r\n";
    for (const auto header :
         {sip::Header::Via, sip::Header::From, sip::Header::To, sip::Header::CallId, sip::Header::CSeq})
      text += std::string(sip::name_of(header)) + ": " + std::string(notify.value(header).value_or("")) + "\r\n";
    deliver(exchange, text + "Content-Length: 0\r\n\r\n");
  }
};

TEST_F(SubscriptionsTest, StateOfOneReactorReachesSubscriptionsOfAnother) {
  subscribe(other, "s1", "Event: presence\r\n");
  auto first = heard();
  ASSERT_EQ(first.size(), 2U);
  EXPECT_EQ(first[0].status(), 200U);
  EXPECT_EQ(sip::reactor_of(first[1].top_via().branch), 1U) << "the answer to the NOTIFY finds its reactor";
  EXPECT_THAT(std::string(first[1].body()), HasSubstr("<basic>closed</basic>"));
  answer(other, first[1]);
  EXPECT_EQ(phone.register_now(), 200U);  // at the first reactor
  settle();
  const auto second_notify = heard();
  ASSERT_EQ(second_notify.size(), 1U);
  EXPECT_THAT(std::string(second_notify[0].body()), HasSubstr("<basic>open</basic>"));
}

TEST_F(SubscriptionsTest, TheyAreBoundedForEachSubscriber) {
  for (std::size_t i = 0; i < EventBoard::kMaxPerSubscriber; ++i)
    subscribe(world.exchange, "s" + std::to_string(i), "Event: dialog\r\n");
  (void)heard();
  subscribe(world.exchange, "more", "Event: dialog\r\n");
  const auto refused = heard();
  ASSERT_FALSE(refused.empty());
  EXPECT_EQ(refused.back().status(), 403U);
  EXPECT_EQ(world.exchange.subscriptions().size(), EventBoard::kMaxPerSubscriber);
  world.clock.advance(33s);  // nobody answered any NOTIFY
  settle();
  EXPECT_EQ(world.exchange.subscriptions().size(), 0U);
  EXPECT_EQ(world.shared.events.subscriptions(), 0U);
}

TEST_F(SubscriptionsTest, ItsDialogTakesSubscribesInOrderAndNothingElse) {
  subscribe(world.exchange, "s1", "Event: dialog\r\n");
  const auto first = heard();
  ASSERT_EQ(first.size(), 2U);
  const std::string to(first[0].value(sip::Header::To).value_or(""));
  answer(world.exchange, first[1]);
  const auto status = [&](const std::string& method, int cseq, const std::string& more) {
    subscribe(world.exchange, "s1", more, to, method, cseq);
    const auto answers = heard();
    return answers.empty() ? 0U : answers.front().status();
  };
  EXPECT_EQ(status("OPTIONS", 2, ""), 405U);
  EXPECT_EQ(status("BYE", 3, ""), 481U);
  EXPECT_EQ(status("SUBSCRIBE", 10, "Event: dialog\r\nExpires: 100\r\n"), 200U);
  EXPECT_EQ(status("SUBSCRIBE", 9, "Event: dialog\r\nExpires: 200\r\n"), 500U) << "older than the one before";
}

TEST_F(SubscriptionsTest, ARefusalWithRetryAfterIsPatient) {
  subscribe(world.exchange, "s1", "Event: dialog\r\n");
  auto first = heard();
  ASSERT_EQ(first.size(), 2U);
  answer(world.exchange, first[1], "503 Later\r\nRetry-After: 20");
  world.clock.advance(19s);
  settle();
  EXPECT_TRUE(heard().empty());
  world.clock.advance(2s);
  settle();
  const auto again = heard();
  ASSERT_EQ(again.size(), 1U);
  EXPECT_THAT(std::string(again[0].body()), HasSubstr("state=\"full\""));
}

TEST_F(SubscriptionsTest, NotifiesFollowANewRegistrationOfTheSameContact) {
  EXPECT_EQ(phone.register_now(), 200U);
  phone.signed_request("SUBSCRIBE", "101", {{"event", "presence"}});
  ASSERT_EQ(phone.hear()->status(), 200U);
  const auto first = phone.hear();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->top_via().transport, sip::Transport::Udp);
  phone.respond(200, {});
  auto binding = world.locations.of_extension(bob, world.clock.now()).front();
  binding.flow = {sip::Transport::Tcp, binding.flow.local, binding.flow.remote, 7};
  binding.refreshed += 1s;
  ++binding.cseq;
  ASSERT_TRUE(world.locations.bind(binding));
  fake::Phone watched{world, "ann", "101", *Endpoint::parse("127.0.0.11:5060"), "acme.example"};
  EXPECT_EQ(watched.register_now(), 200U);
  settle();
  const auto second_notify = phone.hear();
  ASSERT_TRUE(second_notify);
  EXPECT_EQ(second_notify->top_via().transport, sip::Transport::Tcp);
}

TEST(EventBoardTest, OnlyNewsIsNews) {
  EventBoard board;
  SeededRandom random{1};
  FakeClock clock;
  const auto who = ExtensionId::make(clock, random);
  sip::DialogInfo dialog;
  dialog.id = "d";
  EXPECT_TRUE(board.put(who, dialog));
  EXPECT_FALSE(board.put(who, dialog));
  dialog.state = sip::DialogInfoState::Confirmed;
  EXPECT_TRUE(board.put(who, dialog));
  EXPECT_EQ(board.dialogs(who).size(), 1U);
  EXPECT_TRUE(board.drop(who, "d"));
  EXPECT_FALSE(board.drop(who, "d"));
  EXPECT_TRUE(board.dialogs(who).empty());
}

TEST(PublicationsTest, AFurtherOneTakesThePlaceOfTheOldest) {
  Publications published;
  SeededRandom random{1};
  FakeClock clock;
  const auto who = ExtensionId::make(clock, random);
  const auto publish = [&](std::chrono::seconds length) {
    return *published.apply(who, {sip::PublishKind::Initial, {}, length}, {}, clock.now(), random);
  };
  const auto oldest = publish(60s);
  for (std::size_t i = 0; i < Publications::kMaxPerExtension; ++i) (void)publish(100s);
  EXPECT_EQ(published.size(), Publications::kMaxPerExtension);
  const auto again = published.apply(who, {sip::PublishKind::Refresh, oldest, 60s}, {}, clock.now(), random);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Errc::NotFound);
  EXPECT_EQ(published.expire(clock.now() + 101s), std::vector{who});
  EXPECT_EQ(published.size(), 0U);
}

}  // namespace
}  // namespace parley::pbx
