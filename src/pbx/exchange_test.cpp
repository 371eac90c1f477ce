#include <algorithm>

#include <gtest/gtest.h>

#include <pbx/fake_phone.hpp>

namespace parley::pbx {
namespace {

using fake::World;

struct ExchangeUnderLoad : ::testing::Test {
  World world;
  double occupancy = 0;
  unsigned serial = 0;
  const Endpoint source = *Endpoint::parse("127.0.0.77:5060");
  ExchangeUnderLoad() {
    world.extension(world.organisation("acme.example"), "101");
    world.reload();
    world.exchange.watch_load([this] { return occupancy; });
  }
  void send(const std::string& method, const std::string& user, const std::string& to_tag = {}) {
    const auto n = std::to_string(++serial);
    const auto aor = "sip:" + user + "@acme.example";
    auto message = sip::Message::parse(
        method + " " + (method == "REGISTER" ? "sip:acme.example" : aor) +
        " SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.77:5060;branch=z9hG4bK" + n +
        "\r\nFrom: <sip:101@acme.example>;tag=1\r\nTo: <" + aor + ">" + to_tag + "\r\nCall-ID: c" + n + "\r\nCSeq: 1 " +
        method + "\r\nMax-Forwards: 70\r\nContact: <sip:101@127.0.0.77>\r\nContent-Length: 0\r\n\r\n");
    message.source = {sip::Transport::Udp, *Endpoint::parse("127.0.0.1:5060"), source, 0};
    world.exchange.receive(std::move(message));
  }
  /// Of what came back since the last look.
  std::vector<unsigned> statuses() {
    std::vector<unsigned> all;
    for (const auto& said : std::exchange(world.network.mail[source], {})) {
      const auto answer = sip::Message::parse(said);
      all.push_back(answer.status());
      if (answer.status() == 503) EXPECT_TRUE(answer.has(sip::Header::RetryAfter));
    }
    return all;
  }
  void be_behind() {
    occupancy = 0.5;
    world.advance(std::chrono::milliseconds(150));
  }
};

using Statuses = std::vector<unsigned>;

TEST_F(ExchangeUnderLoad, NewWorkWaitsForWhatWasBegunACallForHelpDoesNot) {
  be_behind();
  send("OPTIONS", "101");
  send("INVITE", "102");
  send("BYE", "101", ";tag=gone");
  send("INVITE", "112");
  EXPECT_EQ(statuses(), (Statuses{481U, 401U}));
  world.settle();
  EXPECT_EQ(statuses(), (Statuses{401U, 200U}));  // the call before the probe
}

TEST_F(ExchangeUnderLoad, WhatCannotEvenWaitIsRefusedAndTakenAgainAfterwards) {
  be_behind();
  for (std::size_t i = 0; i < Admission::kMostWaiting; ++i) send("CANCEL", "102");
  send("OPTIONS", "101");
  world.settle();
  const auto said = statuses();
  EXPECT_EQ(std::ranges::count(said, 503U), 1);
  EXPECT_EQ(said.front(), 503U);                        // it was the last in line
  EXPECT_EQ(world.exchange.transactions().size(), 0U);  // and nothing of a stranger is remembered
  occupancy = 0;
  world.advance(std::chrono::milliseconds(150));
  send("OPTIONS", "101");
  EXPECT_EQ(statuses(), Statuses{200U});  // at once
}

}  // namespace
}  // namespace parley::pbx
