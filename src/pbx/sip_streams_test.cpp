#include <algorithm>
#include <functional>
#include <thread>

#include <gtest/gtest.h>

#include <net/reactor.hpp>
#include <pbx/sip_streams.hpp>

namespace parley::pbx {
namespace {
using namespace std::chrono_literals;

/// Streams and the peer that they connect to, on one reactor and real sockets.
struct SipStreamsTest : testing::Test, SipStreams::Owner {
  void receive(sip::Message&& message) override { received.push_back(std::move(message)); }
  void lost(const sip::Flow& flow) override { gone.push_back(flow); }

  void listen() {
    auto made = net::TcpListener::listen(
        reactor, *Endpoint::parse("127.0.0.1:0"), {}, [this](const std::shared_ptr<net::TcpConnection>& socket) {
          accepted.push_back(socket);
          socket->start([this](BytesView bytes) { heard += as_text(bytes); }, [](const std::string&) {});
        });
    ASSERT_TRUE(made);
    peer = std::move(*made);
  }
  bool wait_until(const std::function<bool()>& condition) {
    for (const auto end = reactor.now() + 5s; !condition(); std::this_thread::sleep_for(2ms)) {
      if (reactor.now() > end) return false;
      (void)reactor.poll();
    }
    return true;
  }
  sip::Flow opened() {
    sip::Flow to;
    to.transport = sip::Transport::Tcp;
    to.remote = peer->local();
    std::optional<Result<sip::Flow>> made;
    streams.open(to, "carrier.example", [&](Result<sip::Flow> flow) { made = std::move(flow); });
    EXPECT_TRUE(wait_until([&] { return made.has_value(); }));
    return made && *made ? **made : sip::Flow{};
  }

  SeededRandom random{5};
  net::Reactor reactor{0};
  SourceGuard guard{reactor.clock(), random};
  EdgeShared shared{SipEdgeOptions{}, guard};
  SipStreams streams{shared, reactor, 0, *this};
  std::unique_ptr<net::TcpListener> peer;
  std::vector<std::shared_ptr<net::TcpConnection>> accepted;
  std::vector<sip::Message> received;
  std::vector<sip::Flow> gone;
  std::string heard;
};

TEST_F(SipStreamsTest, WhatOpenGaveIsOpenedAgainForWhatStillHasToBeSaid) {
  listen();
  const auto flow = opened();
  ASSERT_NE(flow.connection, 0U);
  EXPECT_EQ(opened(), flow) << "one connection serves all";
  ASSERT_TRUE(wait_until([&] { return accepted.size() == 1; }));
  accepted[0]->close();
  ASSERT_TRUE(wait_until([&] { return !gone.empty(); }));
  EXPECT_EQ(gone[0].connection, flow.connection);
  EXPECT_FALSE(streams.send(flow.connection, "BYE"));
  ASSERT_TRUE(streams.send_again(flow, "BYE"));
  EXPECT_TRUE(wait_until([&] { return heard == "BYE"; }));
  EXPECT_EQ(accepted.size(), 2U);
  EXPECT_NE(opened().connection, flow.connection);
}

TEST_F(SipStreamsTest, WhatCannotBeOpenedAgainIsLostUnderItsOldNumber) {
  listen();
  const auto flow = opened();
  ASSERT_TRUE(wait_until([&] { return accepted.size() == 1; }));
  peer.reset();
  accepted[0]->close();
  ASSERT_TRUE(wait_until([&] { return !gone.empty(); }));
  gone.clear();
  ASSERT_TRUE(streams.send_again(flow, "BYE"));
  EXPECT_TRUE(
      wait_until([&] { return std::ranges::find(gone, flow.connection, &sip::Flow::connection) != gone.end(); }));
  auto stranger = flow;
  stranger.connection += 100;
  EXPECT_FALSE(streams.send_again(stranger, "BYE")) << "never given";
}

/// A peer that connects to us and says `via` on an OPTIONS.
struct AliasTest : SipStreamsTest {
  void SetUp() override {
    auto made = net::TcpListener::listen(
        reactor, *Endpoint::parse("127.0.0.1:0"), {},
        [this](std::shared_ptr<net::TcpConnection> socket) { streams.accept(std::move(socket), sip::Transport::Tcp); });
    ASSERT_TRUE(made);
    peer = std::move(*made);
    net::TcpConnection::connect(reactor, peer->local(), {}, [this](Result<std::shared_ptr<net::TcpConnection>> ours) {
      ASSERT_TRUE(ours);
      client = *ours;
      client->start([this](BytesView bytes) { heard += as_text(bytes); }, [](const std::string&) {});
    });
    ASSERT_TRUE(wait_until([&] { return client != nullptr; }));
  }
  void say(const std::string& via) {
    const auto before = received.size();
    const auto text = "OPTIONS sip:h SIP/2.0\r\nVia: SIP/2.0/TCP " + via +
                      "\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:h>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n"
                      "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n";
    ASSERT_TRUE(client->send(as_bytes(text)));
    ASSERT_TRUE(wait_until([&] { return received.size() > before; }));
  }
  std::uint64_t alias_of(const char* remote) {
    return shared.aliases.with([&](const auto& map) {
      const auto found = map.find({sip::Transport::Tcp, *Endpoint::parse(remote)});
      return found == map.end() ? std::uint64_t{0} : found->second;
    });
  }
  std::shared_ptr<net::TcpConnection> client;
};

TEST_F(AliasTest, RequestsForAPeerThatOffersItGoByItsOwnConnection) {  // RFC 5923 §8
  say("127.0.0.1:5070;branch=z9hG4bK1;alias");
  const auto connection = received.back().source.connection;
  ASSERT_NE(connection, 0U);
  EXPECT_EQ(alias_of("127.0.0.1:5070"), connection);
  EXPECT_FALSE(streams.opened(connection));
  EXPECT_TRUE(streams.send(alias_of("127.0.0.1:5070"), "to you"));
  EXPECT_TRUE(wait_until([&] { return heard == "to you"; }));
  client->close();
  ASSERT_TRUE(wait_until([&] { return !gone.empty(); }));
  EXPECT_EQ(alias_of("127.0.0.1:5070"), 0U) << "it ends with its connection";
  EXPECT_NE(std::ranges::find_if(gone, [](const auto& flow) { return flow.remote.port == 5070; }), gone.end())
      << "and what waits there is told";
}

TEST_F(AliasTest, NobodyTakesWhatIsForAnotherAddress) {
  say("192.0.2.7:5060;branch=z9hG4bK1;alias");
  say("carrier.example;branch=z9hG4bK2;alias");
  say("127.0.0.1:5071;branch=z9hG4bK3");
  EXPECT_TRUE(shared.aliases.with([](const auto& map) { return map.empty(); }));
}

TEST_F(SipStreamsTest, WhatIsOpenedCanBeOfferedAsAlias) {
  listen();
  EXPECT_TRUE(streams.opened(opened().connection));
}

}  // namespace
}  // namespace parley::pbx
