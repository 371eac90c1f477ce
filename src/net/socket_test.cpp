#include <string>

#include <gtest/gtest.h>

#include <net/loopback_fixture.hpp>
#include <net/reactor.hpp>
#include <net/tcp.hpp>
#include <net/udp_socket.hpp>

namespace parley::net {
namespace {
using namespace std::chrono_literals;

TEST(UdpSocket, DeliversEveryDatagramWithItsSource) {
  Reactor reactor(0);
  auto a = UdpSocket::bind(reactor, kLoopback, {}).value();
  auto b = UdpSocket::bind(reactor, kLoopback, {}).value();
  std::vector<std::string> got;
  b->on_datagram([&](BytesView bytes, const Endpoint& from) {
    EXPECT_EQ(from, a->local());
    got.emplace_back(as_text(bytes));
  });
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(a->send(as_bytes("n" + std::to_string(i)), b->local()));
  ASSERT_TRUE(a->send({}, b->local()));
  ASSERT_TRUE(run_until(reactor, [&] { return got.size() == 101; }));
  EXPECT_EQ(got[99], "n99");
  EXPECT_EQ(got[100], "");
}

TEST(UdpSocket, CarriesTheLargestDatagramAndRefusesMore) {
  Reactor reactor(0);
  auto a = UdpSocket::bind(reactor, kLoopback, {}).value();
  std::size_t got = 0;
  a->on_datagram([&](BytesView bytes, const Endpoint&) { got = bytes.size(); });
  EXPECT_TRUE(a->send(Bytes(65507), a->local()));
  ASSERT_TRUE(run_until(reactor, [&] { return got != 0; }));
  EXPECT_EQ(got, 65507U);
  EXPECT_EQ(a->send(Bytes(65508), a->local()).error().code, Errc::Limited);
}

TEST(UdpSocket, MayBeDestroyedInItsOwnCallback) {
  Reactor reactor(0);
  auto a = UdpSocket::bind(reactor, kLoopback, {}).value();
  auto b = UdpSocket::bind(reactor, kLoopback, {}).value();
  int got = 0;
  b->on_datagram([&](BytesView, const Endpoint&) {
    ++got;
    b.reset();
  });
  const Endpoint to = b->local();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(a->send(as_bytes("x"), to));
  ASSERT_TRUE(run_until(reactor, [&] { return got != 0; }));
  reactor.poll();
  EXPECT_EQ(got, 1);
}

TEST(UdpSocket, SendGoesOnAfterAnIcmpError) {
  Reactor reactor(0);
  auto a = UdpSocket::bind(reactor, kLoopback, {}).value();
  const Endpoint nobody = UdpSocket::bind(reactor, kLoopback, {}).value()->local();
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(a->send(as_bytes("x"), nobody));
}

TEST(UdpSocket, AnswersOfOneTurnLeaveTogetherAndInOrder) {
  Reactor reactor(0);
  auto server = UdpSocket::bind(reactor, kLoopback, {}).value();
  auto phone = UdpSocket::bind(reactor, kLoopback, {}).value();
  server->on_datagram([&](BytesView bytes, const Endpoint& from) { server->send_soon(bytes, from); });
  std::vector<std::string> heard;
  phone->on_datagram([&](BytesView bytes, const Endpoint&) { heard.emplace_back(as_text(bytes)); });
  std::vector<std::string> said;
  for (int i = 0; i < 100; ++i) said.push_back(std::to_string(i) + std::string(static_cast<std::size_t>(i) * 20, 'x'));
  for (const auto& text : said) ASSERT_TRUE(phone->send(as_bytes(text), server->local()));
  ASSERT_TRUE(run_until(reactor, [&] { return heard.size() == said.size(); }));
  EXPECT_EQ(heard, said);
  server->send_soon(as_bytes("alone"), phone->local());
  ASSERT_TRUE(run_until(reactor, [&] { return heard.size() == said.size() + 1; }));
}

TEST(UdpSocket, GoesOnWhileMuchComesAndAfterwards) {  // looked at every millisecond, then woken again
  Reactor reactor(0);
  auto server = UdpSocket::bind(reactor, kLoopback, {}).value();
  auto phone = UdpSocket::bind(reactor, kLoopback, {}).value();
  server->on_datagram([&](BytesView bytes, const Endpoint& from) { server->send_soon(bytes, from); });
  std::size_t heard = 0;
  phone->on_datagram([&](BytesView, const Endpoint&) { ++heard; });
  const auto ask = [&](std::size_t count) {
    const auto wanted = heard + count;
    for (std::size_t i = 0; i < count; ++i) EXPECT_TRUE(phone->send(as_bytes("?"), server->local()));
    return run_until(reactor, [&] { return heard >= wanted; });
  };
  const auto end = std::chrono::steady_clock::now() + 200ms;
  while (std::chrono::steady_clock::now() < end) ASSERT_TRUE(ask(50));
  std::this_thread::sleep_for(50ms);
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(ask(1));
  server->send_soon(as_bytes("!"), phone->local());
  ASSERT_TRUE(run_until(reactor, [&, before = heard] { return heard == before + 1; }));
}

TEST(UdpSocket, TellsWhatCouldNotLeave) {
  Reactor reactor(0);
  auto a = UdpSocket::bind(reactor, kLoopback, {}).value();
  auto b = UdpSocket::bind(reactor, kLoopback, {}).value();
  const auto nowhere = *Endpoint::parse("255.255.255.255:9");  // broadcast was not asked for
  std::vector<Endpoint> unsent;
  b->on_unsent([&](BytesView bytes, const Endpoint& to) {
    EXPECT_EQ(as_text(bytes), "lost");
    unsent.push_back(to);
  });
  std::size_t heard = 0;
  a->on_datagram([&](BytesView, const Endpoint&) { ++heard; });
  b->on_datagram([&](BytesView bytes, const Endpoint& from) {
    b->send_soon(bytes, from);
    b->send_soon(as_bytes("lost"), nowhere);
    b->send_soon(bytes, from);
  });
  ASSERT_TRUE(a->send(as_bytes("x"), b->local()));
  ASSERT_TRUE(run_until(reactor, [&] { return heard == 2; }));
  EXPECT_EQ(unsent, std::vector{nowhere});
  b->send_soon(as_bytes("lost"), nowhere);
  EXPECT_EQ(unsent.size(), 2U);
}

TEST(UdpSocket, NamesTheRemedyWhenThePortIsTaken) {
  Reactor reactor(0);
  auto a = UdpSocket::bind(reactor, kLoopback, {}).value();
  const auto b = UdpSocket::bind(reactor, a->local(), {});
  ASSERT_FALSE(b);
  EXPECT_EQ(b.error().code, Errc::Conflict);
  EXPECT_NE(b.error().text.find("choose another port"), std::string::npos);
}

TEST(UdpSocket, SharesAPortBetweenReactors) {
  Reactor reactor(0);
  auto a = UdpSocket::bind(reactor, kLoopback, {.reuse_port = true}).value();
  EXPECT_TRUE(UdpSocket::bind(reactor, a->local(), {.reuse_port = true}));
}

TEST(UdpSocket, BothFamiliesHaveAPortOfTheirOwn) {
  Reactor reactor(0);
  auto v6 = UdpSocket::bind(reactor, *Endpoint::parse("[::]:0"), {});
  if (!v6) GTEST_SKIP() << "no IPv6 here";
  auto v4 = UdpSocket::bind(reactor, {IpAddress{}, (*v6)->local().port}, {});
  ASSERT_TRUE(v4) << v4.error().text;
  std::string from_v4, from_v6;
  (*v4)->on_datagram([&](BytesView, const Endpoint& from) { from_v4 = from.address.text(); });
  (*v6)->on_datagram([&](BytesView, const Endpoint& from) { from_v6 = from.address.text(); });
  ASSERT_TRUE((*v4)->send(as_bytes("x"), {*IpAddress::parse("127.0.0.1"), (*v4)->local().port}));
  ASSERT_TRUE((*v6)->send(as_bytes("x"), {*IpAddress::parse("::1"), (*v6)->local().port}));
  ASSERT_TRUE(run_until(reactor, [&] { return !from_v4.empty() && !from_v6.empty(); }));
  EXPECT_EQ(from_v4, "127.0.0.1");
  EXPECT_EQ(from_v6, "::1");
}

struct Echo {
  explicit Echo(Reactor& reactor, const TcpListener::Options& options = {}) {
    listener = TcpListener::listen(reactor, kLoopback, options, [this](std::shared_ptr<TcpConnection> c) {
                 connection = std::move(c);
                 connection->start([this](BytesView bytes) { ASSERT_TRUE(connection->send(bytes)); },
                                   [this](const std::string&) { closed = true; });
               }).value();
  }
  std::unique_ptr<TcpListener> listener;
  std::shared_ptr<TcpConnection> connection;
  bool closed = false;
};

TEST(TcpConnection, CarriesBytesBothWaysAndTellsTheEnd) {
  Reactor reactor(0);
  Echo echo(reactor);
  std::shared_ptr<TcpConnection> client;
  std::string got;
  const std::string sent(200'000, 'x');
  TcpConnection::connect(reactor, echo.listener->local(), {}, [&](Result<std::shared_ptr<TcpConnection>> connected) {
    client = connected.value();
    client->start([&](BytesView bytes) { got += as_text(bytes); }, [](const std::string&) {});
    EXPECT_TRUE(client->send(as_bytes(sent)));
  });
  ASSERT_TRUE(run_until(reactor, [&] { return got.size() == sent.size(); }));
  EXPECT_EQ(echo.connection->remote(), client->local());
  client->close();
  EXPECT_FALSE(client->send(as_bytes("x")));
  EXPECT_TRUE(run_until(reactor, [&] { return echo.closed; }));
}

TEST(TcpConnection, RefusesMoreThanItsQueueHolds) {
  Reactor reactor(0);
  std::shared_ptr<TcpConnection> server;
  const auto listener = TcpListener::listen(reactor, kLoopback, {}, [&](auto c) { server = std::move(c); }).value();
  std::shared_ptr<TcpConnection> client;
  TcpConnection::connect(reactor, listener->local(), {.max_queued = 100'000},
                         [&](auto connected) { client = connected.value(); });
  ASSERT_TRUE(run_until(reactor, [&] { return client && server; }));
  Result<void> sent;
  for (int i = 0; i < 10'000 && sent; ++i) sent = client->send(Bytes(60'000));  // nobody reads: the kernel fills first
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, Errc::Full);
  EXPECT_TRUE(client->is_open());
}

TEST(TcpConnection, CloseAfterSendDeliversWhatIsQueued) {
  Reactor reactor(0);
  std::string got;
  bool ended = false;
  std::shared_ptr<TcpConnection> server;
  const auto listener = TcpListener::listen(reactor, kLoopback, {}, [&](auto c) {
                          server = std::move(c);
                          server->start([&](BytesView bytes) { got += as_text(bytes); },
                                        [&](const std::string& reason) { ended = reason.empty(); });
                        }).value();
  TcpConnection::connect(reactor, listener->local(), {}, [&](auto connected) {
    const auto& client = connected.value();
    ASSERT_TRUE(client->send(Bytes(100'000, 'y')));
    client->close_after_send();  // and the last handle goes
  });
  ASSERT_TRUE(run_until(reactor, [&] { return ended; }));
  EXPECT_EQ(got.size(), 100'000U);
}

TEST(TcpConnection, ConnectSaysWhyItFailed) {
  Reactor reactor(0);
  const Endpoint nobody = TcpListener::listen(reactor, kLoopback, {}, [](const auto&) {}).value()->local();
  Errc refused = Errc::Internal;
  TcpConnection::connect(reactor, nobody, {}, [&](auto connected) { refused = connected.error().code; });
  ASSERT_TRUE(run_until(reactor, [&] { return refused != Errc::Internal; }));
  EXPECT_EQ(refused, Errc::Unavailable);
}

}  // namespace
}  // namespace parley::net
