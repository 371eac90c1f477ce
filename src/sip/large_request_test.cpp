// A request that is too large for a datagram (RFC 3261 §18.1.1), in virtual time.
#include <gtest/gtest.h>

#include <sip/minted.hpp>
#include <sip/transaction_layer.hpp>

namespace parley::sip {
namespace {

using std::chrono::seconds;

struct LargeRequest : ::testing::Test, Wire, TransactionUser {
  struct Sent {
    std::string bytes;
    Flow flow;
  };
  TimePoint now{seconds(1000)};
  std::vector<Sent> sent;
  std::vector<std::string> heard;
  bool refuse_tcp = false;
  SeededRandom random{1};
  TransactionLayer layer{{}, *this, *this, random};
  Flow udp{Transport::Udp, *Endpoint::parse("192.0.2.1:5060"), *Endpoint::parse("192.0.2.9:5060"), 0};

  bool send(std::string_view bytes, const Flow& flow) override {
    if (refuse_tcp && flow.transport == Transport::Tcp) return false;
    sent.push_back({std::string(bytes), flow});
    return true;
  }
  bool wants_stream(std::size_t bytes, const Flow&) override { return bytes > 1300; }
  void on_request(ServerId, const Message&) override {}
  void on_cancel(ServerId, const Message&) override {}
  void on_ack(const Message&) override {}
  void on_response(ClientId, const Message& response) override { heard.push_back(std::to_string(response.status())); }
  void on_client_failure(ClientId, TransactionFailure f) override {
    heard.emplace_back(f == TransactionFailure::Timeout ? "timeout" : "transport");
  }
  void on_server_failure(ServerId, TransactionFailure) override {}

  Result<ClientId> invite(std::size_t body, Method method = Method::Invite) {
    RequestBuilder builder(method, "sip:102@example.com", {Transport::Udp, "192.0.2.1:5060", layer.mint_branch()});
    builder.from("<sip:101@x>;tag=f").to("<sip:102@x>").call_id("c").cseq(1).max_forwards();
    builder.body("text/plain", std::string(body, 'x'));
    return layer.send_request(builder.finish(), udp, now);
  }
  void pass(std::chrono::nanoseconds by) {
    const TimePoint end = now + by;
    while (const auto at = layer.next_deadline()) {
      if (*at > end) break;
      now = std::max(now, *at);
      layer.on_time(now);
    }
    now = end;
  }
  Transport via(std::size_t index) const { return Message::parse(sent[index].bytes).top_via().transport; }
};

TEST_F(LargeRequest, GoesByTcpWithAViaThatSaysSo) {
  ASSERT_TRUE(invite(100));
  ASSERT_TRUE(invite(1400));
  ASSERT_EQ(sent.size(), 2U);
  EXPECT_EQ(sent[0].flow.transport, Transport::Udp);
  EXPECT_EQ(via(0), Transport::Udp);
  EXPECT_EQ(sent[1].flow.transport, Transport::Tcp);
  EXPECT_EQ(sent[1].flow.connection, 0U);
  EXPECT_EQ(via(1), Transport::Tcp);
  const auto small = sent.size();
  pass(seconds(3));
  for (auto i = small; i < sent.size(); ++i)
    EXPECT_EQ(sent[i].flow.transport, Transport::Udp);  // a stream repeats none
}

TEST_F(LargeRequest, GoesAsADatagramWhereNobodyTakesTcp) {
  refuse_tcp = true;
  ASSERT_TRUE(invite(1400));
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].flow.transport, Transport::Udp);
  EXPECT_EQ(via(0), Transport::Udp);
}

TEST_F(LargeRequest, FallsBackWhenTheConnectionIsRefusedLaterAndThenRepeats) {
  for (const auto method : {Method::Invite, Method::Message}) {
    sent.clear();
    heard.clear();
    ASSERT_TRUE(invite(1400, method));
    auto tcp = udp;
    tcp.transport = Transport::Tcp;
    layer.on_transport_error(tcp, now);
    ASSERT_EQ(sent.size(), 2U);
    EXPECT_EQ(sent[1].flow, udp);
    EXPECT_EQ(via(1), Transport::Udp);
    EXPECT_EQ(Message::parse(sent[0].bytes).top_via().branch, Message::parse(sent[1].bytes).top_via().branch);
    pass(seconds(2));
    EXPECT_GT(sent.size(), 2U);  // timers A, E run
    EXPECT_TRUE(heard.empty());
    auto response = Message::parse(ResponseBuilder(Message::parse(sent[1].bytes), 486, "t").finish().bytes);
    response.source = udp;
    layer.receive(std::move(response), now);
    EXPECT_EQ(heard, std::vector<std::string>{"486"});
    pass(seconds(60));
    EXPECT_EQ(layer.size(), 0U);
  }
}

TEST_F(LargeRequest, ABreakAfterTheFirstAnswerIsAFailure) {
  ASSERT_TRUE(invite(1400));
  auto tcp = udp;
  tcp.transport = Transport::Tcp;
  auto ringing = Message::parse(ResponseBuilder(Message::parse(sent[0].bytes), 180, "t").finish().bytes);
  ringing.source = tcp;
  layer.receive(std::move(ringing), now);
  layer.on_transport_error(tcp, now);
  EXPECT_EQ(heard, (std::vector<std::string>{"180", "transport"}));
}

TEST_F(LargeRequest, AServersTransactionOutlivesTheConnectionButForWebSockets) {  // §18.2.2
  for (const auto transport : {Transport::Tcp, Transport::Wss}) {
    TransactionLayer own({}, *this, *this, random);
    auto request = Message::parse(
        "OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.9;branch=z9hG4bKs\r\nFrom: <sip:a@b>;tag=1\r\nTo: "
        "<sip:b@b>\r\n"
        "Call-ID: s\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n");
    request.source = {transport, udp.local, udp.remote, 9};
    const auto source = request.source;
    own.receive(std::move(request), now);
    EXPECT_EQ(own.size(), 1U);
    own.on_transport_error(source, now);
    EXPECT_EQ(own.size(), transport == Transport::Tcp ? 1U : 0U);
  }
}

}  // namespace
}  // namespace parley::sip
