// Transactions in virtual time: what goes out when, and what the user hears. Timer names are those of RFC 3261 table 4.
#include <deque>

#include <gtest/gtest.h>

#include <sip/minted.hpp>
#include <sip/transaction_layer.hpp>

namespace parley::sip {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct FakeWire final : Wire {
  struct Sent {
    std::string bytes;
    Flow flow;
    TimePoint at;
  };
  std::vector<Sent> sent;
  bool broken = false;
  const TimePoint* now = nullptr;
  bool send(std::string_view bytes, const Flow& flow) override {
    if (broken) return false;
    sent.push_back({std::string(bytes), flow, *now});
    return true;
  }
};

struct FakeUser final : TransactionUser {
  std::vector<std::string> heard;
  ServerId last_server;
  std::function<void(ServerId, const Message&)> on_new;
  void on_request(ServerId id, const Message& request) override {
    heard.push_back("request " + std::string(request.method_text()));
    last_server = id;
    if (on_new) on_new(id, request);
  }
  void on_cancel(ServerId, const Message&) override { heard.emplace_back("cancel"); }
  void on_ack(const Message&) override { heard.emplace_back("ack"); }
  void on_response(ClientId, const Message& response) override {
    heard.push_back("response " + std::to_string(response.status()));
  }
  void on_client_failure(ClientId, TransactionFailure f) override {
    heard.emplace_back(f == TransactionFailure::Timeout ? "timeout" : "transport");
  }
  void on_server_failure(ServerId, TransactionFailure f) override {
    heard.emplace_back(f == TransactionFailure::Timeout ? "no ack" : "transport");
  }
};

struct Layer : ::testing::Test {
  TimePoint start{seconds(1000)};
  TimePoint now = start;
  FakeWire wire;
  FakeUser user;
  SeededRandom random{1};
  TransactionLayer layer{{}, user, wire, random};
  Flow udp{Transport::Udp, *Endpoint::parse("192.0.2.1:5060"), *Endpoint::parse("192.0.2.9:5060"), 0};
  Flow tcp{Transport::Tcp, *Endpoint::parse("192.0.2.1:5060"), *Endpoint::parse("192.0.2.9:5060"), 7};

  Layer() { wire.now = &now; }

