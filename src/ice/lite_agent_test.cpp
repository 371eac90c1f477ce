#include <gtest/gtest.h>

#include <ice/lite_agent.hpp>

namespace parley::ice {
namespace {

using namespace std::chrono_literals;
using State = LiteAgent::State;
using Input = LiteAgent::Input;
using Action = LiteAgent::Action;
using Verdict = LiteAgent::Verdict;

constexpr State kStates[] = {State::Unknown, State::Valid, State::Selected, State::Lost};
constexpr Input kInputs[] = {Input::Check, Input::Nominate, Input::Other, Input::Silence, Input::Restart};

TEST(LiteAgentTable, EveryPairIsListedOrIgnored) {
  for (const auto from : kStates)
    for (const auto input : kInputs) {
      unsigned listed = 0;
      for (const auto& row : LiteAgent::kTable) listed += row.from == from && row.input == input ? 1 : 0;
      EXPECT_LE(listed, 1U);
      const auto step = LiteAgent::next(from, input);
      if (listed == 0) {
        EXPECT_EQ(step.to, from);
        EXPECT_EQ(step.action, Action::None);
      }
    }
}

class LiteAgentTest : public ::testing::Test {
 protected:
  const Credentials ours{"py/ours", "ourpasswordourpasswordour"};
  const Credentials theirs{"them", "theirpasswordtheirpassword"};
  const Endpoint phone = *Endpoint::parse("192.0.2.7:40000"), other = *Endpoint::parse("[2001:db8::7]:40002");
  LiteAgent agent{ours};
  TimePoint now{1h};

