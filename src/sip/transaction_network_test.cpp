// Two transaction layers over a network that loses, repeats and reorders, seeded: whatever happens, every transaction
// ends on both sides, in time, and the user of each hears exactly one outcome.
#include <map>
#include <queue>

#include <gtest/gtest.h>

#include <sip/transaction_layer.hpp>

namespace parley::sip {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Network {
  struct Packet {
    TimePoint at;
    std::uint64_t order;
    int to;
    std::string bytes;
    bool operator>(const Packet& other) const { return std::pair(at, order) > std::pair(other.at, other.order); }
  };
  std::priority_queue<Packet, std::vector<Packet>, std::greater<>> packets;
  std::mt19937 random;
  TimePoint now{seconds(1)};
  double loss = 0;
  std::uint64_t order = 0;

  void send(int to, std::string_view bytes) {
    const int copies = random() % 20 == 0 ? 2 : 1;
    for (int i = 0; i < copies; ++i) {
      if (std::uniform_real_distribution<>(0, 1)(random) < loss) continue;
      packets.push({now + milliseconds(5 + random() % 200), order++, to, std::string(bytes)});
    }
  }
};

struct Side final : Wire, TransactionUser {
  Side(Network& n, int own) : network(n), number(own), random(static_cast<std::uint64_t>(own) + n.random()) {}
  bool send(std::string_view bytes, const Flow&) override {
    network.send(1 - number, bytes);
    return true;
  }
  void on_request(ServerId id, const Message& request) override {
    ++requests[std::string(request.top_via().branch)];
    ASSERT_TRUE(layer->respond(id, request.is(Method::Invite) ? 180 : 200, "t", network.now));
    if (!request.is(Method::Invite)) return;
    if (network.random() % 4 == 0) {
      ringing.push_back(id);  // left ringing: the caller will cancel
    } else {
      ASSERT_TRUE(layer->respond(id, network.random() % 2 == 0 ? 486 : 200, "t", network.now));
    }
  }
  void on_cancel(ServerId id, const Message&) override { ASSERT_TRUE(layer->respond(id, 487, "t", network.now)); }
  void on_ack(const Message&) override {}
  void on_response(ClientId id, const Message& response) override {
    if (response.status() >= 200) outcome(id);
  }
  void on_client_failure(ClientId id, TransactionFailure) override { outcome(id); }
  void on_server_failure(ServerId, TransactionFailure) override { ++failed_servers; }
  void outcome(ClientId id) { ++outcomes[id]; }

  Network& network;
  int number;
  SeededRandom random;
  std::unique_ptr<TransactionLayer> layer;
  std::map<std::string, int> requests;
  std::map<ClientId, int> outcomes;
  std::vector<ServerId> ringing;
  int failed_servers = 0;
};

void run(double loss, unsigned seed) {
  SCOPED_TRACE("loss " + std::to_string(loss) + " seed " + std::to_string(seed));
  Network network;
  network.random.seed(seed);
  network.loss = loss;
  Side sides[2] = {{network, 0}, {network, 1}};
  for (auto& side : sides)
    side.layer = std::make_unique<TransactionLayer>(TransactionLayer::Options{}, side, side, side.random);
  const Flow flow{Transport::Udp, *Endpoint::parse("192.0.2.1:5060"), *Endpoint::parse("192.0.2.2:5060"), 0};

  std::vector<ClientId> invites;
  std::size_t started = 0;
  const auto start = [&] {
    const bool invite = started % 2 == 0;
    auto& layer = *sides[0].layer;
    auto request = RequestBuilder(invite ? Method::Invite : Method::Options, "sip:x@y",
                                  {Transport::Udp, "192.0.2.1", layer.mint_branch()})
                       .from("<sip:a@b>;tag=1")
                       .to("<sip:x@y>")
                       .call_id("c" + std::to_string(started))
                       .cseq(1)
                       .finish();
    const auto id = layer.send_request(std::move(request), flow, network.now);
    ASSERT_TRUE(id);
    if (invite) invites.push_back(*id);
    ++started;
  };
  const TimePoint end = network.now + seconds(200);
  TimePoint next_start = network.now;
  TimePoint cancel_at = network.now + seconds(20);
  while (network.now < end) {
    TimePoint next = end;
    if (started < 60) next = std::min(next, next_start);
    next = std::min(next, cancel_at);
    if (!network.packets.empty()) next = std::min(next, network.packets.top().at);
    for (const auto& side : sides)
      if (const auto at = side.layer->next_deadline()) next = std::min(next, *at);
    network.now = std::max(network.now, next);
    if (started < 60 && network.now >= next_start) {
      start();
      next_start = network.now + milliseconds(50);
    }
    if (network.now >= cancel_at) {
      for (const auto id : invites) {
        const auto cancelled = sides[0].layer->cancel(id, network.now);  // NotFound where it is over already
        EXPECT_TRUE(cancelled || cancelled.error().code == Errc::NotFound);
      }
      cancel_at = end + seconds(1);
    }
    while (!network.packets.empty() && network.packets.top().at <= network.now) {
      const auto packet = network.packets.top();
      network.packets.pop();
      auto message = Message::parse(packet.bytes);
      message.source = flow;
      sides[packet.to].layer->receive(std::move(message), network.now);
    }
    for (auto& side : sides) side.layer->on_time(network.now);
  }
  std::size_t open_ringing = 0;
  for (const auto id : sides[1].ringing) open_ringing += sides[1].layer->is_open(id) ? 1U : 0U;
  EXPECT_EQ(sides[0].layer->size(), 0U);
  EXPECT_EQ(sides[1].layer->size(), open_ringing);  // rings on only where the caller never heard of it
  if (loss < 0.2) EXPECT_EQ(open_ringing, 0U);
  EXPECT_EQ(sides[0].outcomes.size(), 60U);
  for (const auto& [branch, times] : sides[1].requests) EXPECT_EQ(times, 1) << branch;
  if (loss == 0) EXPECT_EQ(sides[1].requests.size(), 60U);
  if (loss == 0) EXPECT_EQ(sides[1].failed_servers, 0);
}

TEST(TransactionNetwork, EveryTransactionEndsOnceWhateverIsLost) {
  for (const double loss : {0.0, 0.1, 0.3, 0.7})
    for (unsigned seed = 1; seed <= 8; ++seed) run(loss, seed);
}

}  // namespace
}  // namespace parley::sip
