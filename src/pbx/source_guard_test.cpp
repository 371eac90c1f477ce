#include <gtest/gtest.h>

#include <pbx/source_guard.hpp>

namespace parley::pbx {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const IpAddress kOffice = *IpAddress::parse("192.0.2.1");
const IpAddress kStranger = *IpAddress::parse("203.0.113.66");

struct SourceGuardTest : ::testing::Test {
  FakeClock clock;
  SeededRandom random{1};
  SourceGuard guard{clock, random};

  bool banned(const IpAddress& address) { return guard.banned(address, clock.now()); }
  bool challenge(const IpAddress& address, const std::string& name, std::string_view agent = "Phone 1") {
    return guard.may_challenge(address, name, agent, clock.now());
  }
  void wrong(const IpAddress& address, const std::string& account, bool proven = true) {
    if (guard.check(address, account, clock.now()).verdict == AccessGuard::Verdict::Allow)
      guard.failure(address, account, proven, clock.now());
  }
  void right(const IpAddress& address, const std::string& account) { guard.success(address, account, clock.now()); }
  std::string reason() { return guard.bans().list().empty() ? "" : guard.bans().list().front().reason; }
};

// SEC-9: a challenge is no failure.
TEST_F(SourceGuardTest, AHouseOfFiftyTelephonesAndAWrongOneGoesOnWorking) {
  for (int minute = 0; minute < 120; ++minute) {
    for (int phone = 0; phone < 50; ++phone) {
      const auto account = "phone" + std::to_string(phone);
      EXPECT_TRUE(challenge(kOffice, account));
      right(kOffice, account);
    }
    for (int tries = 0; tries < 6; ++tries) {
      EXPECT_TRUE(challenge(kOffice, "wrong"));
      wrong(kOffice, "wrong");
      clock.advance(seconds(10));
    }
    ASSERT_FALSE(banned(kOffice)) << minute << reason();
  }
  EXPECT_NE(guard.check(kOffice, "wrong", clock.now()).verdict, AccessGuard::Verdict::Banned);
  EXPECT_EQ(guard.check(kOffice, "phone7", clock.now()).verdict, AccessGuard::Verdict::Allow);
}

TEST_F(SourceGuardTest, AHouseWhosePasswordsAllChangedIsNotBanned) {
  for (int phone = 0; phone < 50; ++phone) right(kOffice, "phone" + std::to_string(phone));
  for (int round = 0; round < 20; ++round)
    for (int phone = 0; phone < 50; ++phone) wrong(kOffice, "phone" + std::to_string(phone));
  EXPECT_FALSE(banned(kOffice));
}

TEST_F(SourceGuardTest, AllTelephonesComingBackAtOnceAreChallenged) {
  for (int phone = 0; phone < 400; ++phone) EXPECT_TRUE(challenge(kOffice, "phone" + std::to_string(phone)));
  for (int phone = 0; phone < 400; ++phone) right(kOffice, "phone" + std::to_string(phone));
  clock.advance(seconds(5));
  EXPECT_TRUE(challenge(kOffice, "phone0"));
  EXPECT_FALSE(banned(kOffice));
}

// T-04
TEST_F(SourceGuardTest, GuessersAreBannedByAccountsAndByTries) {
  for (int i = 0; i < 20; ++i) wrong(kStranger, "user" + std::to_string(i));
  EXPECT_TRUE(banned(kStranger));
  EXPECT_EQ(reason(), "many accounts");
  const auto other = *IpAddress::parse("203.0.113.67");
  for (int i = 0; i < 3'000 && !banned(other); ++i) {
    for (const auto* account : {"a", "b", "c", "d", "e", "f"}) wrong(other, account);
    clock.advance(milliseconds(100));
  }
  EXPECT_TRUE(banned(other));
  EXPECT_EQ(reason(), "wrong credentials");
}

// svwar: asks for one extension after the other, answers no challenge.
TEST_F(SourceGuardTest, WhoAsksForManyNamesAndAnswersNoChallengeIsBanned) {
  int answered = 0;
  for (int i = 100; i < 1'000 && !banned(kStranger); ++i) {
    answered += challenge(kStranger, std::to_string(i));
    clock.advance(milliseconds(20));
  }
  EXPECT_TRUE(banned(kStranger));
  EXPECT_EQ(reason(), "unanswered challenges");
  EXPECT_LE(answered, 300);
}

TEST_F(SourceGuardTest, ATelephoneThatNeverAnswersIsNoScanner) {
  for (int i = 0; i < 3'000; ++i) {
    EXPECT_TRUE(challenge(kStranger, "101"));
    clock.advance(milliseconds(500));
  }
  EXPECT_FALSE(banned(kStranger));
}

TEST_F(SourceGuardTest, SweepsAreBannedAndProbesOfAMonitorAreNot) {
  for (int i = 0; i < 1'000; ++i) EXPECT_TRUE(guard.may_probe(kOffice, "monitor", "Check 1", clock.now()));
  for (int i = 0; i < 300; ++i) (void)guard.may_probe(kStranger, std::to_string(i), "Phone 1", clock.now());
  EXPECT_TRUE(banned(kStranger));
  EXPECT_FALSE(banned(kOffice));
}

TEST_F(SourceGuardTest, AScannersNameIsAHint) {
  EXPECT_TRUE(looks_like_a_scanner("friendly-scanner"));
  EXPECT_TRUE(looks_like_a_scanner("sipvicious/0.3"));
  EXPECT_FALSE(looks_like_a_scanner("Scanner-free Phone"));
  EXPECT_FALSE(guard.may_probe(kStranger, "100", "friendly-scanner", clock.now()));  // told nothing
  EXPECT_TRUE(challenge(kStranger, "101", "friendly-scanner"));
  EXPECT_FALSE(banned(kStranger));  // not for its name at once
  (void)challenge(kStranger, "102", "friendly-scanner");
  EXPECT_TRUE(banned(kStranger));
  right(kOffice, "101");
  EXPECT_TRUE(challenge(kOffice, "101", "friendly-scanner"));  // an administrator who checks the own house
}

// T-13: who forges the office's address neither gets it banned nor turns us into a gun.
TEST_F(SourceGuardTest, AForgedSourceIsNotBannedForWhatItNeverSent) {
  right(kOffice, "phone1");
  for (int i = 0; i < 5'000; ++i) {
    (void)challenge(kOffice, std::to_string(i));
    wrong(kOffice, "user" + std::to_string(i), false);
    guard.malformed(kOffice, clock.now());
    clock.advance(milliseconds(1));
  }
  EXPECT_FALSE(banned(kOffice));
  unsigned reflected = 0;
  for (int i = 0; i < 100'000; ++i) {
    reflected += challenge(kStranger, "101");
    clock.advance(std::chrono::microseconds(100));
  }
  EXPECT_LE(reflected, 500U + 10U * 100U + 1U);
}

TEST_F(SourceGuardTest, MalformedBurstsAreBanned) {
  for (int i = 0; i < 999; ++i) guard.malformed(kStranger, clock.now());
  EXPECT_FALSE(banned(kStranger));
  guard.malformed(kStranger, clock.now());
  EXPECT_TRUE(banned(kStranger));
}

TEST_F(SourceGuardTest, FloodsAreCutOffAndOthersAreNot) {
  unsigned admitted = 0;
  for (int i = 0; i < 100'000; ++i) {
    admitted += guard.admits(kStranger, clock.now());
    clock.advance(std::chrono::microseconds(10));
  }
  EXPECT_LE(admitted, 4'000U + 2'000U + 1U);
  EXPECT_TRUE(guard.admits(kOffice, clock.now()));
  clock.advance(seconds(1));
  EXPECT_TRUE(guard.admits(kStranger, clock.now()));
  EXPECT_FALSE(banned(kStranger));
}

TEST_F(SourceGuardTest, AnIpv6HostCannotHideBehindManyAddresses) {
  for (int i = 0; i < 20; ++i)
    wrong(*IpAddress::parse("2001:db8:6:6::" + std::to_string(i + 1)), "user" + std::to_string(i));
  EXPECT_TRUE(banned(*IpAddress::parse("2001:db8:6:6:abcd::1")));
}

TEST_F(SourceGuardTest, TablesStayWithinTheirBoundAndKeepThoseWhoSignedIn) {
  SourceGuard::Limits limits;
  limits.max_sources = 160;
  SourceGuard small(clock, random, limits);
  small.success(kOffice, "101", clock.now());
  IpAddress forged;
  for (std::uint32_t i = 0; i < 20'000; ++i) {
    forged.bytes[0] = 100;
    forged.bytes[1] = static_cast<std::uint8_t>(i >> 8);
    forged.bytes[2] = static_cast<std::uint8_t>(i);
    (void)small.admits(forged, clock.now());
    clock.advance(std::chrono::microseconds(10));
  }
  EXPECT_LE(small.sources(), 160U);
  EXPECT_TRUE(small.is_known(kOffice, clock.now()));
}

}  // namespace
}  // namespace parley::pbx
