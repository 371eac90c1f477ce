#include <functional>
#include <thread>

#include <gtest/gtest.h>

#include <net/dns_message.hpp>
#include <net/reactor.hpp>
#include <net/resolver.hpp>
#include <net/udp_socket.hpp>

namespace parley::net {
namespace {
using namespace std::chrono_literals;
using Outcome = DnsReply::Outcome;

/// A name server on loopback; `answer` gives the message without its id, or "" for silence.
struct NameServer {
  explicit NameServer(Reactor& reactor)
      : socket(UdpSocket::bind(reactor, *Endpoint::parse("127.0.0.1:0"), {}).value()) {
    socket->on_datagram([this](BytesView bytes, const Endpoint& from) {
      ++asked;
      const auto id = std::string(as_text(bytes.first(2)));
      if (const auto bytes_out = answer(id); !bytes_out.empty()) (void)socket->send(as_bytes(bytes_out), from);
    });
  }
  std::unique_ptr<UdpSocket> socket;
  std::function<std::string(std::string_view id)> answer;
  unsigned asked = 0;
};

const DnsQuestion kQuestion{"a.example", DnsType::A};

std::string one_address(std::string_view id) {
  return DnsMessage("a.example", DnsType::A).answer("a.example", 1, 60, DnsMessage::a("192.0.2.7")).bytes(id);
}

struct ResolverWire : testing::Test {
  std::unique_ptr<Resolver> make(const std::string& servers) {
    Resolver::Options options;
    options.servers = servers;
    options.timeout = 300ms;
    return Resolver::make(reactor, options).value();
  }
  std::optional<DnsReply> ask(Resolver& resolver, const DnsQuestion& question = kQuestion) {
    std::optional<DnsReply> got;
    resolver.ask(question, [&](const DnsReply& reply) { got = reply; });
    EXPECT_FALSE(got) << "an answer comes later";
    run([&] { return got.has_value(); });
    return got;
  }
  template <class Done>
  void run(Done done) {
    const auto limit = system_clock().now() + 10s;
    while (!done() && system_clock().now() < limit)
      if (reactor.poll() == 0) std::this_thread::sleep_for(1ms);
  }
  Reactor reactor{0};
};

TEST_F(ResolverWire, AsksOnceAndKeepsTheAnswer) {
  NameServer server(reactor);
  server.answer = one_address;
  auto resolver = make(server.socket->local().text());
  unsigned answers = 0;
  for (int i = 0; i < 5; ++i) resolver->ask(kQuestion, [&](const DnsReply&) { ++answers; });
  run([&] { return answers == 5; });
  EXPECT_EQ(answers, 5U);
  const auto got = ask(*resolver);
  ASSERT_TRUE(got);
  EXPECT_EQ(got->outcome, Outcome::Found);
  EXPECT_EQ(got->records.at(0).address.text(), "192.0.2.7");
  EXPECT_TRUE(resolver->known(kQuestion));
  EXPECT_EQ(server.asked, 1U);
}

TEST_F(ResolverWire, ASilentServerGivesWayToTheNext) {
  NameServer silent(reactor), server(reactor);
  silent.answer = [](std::string_view) { return std::string(); };
  server.answer = one_address;
  auto resolver = make(silent.socket->local().text() + "," + server.socket->local().text());
  EXPECT_EQ(ask(*resolver)->outcome, Outcome::Found);
}

TEST_F(ResolverWire, NoSuchNameIsAnAnswerAndSilenceIsNone) {
  NameServer server(reactor);
  server.answer = [](std::string_view id) { return DnsMessage("a.example", DnsType::A, 3).soa(60, 60).bytes(id); };
  auto resolver = make(server.socket->local().text());
  EXPECT_EQ(ask(*resolver)->outcome, Outcome::None);
  const auto asked = server.asked;
  EXPECT_EQ(ask(*resolver)->outcome, Outcome::None);
  EXPECT_EQ(server.asked, asked) << "a negative answer is kept too";

  server.answer = [](std::string_view) { return std::string(); };
  EXPECT_EQ(ask(*resolver, {"b.example", DnsType::Srv})->outcome, Outcome::Failed);
}

TEST_F(ResolverWire, MayBeDestroyedWhileQuestionsWait) {
  NameServer server(reactor);
  server.answer = [](std::string_view) { return std::string(); };
  auto resolver = make(server.socket->local().text());
  bool answered = false;
  resolver->ask(kQuestion, [&](const DnsReply&) { answered = true; });
  run([&] { return server.asked > 0; });
  resolver.reset();
  reactor.poll();
  EXPECT_FALSE(answered);
}

TEST_F(ResolverWire, TellsWhatIsNoListOfServers) {
  Resolver::Options options;
  options.servers = "not an address";
  EXPECT_EQ(Resolver::make(reactor, options).error().code, Errc::Invalid);
}

}  // namespace
}  // namespace parley::net
