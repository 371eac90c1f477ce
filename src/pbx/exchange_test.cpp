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
  /// The status of what comes back.
  unsigned ask(const std::string& method, const std::string& user, const std::string& to_tag = {}) {
    const auto n = std::to_string(++serial);
    const auto aor = "sip:" + user + "@acme.example";
    world.deliver(source, method + " " + (method == "REGISTER" ? "sip:acme.example" : aor) +
                              " SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.77:5060;branch=z9hG4bK" + n +
                              "\r\nFrom: <sip:101@acme.example>;tag=1\r\nTo: <" + aor + ">" + to_tag +
                              "\r\nCall-ID: c" + n + "\r\nCSeq: 1 " + method +
                              "\r\nMax-Forwards: 70\r\nContact: <sip:101@127.0.0.77>\r\nContent-Length: 0\r\n\r\n");
    auto said = std::exchange(world.network.mail[source], {});
    if (said.empty()) return 0;
    const auto answer = sip::Message::parse(said.back());
    if (answer.status() == 503) EXPECT_TRUE(answer.has(sip::Header::RetryAfter));
    return answer.status();
  }
};

TEST_F(ExchangeUnderLoad, NewCallsAreRefusedBeforeItCollapsesAndTakenAgainAfterwards) {
  EXPECT_EQ(ask("INVITE", "102"), 401U);
  occupancy = 1;
  world.advance(std::chrono::seconds(3));
  EXPECT_EQ(ask("INVITE", "102"), 503U);
  EXPECT_EQ(ask("OPTIONS", "101"), 503U);
  EXPECT_EQ(ask("REGISTER", "101"), 503U);
  EXPECT_EQ(ask("INVITE", "112"), 401U);                // whoever calls for help is asked as ever
  EXPECT_EQ(ask("BYE", "101", ";tag=gone"), 481U);      // within dialogs nothing is refused for load
  EXPECT_EQ(world.exchange.transactions().size(), 0U);  // and nothing of a stranger is remembered
  occupancy = 0;
  world.advance(std::chrono::seconds(8));
  EXPECT_EQ(ask("INVITE", "102"), 401U);
  EXPECT_EQ(ask("OPTIONS", "101"), 200U);
}

TEST_F(ExchangeUnderLoad, ThoseWhoSignedInKeepTheirRegistrationsLongest) {
  fake::Phone phone{world, "ann", "101", source, "acme.example"};
  ASSERT_EQ(phone.register_now(), 200U);
  occupancy = 0.9;
  world.advance(std::chrono::milliseconds(1750));  // a share of about 0.7
  occupancy = 0.4;                                 // between: it stays as it is
  unsigned refused = 0;
  for (int i = 0; i < 20; ++i) refused += ask("INVITE", "102") == 503;
  EXPECT_GE(refused, 12U);
  EXPECT_EQ(phone.register_now(), 200U);
}

}  // namespace
}  // namespace parley::pbx
