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

}  // namespace
}  // namespace parley::pbx