  /// Lets time pass timer by timer, as a reactor would.
  void pass(std::chrono::nanoseconds by) {
    const TimePoint end = now + by;
    while (const auto at = layer.next_deadline()) {
      if (*at > end) break;
      now = std::max(now, *at);
      layer.on_time(now);
    }
    now = end;
  }
  ClientId start_request(Method method, const Flow& flow) {
    auto request =
        RequestBuilder(method, "sip:102@example.com", {flow.transport, "192.0.2.1:5060", layer.mint_branch()})
            .from("<sip:101@x>;tag=f")
            .to("<sip:102@x>")
            .call_id("c")
            .cseq(1)
            .max_forwards()
            .header(Header::Route, "<sip:r;lr>")
            .finish();
    const auto id = layer.send_request(std::move(request), flow, now);
    EXPECT_TRUE(id);
    return *id;
  }
  void reply(unsigned status, std::size_t to_index = 0, std::string_view tag = "t") {
    auto request = Message::parse(wire.sent[to_index].bytes);
    auto response = Message::parse(ResponseBuilder(request, status, tag).finish().bytes);
    response.source = udp;
    layer.receive(std::move(response), now);
  }
  void arrive(const std::string& text, const Flow& flow) {
    auto message = Message::parse(text);
    message.source = flow;
    layer.receive(std::move(message), now);
  }
  std::string request(const std::string& method, const std::string& branch = "z9hG4bKx", const std::string& to_tag = "",
                      const std::string& from_tag = "f") const {
    return method + " sip:101@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9" +
           (branch.empty() ? "" : ";branch=" + branch) + "\r\nFrom: <sip:102@x>" +
           (from_tag.empty() ? "" : ";tag=" + from_tag) + "\r\nTo: <sip:101@x>" +
           (to_tag.empty() ? "" : ";tag=" + to_tag) + "\r\nCall-ID: in\r\nCSeq: 1 " + method +
           "\r\nMax-Forwards: 70\r\nl: 0\r\n\r\n";
  }
  std::vector<int> times(std::size_t from = 0) const {
    std::vector<int> out;
    for (std::size_t i = from; i < wire.sent.size(); ++i)
      out.push_back(static_cast<int>(std::chrono::duration_cast<milliseconds>(wire.sent[i].at - start).count()));
    return out;
  }
  std::string last_line() const { return wire.sent.back().bytes.substr(0, wire.sent.back().bytes.find("\r\n")); }
};

using InviteClient = Layer;

TEST_F(InviteClient, DoublesTimerAUntilTimerB) {
  start_request(Method::Invite, udp);
  pass(seconds(40));
  EXPECT_EQ(times(), (std::vector<int>{0, 500, 1500, 3500, 7500, 15500, 31500}));
  EXPECT_EQ(user.heard, (std::vector<std::string>{"timeout"}));
  EXPECT_EQ(layer.size(), 0U);
}

TEST_F(InviteClient, DoesNotRetransmitOnAStreamOrAfterAProvisional) {
  start_request(Method::Invite, tcp);
  pass(seconds(10));
  EXPECT_EQ(wire.sent.size(), 1U);
  start_request(Method::Invite, udp);
  reply(180, 1);
  pass(seconds(100));
  EXPECT_EQ(wire.sent.size(), 2U);
  EXPECT_EQ(user.heard, (std::vector<std::string>{"response 180", "timeout"}));  // the stream's timer B
}

TEST_F(InviteClient, AcknowledgesErrorsAndTheirRepetitions) {
  start_request(Method::Invite, udp);
  reply(486);
  reply(486);
  ASSERT_EQ(wire.sent.size(), 3U);
  const auto invite = Message::parse(wire.sent[0].bytes);
  const auto ack = Message::parse(wire.sent[1].bytes);
  EXPECT_EQ(wire.sent[1].bytes, wire.sent[2].bytes);
  EXPECT_TRUE(ack.is(Method::Ack));
  EXPECT_EQ(ack.top_via().branch, invite.top_via().branch);
  EXPECT_EQ(ack.to().tag(), "t");
  EXPECT_EQ(ack.cseq().number, 1U);
  EXPECT_TRUE(ack.has(Header::Route));
  EXPECT_EQ(user.heard, (std::vector<std::string>{"response 486"}));
  pass(seconds(31));
  EXPECT_EQ(layer.size(), 1U);
  pass(seconds(2));  // timer D
  EXPECT_EQ(layer.size(), 0U);
}

TEST_F(InviteClient, PassesEvery2xxUntilTimerM) {  // RFC 6026 §7.2
  start_request(Method::Invite, udp);
  reply(200, 0, "a");
  reply(200, 0, "b");
  EXPECT_EQ(user.heard, (std::vector<std::string>{"response 200", "response 200"}));
  EXPECT_EQ(wire.sent.size(), 1U);  // the ACK is the dialog's
  pass(seconds(33));
  reply(200, 0, "a");
  EXPECT_EQ(layer.counters().unmatched_responses, 1U);
}

TEST_F(InviteClient, Tells100AndRepeatsNoMore) {
  start_request(Method::Invite, udp);
  reply(100);
  EXPECT_EQ(user.heard.size(), 1U);
  pass(seconds(100));
  EXPECT_EQ(wire.sent.size(), 1U);
}

TEST_F(InviteClient, CancelWaitsForAProvisional) {  // RFC 3261 §9.1
  const auto id = start_request(Method::Invite, udp);
  ASSERT_TRUE(layer.cancel(id, now, "Reason: SIP;cause=200;text=\"Call completed elsewhere\""));
  EXPECT_EQ(wire.sent.size(), 1U);
  reply(180);
  ASSERT_EQ(wire.sent.size(), 2U);
  const auto cancel = Message::parse(wire.sent[1].bytes);
  EXPECT_TRUE(cancel.is(Method::Cancel));
  EXPECT_EQ(cancel.top_via().text, Message::parse(wire.sent[0].bytes).top_via().text);
  EXPECT_EQ(parse_reason(*cancel.value(Header::Reason))->cause, 200U);
  reply(200, 1);  // to the CANCEL: the user does not hear of it
  reply(487);
  EXPECT_EQ(user.heard, (std::vector<std::string>{"response 180", "response 487"}));
}

TEST_F(InviteClient, CancelledWithoutFinalResponseTimesOut) {
  const auto id = start_request(Method::Invite, tcp);
  reply(180);
  ASSERT_TRUE(layer.cancel(id, now));
  ASSERT_TRUE(layer.cancel(id, now));  // twice is once
  pass(seconds(33));
  EXPECT_EQ(wire.sent.size(), 2U);
  EXPECT_EQ(user.heard, (std::vector<std::string>{"response 180", "timeout"}));
  EXPECT_EQ(layer.size(), 0U);
  EXPECT_FALSE(layer.cancel(id, now));
}

TEST_F(InviteClient, CancelAfterTheAnswerDoesNothing) {
  const auto id = start_request(Method::Invite, udp);
  reply(200);
  EXPECT_TRUE(layer.cancel(id, now));
  EXPECT_EQ(wire.sent.size(), 1U);
}

TEST_F(InviteClient, BrokenConnectionIsAFailure) {
  start_request(Method::Invite, tcp);
  start_request(Method::Invite, udp);
  layer.on_transport_error(tcp, now);
  EXPECT_EQ(user.heard, (std::vector<std::string>{"transport"}));
  EXPECT_EQ(layer.size(), 1U);
}

TEST_F(InviteClient, ConnectionThatBreaksWhileSendingIsToldOnce) {
  struct Breaking final : Wire {
    TransactionLayer* layer = nullptr;
    TimePoint now{};
    bool send(std::string_view, const Flow& flow) override {
      layer->on_transport_error(flow, now);
      return false;
    }
  } breaking;
  TransactionLayer own({}, user, breaking, random);
  breaking.layer = &own;
  for (int i = 0; i < 3; ++i) {
    const auto id = own.send_request(
        RequestBuilder(Method::Invite, "sip:x", {Transport::Tcp, "h", own.mint_branch()}).cseq(1).finish(), tcp, now);
    EXPECT_FALSE(id);
  }
  auto message = Message::parse(request("OPTIONS"));
  message.source = tcp;
  own.receive(std::move(message), now);
  EXPECT_FALSE(own.respond(user.last_server, 200, "t", now));
  EXPECT_EQ(own.size(), 0U);
  EXPECT_EQ(user.heard, (std::vector<std::string>{"request OPTIONS"}));
}

TEST_F(InviteClient, ErrorKnownAtOnceIsReturnedNotCalled) {
  wire.broken = true;
  const auto id = layer.send_request(
      RequestBuilder(Method::Bye, "sip:x", {Transport::Tcp, "h", layer.mint_branch()}).cseq(1).finish(), tcp, now);
  ASSERT_FALSE(id);
  EXPECT_EQ(id.error().code, Errc::Unavailable);
  EXPECT_TRUE(user.heard.empty());
  EXPECT_EQ(layer.size(), 0U);
}

using NonInviteClient = Layer;

TEST_F(NonInviteClient, RetransmitsUpToT2UntilTimerF) {
  start_request(Method::Options, udp);
  pass(seconds(40));
  EXPECT_EQ(times(), (std::vector<int>{0, 500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500}));
  EXPECT_EQ(user.heard, (std::vector<std::string>{"timeout"}));
}

TEST_F(NonInviteClient, RetransmitsEveryT2InProceeding) {
  start_request(Method::Bye, udp);
  reply(180);
  pass(seconds(40));
  EXPECT_EQ(times(), (std::vector<int>{0, 500, 4500, 8500, 12500, 16500, 20500, 24500, 28500}));
  EXPECT_EQ(user.heard, (std::vector<std::string>{"response 180", "timeout"}));
}

TEST_F(NonInviteClient, AbsorbsRepeatedFinalsForTimerK) {
  start_request(Method::Bye, udp);
  reply(200);
  reply(200);
  EXPECT_EQ(user.heard, (std::vector<std::string>{"response 200"}));
  EXPECT_EQ(layer.counters().absorbed, 1U);
  pass(milliseconds(5001));
  EXPECT_EQ(layer.size(), 0U);
}

TEST_F(NonInviteClient, EndsAtOnceOnAStream) {
  start_request(Method::Bye, tcp);
  reply(200);
  EXPECT_EQ(layer.size(), 0U);
}

TEST_F(NonInviteClient, ResponseOfAnotherMethodOrBranchIsNotIts) {
  start_request(Method::Bye, udp);
  auto text = ResponseBuilder(Message::parse(wire.sent[0].bytes), 200, "t").finish().bytes;
  text.replace(text.find("1 BYE"), 5, "1 INFO");
  arrive(text, udp);
  EXPECT_TRUE(user.heard.empty());
  EXPECT_EQ(layer.counters().unmatched_responses, 1U);
}

using InviteServer = Layer;

TEST_F(InviteServer, AnsweredOnceLeavesNothingBehind) {  // RFC 3261 §8.2.7
  arrive(request("INVITE"), udp);
  const auto& invite = *layer.request(user.last_server);
  const auto tag = TransactionLayer::stateless_tag(invite);
  ASSERT_TRUE(layer.respond_once(user.last_server, ResponseBuilder(invite, 401, tag).finish()));
  EXPECT_EQ(layer.size(), 0U);
  pass(seconds(33));
  EXPECT_EQ(wire.sent.size(), 1U);
  arrive(request("ACK", "z9hG4bKx", tag), udp);
  EXPECT_EQ(user.heard, (std::vector<std::string>{"request INVITE"}));  // the ACK is known by its tag
  arrive(request("INVITE"), udp);                                       // its retransmission is asked anew
  EXPECT_EQ(user.heard.size(), 2U);
  EXPECT_FALSE(layer.respond_once(ServerId{}, Outgoing{}));
}

TEST_F(InviteServer, Sends100After200Milliseconds) {
  arrive(request("INVITE"), udp);
  pass(milliseconds(199));
  EXPECT_TRUE(wire.sent.empty());
  pass(milliseconds(1));
  ASSERT_EQ(wire.sent.size(), 1U);
  EXPECT_EQ(last_line(), "SIP/2.0 100 Trying");
  arrive(request("INVITE"), udp);  // a retransmission gets it again
  EXPECT_EQ(wire.sent.size(), 2U);
  EXPECT_EQ(user.heard.size(), 1U);
}

TEST_F(InviteServer, NoTryingAfterRinging) {
  arrive(request("INVITE"), udp);
  ASSERT_TRUE(layer.respond(user.last_server, 180, "t", now));
  pass(seconds(5));
  EXPECT_EQ(wire.sent.size(), 1U);
  arrive(request("INVITE"), udp);
  EXPECT_EQ(last_line(), "SIP/2.0 180 Ringing");
}

TEST_F(InviteServer, RepeatsErrorsWithTimerGUntilAck) {
  arrive(request("INVITE"), udp);
  ASSERT_TRUE(layer.respond(user.last_server, 486, "t", now));
  pass(milliseconds(1600));
  EXPECT_EQ(times(), (std::vector<int>{0, 500, 1500}));
  arrive(request("ACK", "z9hG4bKx", "t"), udp);
  pass(seconds(4));
  EXPECT_EQ(wire.sent.size(), 3U);
  EXPECT_EQ(user.heard, (std::vector<std::string>{"request INVITE"}));  // this ACK is the transaction's
  pass(seconds(2));                                                     // timer I
  EXPECT_EQ(layer.size(), 0U);
}

TEST_F(InviteServer, ToldWhenNoAckComes) {
  arrive(request("INVITE"), udp);
  ASSERT_TRUE(layer.respond(user.last_server, 486, "t", now));
  pass(seconds(33));
  EXPECT_EQ(times(), (std::vector<int>{0, 500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500}));
  EXPECT_EQ(user.heard.back(), "no ack");
}

TEST_F(InviteServer, AcceptedAbsorbsRepeatedInvitesAndLetsTheDialogRepeatThe2xx) {  // RFC 6026 §7.1
  arrive(request("INVITE"), udp);
  auto answer = ResponseBuilder(*layer.request(user.last_server), 200, "t").finish();
  ASSERT_TRUE(layer.respond(user.last_server, answer, now));
  arrive(request("INVITE"), udp);
  EXPECT_EQ(wire.sent.size(), 1U);
  EXPECT_TRUE(layer.respond(user.last_server, answer, now));
  EXPECT_EQ(wire.sent.size(), 2U);
  EXPECT_EQ(layer.respond(user.last_server, 486, "t", now).error().code, Errc::Conflict);
  arrive(request("ACK", "z9hG4bKother", "t"), udp);  // its own branch: the dialog's
  EXPECT_EQ(user.heard.back(), "ack");
  pass(seconds(33));  // timer L
  EXPECT_EQ(layer.size(), 0U);
  EXPECT_EQ(layer.respond(user.last_server, answer, now).error().code, Errc::NotFound);
}

TEST_F(InviteServer, CancelIsAnsweredAndPassedOnOnce) {
  arrive(request("INVITE"), udp);
  ASSERT_TRUE(layer.respond(user.last_server, 180, "tag1", now));
  arrive(request("CANCEL"), udp);
  EXPECT_EQ(last_line(), "SIP/2.0 200 OK");
  EXPECT_EQ(Message::parse(wire.sent.back().bytes).to().tag(), "tag1");
  arrive(request("CANCEL"), udp);
  EXPECT_EQ(user.heard, (std::vector<std::string>{"request INVITE", "cancel"}));
  EXPECT_TRUE(layer.is_open(user.last_server));
  ASSERT_TRUE(layer.respond(user.last_server, 487, "tag1", now));
  EXPECT_FALSE(layer.is_open(user.last_server));
}

TEST_F(InviteServer, CancelTooLateIsOnlyAnswered) {
  arrive(request("INVITE"), udp);
  ASSERT_TRUE(layer.respond(user.last_server, 200, "t", now));
  arrive(request("CANCEL"), udp);
  EXPECT_EQ(last_line(), "SIP/2.0 200 OK");
  EXPECT_EQ(user.heard.size(), 1U);
}

TEST_F(InviteServer, CancelFromElsewhereOrForNothingIs481) {
  arrive(request("CANCEL"), udp);
  EXPECT_EQ(last_line(), "SIP/2.0 481 Call/Transaction Does Not Exist");
  arrive(request("INVITE"), udp);
  Flow attacker = udp;
  attacker.remote = *Endpoint::parse("203.0.113.66:5060");
  arrive(request("CANCEL"), attacker);
  EXPECT_EQ(last_line(), "SIP/2.0 481 Call/Transaction Does Not Exist");
  EXPECT_EQ(user.heard, (std::vector<std::string>{"request INVITE"}));
  EXPECT_EQ(layer.counters().unmatched_cancels, 2U);
}

TEST_F(InviteServer, MatchesRfc2543PeersWithoutBranch) {  // §17.2.3
  arrive(request("INVITE", ""), udp);
  arrive(request("INVITE", ""), udp);
  EXPECT_EQ(user.heard.size(), 1U);
  arrive(request("CANCEL", ""), udp);
  EXPECT_EQ(user.heard.back(), "cancel");
  ASSERT_TRUE(layer.respond(user.last_server, 487, "mine", now));
  arrive(request("ACK", "", "other"), udp);
  EXPECT_EQ(user.heard.back(), "ack");  // not for this response
  arrive(request("ACK", "", "mine"), udp);
  const auto sent = wire.sent.size();
  pass(seconds(3));
  EXPECT_EQ(wire.sent.size(), sent);
}

TEST_F(InviteServer, AnswersGoWhereTheRequestCameFrom) {
  auto text = request("INVITE");
  text.replace(text.find("192.0.2.9"), 9, "10.0.0.1:7777;rport");
  Flow nat = udp;
  nat.remote = *Endpoint::parse("192.0.2.77:40001");
  arrive(text, nat);
  ASSERT_TRUE(layer.respond(user.last_server, 180, "t", now));
  EXPECT_EQ(wire.sent.back().flow.remote.text(), "192.0.2.77:40001");
  EXPECT_EQ(Message::parse(wire.sent.back().bytes).top_via().rport_value, 40001);
}

using NonInviteServer = Layer;

TEST_F(NonInviteServer, RepeatsItsFinalResponseForTimerJ) {
  arrive(request("OPTIONS"), udp);
  ASSERT_TRUE(layer.respond(user.last_server, 200, "t", now));
  arrive(request("OPTIONS"), udp);
  EXPECT_EQ(wire.sent.size(), 2U);
  EXPECT_EQ(wire.sent[0].bytes, wire.sent[1].bytes);
  pass(seconds(33));
  EXPECT_EQ(layer.size(), 0U);
}

TEST_F(NonInviteServer, AnsweringWithinTheCallbackKeepsTheRequestReadable) {
  std::string seen;
  user.on_new = [&](ServerId id, const Message& request) {
    ASSERT_TRUE(layer.respond(id, 200, "t", now));  // on a stream this ends the transaction
    EXPECT_EQ(layer.request(id), nullptr);
    seen = request.call_id();
  };
  arrive(request("OPTIONS"), tcp);
  EXPECT_EQ(seen, "in");
  EXPECT_EQ(layer.size(), 0U);
}

TEST_F(NonInviteServer, ForgottenByItsUserItEndsAnyway) {
  arrive(request("OPTIONS"), udp);
  pass(seconds(33));
  EXPECT_EQ(layer.size(), 0U);
}

using Doors = Layer;

TEST_F(Doors, UnservedRequestsAreAnsweredWithoutATransaction) {
  arrive(request("FOO"), udp);
  EXPECT_EQ(last_line(), "SIP/2.0 501 Not Implemented");
  const auto tag = std::string(Message::parse(wire.sent[0].bytes).to().tag());
  arrive(request("FOO"), udp);
  EXPECT_EQ(Message::parse(wire.sent[1].bytes).to().tag(), tag);  // the same for a retransmission
  arrive(request("ACK", "z9hG4bKx", tag), udp);
  EXPECT_TRUE(user.heard.empty());
  EXPECT_EQ(layer.size(), 0U);
  EXPECT_EQ(layer.counters().refused, 2U);
}

TEST_F(Doors, BrokenResponsesAreDropped) {
  arrive("SIP/2.0 200 OK\r\n\r\n", udp);
  arrive("garbage", udp);
  EXPECT_EQ(layer.counters().dropped, 2U);
  EXPECT_TRUE(wire.sent.empty());
}

TEST_F(Doors, BeyondTheLimitIs503) {
  TransactionLayer small({.max_transactions = 2}, user, wire, random);
  for (int i = 0; i < 3; ++i) {
    auto message = Message::parse(request("INVITE", "z9hG4bK" + std::to_string(i), "", "f" + std::to_string(i)));
    message.source = udp;
    small.receive(std::move(message), now);
  }
  EXPECT_EQ(user.heard.size(), 2U);
  EXPECT_EQ(last_line(), "SIP/2.0 503 Service Unavailable");
  EXPECT_EQ(small.counters().overloaded, 1U);
  EXPECT_EQ(small.size(), 2U);
}

TEST_F(Doors, StaleIdsAreRefused) {
  const auto id = start_request(Method::Bye, tcp);
  reply(200);
  start_request(Method::Invite, tcp);  // takes the slot
  EXPECT_FALSE(layer.is_open(id));
  EXPECT_FALSE(layer.cancel(id, now));
}

struct MergedRequests : Layer {  // RFC 3261 §8.2.2.2
  std::string by(const std::string& branch, const std::string& more = {}, const std::string& cseq = "1 OPTIONS") const {
    return "OPTIONS sip:101@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK" + branch +
           "\r\nFrom: <sip:102@x>;tag=f\r\nTo: <sip:101@x>" + more + "\r\nCall-ID: in\r\nCSeq: " + cseq +
           "\r\nMax-Forwards: 70\r\nl: 0\r\n\r\n";
  }
  unsigned last_status() const { return Message::parse(wire.sent.back().bytes).status(); }
};

TEST_F(MergedRequests, TheSameRequestByAnotherWayGets482) {
  arrive(by("one"), udp);
  ASSERT_TRUE(layer.respond(user.last_server, 200, "t", now));
  arrive(by("two"), udp);
  EXPECT_EQ(last_status(), 482U);
  EXPECT_EQ(user.heard, std::vector<std::string>{"request OPTIONS"});
  EXPECT_EQ(layer.counters().merged, 1U);
  arrive(by("one"), udp);  // a retransmission of the first is none
  EXPECT_EQ(last_status(), 200U);
}

TEST_F(MergedRequests, ANewCseqAnEndedTransactionAndADialogAreNone) {
  arrive(by("one"), udp);
  ASSERT_TRUE(layer.respond(user.last_server, 200, "t", now));
  arrive(by("two", "", "2 OPTIONS"), udp);
  arrive(by("three", ";tag=t"), udp);
  EXPECT_EQ(user.heard.size(), 3U);
  ASSERT_TRUE(layer.respond(user.last_server, 200, "t", now));
  pass(seconds(33));
  arrive(by("four"), udp);
  EXPECT_EQ(user.heard.size(), 4U);
}

TEST_F(MergedRequests, CredentialsWithTheOldCseqAreServed) {  // not what §22.2 says, but what agents do
  arrive(by("one"), udp);
  ASSERT_TRUE(layer.respond(user.last_server, 401, "t", now));
  arrive(by("two"), udp);
  EXPECT_EQ(user.heard.size(), 2U);
}

struct FullLayer : Layer {
  static TransactionLayer::Options of_four() {
    TransactionLayer::Options options;
    options.max_transactions = 4;
    return options;
  }
  TransactionLayer small{of_four(), user, wire, random};
  void arrive_small(const std::string& text) {
    auto message = Message::parse(text);
    message.source = udp;
    small.receive(std::move(message), now);
  }
};

TEST_F(FullLayer, ForgetsTheOldestAnsweredBeforeItRefusesWhatIsNew) {
  user.on_new = [&](ServerId id, const Message&) { ASSERT_TRUE(small.respond(id, 200, "t", now)); };
  for (int i = 0; i < 10; ++i)
    arrive_small(request("OPTIONS", "z9hG4bK" + std::to_string(i), "", "f" + std::to_string(i)));
  EXPECT_EQ(user.heard.size(), 10U);
  EXPECT_EQ(small.size(), 4U);
  EXPECT_EQ(small.counters().forgotten, 6U);
  EXPECT_EQ(small.counters().overloaded, 0U);
  arrive_small(request("OPTIONS", "z9hG4bK9", "", "f9"));  // still remembered: repeated, not served again
  EXPECT_EQ(user.heard.size(), 10U);
  pass(seconds(40));
}

TEST_F(FullLayer, RefusesWhatIsNewWhenAllAreUnanswered) {
  for (int i = 0; i < 5; ++i)
    arrive_small(request("OPTIONS", "z9hG4bK" + std::to_string(i), "", "f" + std::to_string(i)));
  EXPECT_EQ(user.heard.size(), 4U);
  EXPECT_EQ(Message::parse(wire.sent.back().bytes).status(), 503U);
}

TEST_F(FullLayer, AnsweredInviteMakesRoomOnlyOnceAcknowledged) {
  std::vector<ServerId> invites;
  user.on_new = [&](ServerId id, const Message&) {
    invites.push_back(id);
    ASSERT_TRUE(small.respond(id, 200, "t", now));
  };
  for (int i = 0; i < 5; ++i)
    arrive_small(request("INVITE", "z9hG4bK" + std::to_string(i), "", "f" + std::to_string(i)));
  ASSERT_EQ(invites.size(), 4U);
  small.acknowledged(invites[1]);
  arrive_small(request("INVITE", "z9hG4bKnew", "", "new"));
  ASSERT_EQ(invites.size(), 5U);
  EXPECT_TRUE(small.respond(invites[0], 200, "t", now)) << "its dialog may still repeat the answer";
  EXPECT_FALSE(small.respond(invites[1], 200, "t", now));
}

}  // namespace
}  // namespace parley::sip