  struct Check {
    bool nominate = false, priority = true, fingerprint = true, controlled = false;
    std::string username = "py/ours:them", key = "ourpasswordourpasswordour";
    std::uint16_t type = kBindingRequest, extra = 0;
  };
  Bytes check(const Check& c) {
    StunWriter out(c.type, StunId{1, 2, 3});
    out.attribute(kUsername, as_bytes(c.username));
    if (c.priority) out.number(kPriority, 1845501695);
    const std::uint8_t tie[8]{};
    out.attribute(c.controlled ? kIceControlled : kIceControlling, tie);
    if (c.nominate) out.attribute(kUseCandidate);
    if (c.extra != 0) out.attribute(c.extra);
    out.integrity(c.key);
    if (c.fingerprint) out.fingerprint();
    return {out.bytes().begin(), out.bytes().end()};
  }
  LiteAgent::Reaction feed(const Check& c, const Endpoint& from) { return agent.on_datagram(check(c), from, now); }
  LiteAgent::Reaction feed(const Check& c) { return feed(c, phone); }
  static unsigned error_of(const LiteAgent::Reaction& reaction) {
    const auto message = StunMessage::parse(reaction.answer);
    if (!message || message->type() != kBindingError) return 0;
    const auto value = message->find(kErrorCode)->value;
    return value[2] * 100U + value[3];
  }
};

TEST_F(LiteAgentTest, AnswersACheckWithTheAddressAndAProof) {
  agent.set_remote(theirs);
  const auto reaction = feed({});
  EXPECT_EQ(reaction.verdict, Verdict::Answered);
  const auto answer = StunMessage::parse(reaction.answer);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->type(), kBindingResponse);
  EXPECT_EQ(answer->id(), (StunId{1, 2, 3}));
  EXPECT_EQ(answer->mapped_address(), phone);
  EXPECT_TRUE(answer->proves(ours.password));
  EXPECT_EQ(answer->fingerprint(), true);
}

// One test an edge.
TEST_F(LiteAgentTest, ACheckMakesAPathValidAndSendsNothingThere) {
  EXPECT_FALSE(agent.takes_from(phone));
  EXPECT_FALSE(feed({}).moved);
  EXPECT_TRUE(agent.takes_from(phone));
  EXPECT_EQ(agent.selected(), std::nullopt);
}
TEST_F(LiteAgentTest, ANominationSelectsAtOnce) {
  EXPECT_TRUE(feed({.nominate = true}).moved);
  EXPECT_EQ(agent.selected(), phone);
}
TEST_F(LiteAgentTest, AValidPathStaysValidByChecks) {
  (void)feed({});
  now += 20s;
  (void)feed({});
  now += 20s;
  EXPECT_FALSE(agent.on_time(now));
  EXPECT_TRUE(agent.takes_from(phone));
}
TEST_F(LiteAgentTest, AValidPathIsNominatedLater) {
  (void)feed({});
  EXPECT_TRUE(feed({.nominate = true}).moved);
  EXPECT_EQ(agent.selected(), phone);
}
TEST_F(LiteAgentTest, AValidPathIsForgottenAfterSilence) {
  (void)feed({});
  now += kConsent;
  EXPECT_FALSE(agent.on_time(now));
  EXPECT_FALSE(agent.takes_from(phone));
  EXPECT_EQ(feed({}).verdict, Verdict::Answered) << "it never had consent to lose";
}
TEST_F(LiteAgentTest, ARestartForgetsValidPaths) {
  (void)feed({});
  agent.restart({"py/newx", "newpasswordnewpasswordnew1"}, {"newt", "x"});
  EXPECT_FALSE(agent.takes_from(phone));
}
TEST_F(LiteAgentTest, ChecksOnTheSelectedPathRenewConsent) {
  (void)feed({.nominate = true});
  for (int i = 0; i < 10; ++i) {
    now += 29s;
    EXPECT_FALSE(agent.on_time(now));
    (void)feed({});
  }
  EXPECT_EQ(agent.selected(), phone);
}
TEST_F(LiteAgentTest, ARepeatedNominationChangesNothing) {
  (void)feed({.nominate = true});
  EXPECT_FALSE(feed({.nominate = true}).moved);
  EXPECT_EQ(agent.selected(), phone);
}
TEST_F(LiteAgentTest, TheLatestNominationWins) {
  (void)feed({.nominate = true});
  EXPECT_TRUE(feed({.nominate = true}, other).moved);
  EXPECT_EQ(agent.selected(), other);
  EXPECT_TRUE(agent.takes_from(phone)) << "what is on its way still comes from there";
}
TEST_F(LiteAgentTest, WithoutConsentSendingEndsAndTheSameCredentialsDoNotHelp) {
  (void)feed({.nominate = true});
  now += kConsent - 1ms;
  EXPECT_FALSE(agent.on_time(now));
  now += 1ms;
  EXPECT_TRUE(agent.on_time(now));
  EXPECT_EQ(agent.selected(), std::nullopt);
  EXPECT_FALSE(agent.takes_from(phone));
  for (const bool nominate : {false, true}) {
    const auto late = feed({.nominate = nominate});
    EXPECT_EQ(late.verdict, Verdict::AfterConsent);
    EXPECT_TRUE(late.answer.empty());
  }
  EXPECT_EQ(feed({.nominate = true}, other).verdict, Verdict::Answered) << "another path is another matter";
}
TEST_F(LiteAgentTest, ARestartBringsALostPathBack) {
  (void)feed({.nominate = true});
  now += kConsent;
  (void)agent.on_time(now);
  agent.restart({"py/newx", "newpasswordnewpasswordnew1"}, {"newt", "x"});
  EXPECT_EQ(feed({.nominate = true}).verdict, Verdict::Unproven) << "the old ones are worth nothing now";
  EXPECT_TRUE(feed({.nominate = true, .username = "py/newx:newt", .key = "newpasswordnewpasswordnew1"}).moved);
}
TEST_F(LiteAgentTest, DuringARestartTheSelectedPathGoesOnUntilAnotherIsNominated) {
  (void)feed({.nominate = true});
  agent.restart({"py/newx", "newpasswordnewpasswordnew1"}, {"newt", "x"});
  EXPECT_EQ(agent.selected(), phone);
  now += 20s;
  EXPECT_EQ(feed({}).verdict, Verdict::Answered) << "consent by the old credentials";
  EXPECT_EQ(feed({}, other).verdict, Verdict::Unproven) << "but no new path by them";
  now += 20s;
  EXPECT_FALSE(agent.on_time(now));
  const Check fresh{.nominate = true, .username = "py/newx:newt", .key = "newpasswordnewpasswordnew1"};
  EXPECT_TRUE(feed(fresh, other).moved);
  EXPECT_EQ(feed({}).verdict, Verdict::Unproven) << "now the old credentials are over";
}

TEST_F(LiteAgentTest, WhatProvesNothingGetsNothing) {
  agent.set_remote(theirs);
  const Check wrong[] = {{.key = "anotherpassword"},
                         {.username = "py/ours"},
                         {.username = "py/ours:another"},
                         {.username = "another:them"},
                         {.username = ""}};
  for (const auto& one : wrong) {
    const auto reaction = feed(one);
    EXPECT_EQ(reaction.verdict, Verdict::Unproven) << one.username;
    EXPECT_TRUE(reaction.answer.empty());
  }
  EXPECT_EQ(feed({.fingerprint = false}).verdict, Verdict::Malformed);
  for (const std::uint16_t type : {kBindingResponse, kBindingError, kBindingIndication})
    EXPECT_EQ(feed({.type = type}).verdict, Verdict::NotForUs) << "two agents would talk for ever";
  EXPECT_FALSE(agent.takes_from(phone));
}

TEST_F(LiteAgentTest, ALiteAgentIsControlledWhateverThePeerThinks) {
  EXPECT_EQ(error_of(feed({.controlled = true})), 487U);
}

TEST_F(LiteAgentTest, ProvenRequestsThatCannotBeServedGetTheirError) {
  EXPECT_EQ(error_of(feed({.priority = false})), 400U);
  EXPECT_EQ(error_of(feed({.extra = 0x7fff})), 420U);
  EXPECT_EQ(feed({.extra = 0xc057}).verdict, Verdict::Answered) << "optional";
  EXPECT_TRUE(StunMessage::parse(feed({.extra = 0x7fff}).answer)->proves(ours.password));
}

TEST_F(LiteAgentTest, ChecksBeforeTheAnswerCountIfTheyAreOfWhoAnswers) {
  (void)feed({.nominate = true});
  (void)feed({.username = "py/ours:elsewhere"}, other);
  agent.set_remote(theirs);
  EXPECT_EQ(agent.selected(), phone);
  EXPECT_FALSE(agent.takes_from(other));
}

TEST_F(LiteAgentTest, PathsAreBoundedAndTheSelectedOneStays) {
  (void)feed({.nominate = true});
  for (std::uint16_t i = 0; i < 200; ++i) {
    now += 1ms;
    (void)feed({}, Endpoint{phone.address, static_cast<std::uint16_t>(50000 + i)});
  }
  unsigned taken = 0;
  for (std::uint16_t i = 0; i < 200; ++i)
    taken += agent.takes_from({phone.address, static_cast<std::uint16_t>(50000 + i)}) ? 1 : 0;
  EXPECT_EQ(taken, kMaxPaths - 1);
  EXPECT_EQ(agent.selected(), phone);
}

TEST(IceCredentials, CarryTheirOwnerInSignsThatIceAllows) {
  SeededRandom random(1);
  for (const unsigned owner : {0U, 1U, 31U, 32U, 1023U}) {
    const auto made = mint_credentials(owner, random);
    EXPECT_TRUE(is_ufrag(made.ufrag)) << made.ufrag;
    EXPECT_TRUE(is_password(made.password)) << made.password;
    EXPECT_EQ(owner_of_ufrag(made.ufrag), owner);
  }
  EXPECT_NE(mint_credentials(1, random), mint_credentials(1, random));
  for (const auto* foreign : {"", "abcd", "pyaa-abcdefgh", "pyAA/abcdefgh", "pyaa/abcdefghi"})
    EXPECT_EQ(owner_of_ufrag(foreign), std::nullopt) << foreign;
  EXPECT_FALSE(is_ufrag("abc"));
  EXPECT_FALSE(is_ufrag("ab cd"));
  EXPECT_FALSE(is_password("tooshort"));
}

}  // namespace
}  // namespace parley::ice
