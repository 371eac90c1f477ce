#include <set>

#include <gtest/gtest.h>

#include <rtp/source_learning.hpp>

namespace parley::rtp {
namespace {
using State = SourceLearning::State;
using Input = SourceLearning::Input;
using Action = SourceLearning::Action;

Endpoint at(const char* text) { return *Endpoint::parse(text); }
IpAddress ip(const char* text) { return *IpAddress::parse(text); }

const Endpoint kPhone = at("198.51.100.7:4000"), kOtherPort = at("198.51.100.7:4002"), kThief = at("203.0.113.66:4000");
const Endpoint kInner = at("192.168.1.20:4000"), kNat = at("198.51.100.1:61000"), kNatOther = at("198.51.100.1:61002");

TEST(SourceLearning, EveryPairOfStateAndInputIsDecided) {
  for (const State state : {State::Unknown, State::Signalled, State::Latched, State::Locked}) {
    for (const Input input : {Input::NewAddress, Input::NoAddress, Input::Exact, Input::SameIp, Input::Vouched,
                              Input::Learned, Input::Stranger, Input::Settle}) {
      const auto transition = SourceLearning::next(state, input);
      EXPECT_EQ(transition.from, state);
      EXPECT_EQ(transition.input, input);
      const bool takes = transition.action == Action::Take || transition.action == Action::TakeAndMove;
      if (input == Input::Stranger || state == State::Unknown) EXPECT_FALSE(takes);
      if (state == State::Locked) EXPECT_NE(transition.action, Action::TakeAndMove);
      if (input == Input::NoAddress) EXPECT_EQ(transition.to, State::Unknown);
      if (input == Input::NewAddress) EXPECT_EQ(transition.to, State::Signalled);
      if (!takes && input != Input::NewAddress && input != Input::NoAddress && input != Input::Settle)
        EXPECT_EQ(transition.to, state);
    }
  }
}

TEST(SourceLearning, TheTableListsEachEdgeOnce) {
  std::set<std::pair<State, Input>> seen;
  for (const auto& transition : SourceLearning::kTable)
    EXPECT_TRUE(seen.emplace(transition.from, transition.input).second);
}

TEST(SourceLearning, UnknownTakesNothing) {
  SourceLearning learning;
  EXPECT_FALSE(learning.on_packet(kPhone));
  EXPECT_FALSE(learning.destination());
  EXPECT_EQ(learning.state(), State::Unknown);
}

TEST(SourceLearning, UnknownToSignalled) {
  SourceLearning learning;
  learning.on_signalled(kPhone, ip("198.51.100.7"));
  EXPECT_EQ(learning.state(), State::Signalled);
  EXPECT_EQ(learning.destination(), kPhone);
}

TEST(SourceLearning, SignalledToSignalledOnAnotherAddress) {
  SourceLearning learning;
  learning.on_signalled(kPhone, {});
  learning.on_signalled(kThief, {});
  EXPECT_EQ(learning.state(), State::Signalled);
  EXPECT_EQ(learning.destination(), kThief);
  EXPECT_FALSE(learning.on_packet(kPhone));
}

TEST(SourceLearning, SignalledToUnknownOnHoldByZeroAddress) {
  for (const char* none : {"0.0.0.0:4000", "198.51.100.7:0", "224.0.0.1:4000", "255.255.255.255:4000", "[::]:4000"}) {
    SourceLearning learning;
    learning.on_signalled(kPhone, {});
    learning.on_signalled(at(none), {});
    EXPECT_EQ(learning.state(), State::Unknown) << none;
    EXPECT_FALSE(learning.destination()) << none;
    EXPECT_FALSE(learning.on_packet(at(none))) << none;
  }
}

TEST(SourceLearning, SignalledToLockedByTheExactAddress) {
  SourceLearning learning;
  learning.on_signalled(kPhone, {});
  bool moved = true;
  EXPECT_TRUE(learning.on_packet(kPhone, &moved));
  EXPECT_FALSE(moved);
  EXPECT_EQ(learning.state(), State::Locked);
}

TEST(SourceLearning, SignalledToLatchedByAnotherPortOfTheSameIp) {
  SourceLearning learning;
  learning.on_signalled(kPhone, {});
  bool moved = false;
  EXPECT_TRUE(learning.on_packet(kOtherPort, &moved));
  EXPECT_TRUE(moved);
  EXPECT_EQ(learning.state(), State::Latched);
  EXPECT_EQ(learning.destination(), kOtherPort);
}

TEST(SourceLearning, SignalledToLatchedByTheVouchedIpBehindNat) {
  SourceLearning learning;
  learning.on_signalled(kInner, kNat.address);
  EXPECT_FALSE(learning.destination());  // 192.168.1.20 here is somebody else
  EXPECT_TRUE(learning.on_packet(kNat));
  EXPECT_EQ(learning.state(), State::Latched);
  EXPECT_EQ(learning.destination(), kNat);
}

TEST(SourceLearning, NoVouchingForAPublicAddress) {
  SourceLearning learning;
  learning.on_signalled(kPhone, kNat.address);
  EXPECT_FALSE(learning.on_packet(kNat));
  EXPECT_EQ(learning.destination(), kPhone);
}

TEST(SourceLearning, APrivateAddressSignalledFromThePrivateNetworkIsSentTo) {
  SourceLearning learning;
  learning.on_signalled(kInner, ip("192.168.1.1"));
  EXPECT_EQ(learning.destination(), kInner);
}

TEST(SourceLearning, SignalledRefusesStrangersAndStays) {
  SourceLearning learning;
  learning.on_signalled(kPhone, {});
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(learning.on_packet(kThief));
  EXPECT_EQ(learning.state(), State::Signalled);
  EXPECT_EQ(learning.destination(), kPhone);
}

TEST(SourceLearning, LatchedTakesTheLearnedSourceOnly) {
  SourceLearning learning;
  learning.on_signalled(kInner, kNat.address);
  ASSERT_TRUE(learning.on_packet(kNat));
  EXPECT_TRUE(learning.on_packet(kNat));
  EXPECT_FALSE(learning.on_packet(kNatOther));
  EXPECT_FALSE(learning.on_packet(kThief));
  EXPECT_EQ(learning.state(), State::Latched);
  EXPECT_EQ(learning.destination(), kNat);
}

TEST(SourceLearning, LatchedToLockedWhenTheExactAddressSpeaks) {
  SourceLearning learning;
  learning.on_signalled(kPhone, {});
  ASSERT_TRUE(learning.on_packet(kOtherPort));
  EXPECT_TRUE(learning.on_packet(kPhone));
  EXPECT_EQ(learning.state(), State::Locked);
  EXPECT_EQ(learning.destination(), kPhone);
  EXPECT_FALSE(learning.on_packet(kOtherPort));
}

TEST(SourceLearning, LatchedToLockedByTime) {
  SourceLearning learning;
  learning.on_signalled(kPhone, {});
  ASSERT_TRUE(learning.on_packet(kOtherPort));
  learning.on_settled();
  EXPECT_EQ(learning.state(), State::Locked);
  EXPECT_FALSE(learning.on_packet(kPhone));
  EXPECT_EQ(learning.destination(), kOtherPort);
}

TEST(SourceLearning, LatchedToSignalledAndUnknownBySignalling) {
  SourceLearning learning;
  learning.on_signalled(kPhone, {});
  ASSERT_TRUE(learning.on_packet(kOtherPort));
  learning.on_signalled(kPhone, {});  // the same address keeps what was learned
  EXPECT_EQ(learning.state(), State::Latched);
  learning.on_signalled(kThief, {});
  EXPECT_EQ(learning.state(), State::Signalled);
  ASSERT_TRUE(learning.on_packet(at("203.0.113.66:4002")));
  learning.on_signalled(at("0.0.0.0:9"), {});
  EXPECT_EQ(learning.state(), State::Unknown);
}

TEST(SourceLearning, LockedIgnoresEverybodyElseAndSettling) {
  SourceLearning learning;
  learning.on_signalled(kPhone, {});
  ASSERT_TRUE(learning.on_packet(kPhone));
  for (const auto& other : {kOtherPort, kThief, kNat}) EXPECT_FALSE(learning.on_packet(other));
  learning.on_settled();
  EXPECT_EQ(learning.state(), State::Locked);
  EXPECT_TRUE(learning.on_packet(kPhone));
}

TEST(SourceLearning, LockedToSignalledAndUnknownBySignalling) {
  SourceLearning learning;
  learning.on_signalled(kPhone, {});
  ASSERT_TRUE(learning.on_packet(kPhone));
  learning.on_signalled(kOtherPort, {});
  EXPECT_EQ(learning.state(), State::Signalled);
  EXPECT_EQ(learning.destination(), kOtherPort);
  ASSERT_TRUE(learning.on_packet(kOtherPort));
  learning.on_signalled(at("0.0.0.0:0"), {});
  EXPECT_EQ(learning.state(), State::Unknown);
  EXPECT_FALSE(learning.destination());
}

TEST(IsPrivate, KnowsTheRanges) {
  for (const char* inner :
       {"10.1.2.3", "172.16.0.1", "172.31.255.1", "192.168.0.1", "100.64.0.1", "169.254.1.1", "fd00::1", "fe80::1"})
    EXPECT_TRUE(is_private(ip(inner))) << inner;
  for (const char* outer : {"172.32.0.1", "100.128.0.1", "8.8.8.8", "127.0.0.1", "2001:db8::1"})
    EXPECT_FALSE(is_private(ip(outer))) << outer;
}

}  // namespace
}  // namespace parley::rtp
