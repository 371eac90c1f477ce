#include <set>

#include <gtest/gtest.h>

#include <pbx/trunk_registration.hpp>

namespace parley::pbx {
namespace {
using namespace std::chrono_literals;

Target target(const std::string& address) {
  return {sip::Transport::Udp, Endpoint::parse(address).value(), "carrier.example"};
}
const Target kFirst = target("192.0.2.1:5060"), kSecond = target("192.0.2.2:5060");

/// The carrier's side and the clock.
struct Registration : testing::Test, TrunkRegistration::Owner {
  void locate() override { ++located; }
  void send(const TrunkRegistration::Attempt& attempt) override { sent.push_back(attempt); }
  void changed() override { changes.push_back(std::string(to_string(trunk.state()))); }

  void start() {
    trunk.start(clock.now());
    trunk.on_targets({kFirst, kSecond}, clock.now());
  }
  void answer(unsigned status, const std::string& headers = {}, const std::string& from = {}) {
    const auto& last = sent.back();
    auto response = sip::Message::parse(
        "SIP/2.0 " + std::to_string(status) +
        " x\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1\r\nFrom: <sip:acme@carrier.example>;tag=a\r\nTo: "
        "<sip:acme@carrier.example>;tag=b\r\nCall-ID: c\r\nCSeq: " +
        std::to_string(last.cseq) + " REGISTER\r\n" + headers + "Content-Length: 0\r\n\r\n");
    ASSERT_FALSE(response.fault());
    response.source.remote = from.empty() ? last.target.remote : Endpoint::parse(from).value();
    trunk.on_response(response, clock.now());
  }
  void challenge(const std::string& realm = "carrier.example", const std::string& more = {}) {
    answer(401, "WWW-Authenticate: Digest realm=\"" + realm + "\", nonce=\"n" + std::to_string(sent.size()) +
                    "\", algorithm=SHA-256, qop=\"auth\"" + more + "\r\n");
  }
  void wait_for_deadline() {
    ASSERT_TRUE(trunk.next_deadline());
    clock.advance(*trunk.next_deadline() - clock.now());
    trunk.on_time(clock.now());
  }
  [[nodiscard]] Duration until_due() { return trunk.next_deadline().value() - clock.now(); }

  FakeClock clock;
  SeededRandom random{5};
  unsigned located = 0;
  std::vector<TrunkRegistration::Attempt> sent;
  std::vector<std::string> changes;
  TrunkRegistration::Options options{
      "sip:carrier.example", "acme", {"acme", "secret", "carrier.example"}, 3600s, 30s, 1800s};
  TrunkRegistration trunk{options, *this, random};
};

constexpr auto kContact = "Contact: <sip:acme@192.0.2.9>;expires=600\r\n";

TEST_F(Registration, ProvesItselfAndRefreshesBeforeTheEnd) {
  start();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_FALSE(sent[0].authorization);
  EXPECT_EQ(sent[0].expires, 3600s);
  challenge();
  ASSERT_EQ(sent.size(), 2U);
  ASSERT_TRUE(sent[1].authorization);
  EXPECT_EQ(sent[1].authorization->first, sip::Header::Authorization);
  EXPECT_NE(sent[1].authorization->second.find("algorithm=SHA-256"), std::string::npos);
  EXPECT_EQ(sent[1].authorization->second.find("secret"), std::string::npos);
  EXPECT_GT(sent[1].cseq, sent[0].cseq);
  answer(200, kContact);
  EXPECT_TRUE(trunk.up());
  EXPECT_LE(until_due(), 540s);
  EXPECT_GE(until_due(), 486s);
  wait_for_deadline();
  EXPECT_EQ(located, 2U);
  EXPECT_TRUE(trunk.up()) << "still known while the refresh runs";
}

TEST_F(Registration, AShortTimeIsRefreshedAtItsHalf) {
  start();
  answer(200, "Contact: <sip:acme@192.0.2.9>;expires=30, <sip:other@192.0.2.8>;expires=9000\r\n");
  EXPECT_LE(until_due(), 15s);
  EXPECT_GE(until_due(), 13s);
}

TEST_F(Registration, StopsAfterForbiddenUntilSomebodyStartsItAgain) {
  start();
  challenge();
  answer(403);
  EXPECT_EQ(trunk.state(), TrunkState::Refused);
  EXPECT_FALSE(trunk.next_deadline());
  EXPECT_EQ(trunk.reason(), "the registrar says 403");
  trunk.start(clock.now());
  EXPECT_EQ(trunk.state(), TrunkState::Locating);
}

TEST_F(Registration, StopsWhenThePasswordIsWrong) {
  start();
  challenge();
  challenge();
  EXPECT_EQ(trunk.state(), TrunkState::Refused);
  EXPECT_EQ(sent.size(), 2U);
}

TEST_F(Registration, AStaleNonceIsNoWrongPassword) {
  start();
  challenge();
  challenge("carrier.example", ", stale=true");
  ASSERT_EQ(sent.size(), 3U);
  answer(200, kContact);
  EXPECT_TRUE(trunk.up());
}

TEST_F(Registration, StaleNoncesForEverAreAnEnd) {
  start();
  for (int i = 0; i < 10; ++i) challenge("carrier.example", ", stale=true");
  EXPECT_EQ(trunk.state(), TrunkState::Refused);
  EXPECT_EQ(sent.size(), 4U);
}

TEST_F(Registration, AnswersNoOtherRealm) {
  start();
  challenge("evil.example");
  EXPECT_EQ(sent.size(), 1U);
  EXPECT_EQ(trunk.state(), TrunkState::Refused);
  EXPECT_NE(trunk.reason().find("evil.example"), std::string::npos);
}

TEST_F(Registration, AnswersNoOtherHost) {
  start();
  answer(401, "WWW-Authenticate: Digest realm=\"carrier.example\", nonce=\"n\", qop=\"auth\"\r\n", "203.0.113.66:5060");
  EXPECT_EQ(sent.size(), 1U);
  EXPECT_EQ(trunk.state(), TrunkState::Refused);
}

TEST_F(Registration, AsksForTheTimeThat423Names) {
  start();
  challenge();
  answer(423, "Min-Expires: 7200\r\n");
  ASSERT_EQ(sent.size(), 3U);
  EXPECT_EQ(sent[2].expires, 7200s);
  EXPECT_EQ(trunk.state(), TrunkState::Trying);
  challenge();
  answer(423, "Min-Expires: 7200\r\n");  // the same again leads nowhere
  EXPECT_EQ(sent.back().target, kSecond);
}

TEST_F(Registration, A423WithoutASaneTimeIsAFailure) {
  for (const char* headers : {"", "Min-Expires: 60\r\n", "Min-Expires: 999999999\r\n"}) {
    start();
    answer(423, headers);
    EXPECT_EQ(sent.back().target, kSecond) << headers;
    trunk.on_failure("no answer", clock.now());
    EXPECT_EQ(trunk.state(), TrunkState::Waiting);
  }
}

TEST_F(Registration, TakesTheNextServerAfter503TimeoutAndTransportError) {
  start();
  answer(503, "Retry-After: 600\r\n");
  ASSERT_EQ(sent.size(), 2U);
  EXPECT_EQ(sent[1].target, kSecond);
  EXPECT_FALSE(sent[1].authorization);
  trunk.on_failure("no answer", clock.now());
  EXPECT_EQ(trunk.state(), TrunkState::Waiting);
  EXPECT_EQ(until_due(), 600s) << "Retry-After is longer than the back-off";
  EXPECT_EQ(trunk.reason(), "no answer");
}

TEST_F(Registration, ARedirectionIsNotFollowed) {
  start();
  answer(302, "Contact: <sip:evil.example>\r\n");
  EXPECT_EQ(sent.back().target, kSecond);
}

TEST_F(Registration, WaitsLongerAfterEachRoundWithJitterAndABound) {
  start();
  std::set<Duration> waits;
  Duration longest{};
  for (int round = 0; round < 12; ++round) {
    trunk.on_failure("no answer", clock.now());
    trunk.on_failure("no answer", clock.now());
    ASSERT_EQ(trunk.state(), TrunkState::Waiting);
    const auto full = std::min<Duration>(30s * (1 << std::min(round, 10)), 1800s);
    EXPECT_GE(until_due(), full / 2);
    EXPECT_LE(until_due(), full);
    waits.insert(until_due());
    longest = std::max(longest, until_due());
    wait_for_deadline();
    trunk.on_targets({kFirst, kSecond}, clock.now());
  }
  EXPECT_EQ(waits.size(), 12U);
  EXPECT_LE(longest, 1800s);
  answer(200, kContact);
  wait_for_deadline();
  trunk.on_targets({}, clock.now());
  EXPECT_EQ(trunk.state(), TrunkState::Waiting);
  EXPECT_LE(until_due(), 30s) << "a success begins anew";
}

TEST_F(Registration, ARefreshStaysAtItsServer) {
  start();
  answer(503);
  answer(200, kContact);
  wait_for_deadline();
  trunk.on_targets({kFirst, kSecond}, clock.now());
  EXPECT_EQ(sent.back().target, kSecond);
}

TEST_F(Registration, LeavesWithExpiresZeroAndOneProof) {
  start();
  challenge();
  answer(200, kContact);
  trunk.stop(clock.now());
  EXPECT_EQ(sent.back().expires, 0s);
  challenge();
  ASSERT_TRUE(sent.back().authorization);
  EXPECT_EQ(sent.back().expires, 0s);
  answer(200, "Expires: 0\r\n");
  EXPECT_EQ(trunk.state(), TrunkState::Off);
  EXPECT_FALSE(trunk.up());
  EXPECT_FALSE(trunk.next_deadline());
}

TEST_F(Registration, AnAnswerToAnOlderAttemptChangesNothing) {
  start();
  const auto first = sent[0];
  answer(503);
  sent.push_back(first);
  answer(200, kContact);
  EXPECT_FALSE(trunk.up());
}

TEST(TrunkStates, EveryPairLeadsSomewhereDefined) {
  for (std::size_t s = 0; s < kTrunkStates; ++s)
    for (std::size_t i = 0; i < kTrunkInputs; ++i) {
      const auto state = static_cast<TrunkState>(s);
      const auto input = static_cast<TrunkInput>(i);
      const auto* step = next(state, input);
      if (step == nullptr) continue;
      EXPECT_EQ(step->state, state);
      EXPECT_NE(to_string(step->next), "?");
      if (step->action == TrunkAction::GiveUp) EXPECT_EQ(step->next, TrunkState::Refused);
      if (step->action == TrunkAction::BackOff) EXPECT_EQ(step->next, TrunkState::Waiting);
    }
  for (std::size_t s = 0; s < kTrunkStates; ++s)
    if (const auto state = static_cast<TrunkState>(s); state != TrunkState::Off && state != TrunkState::Leaving)
      EXPECT_NE(next(state, TrunkInput::Stop), nullptr) << to_string(state);
}

}  // namespace
}  // namespace parley::pbx
