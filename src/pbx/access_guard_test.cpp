#include <gtest/gtest.h>

#include <pbx/access_guard.hpp>

namespace parley::pbx {
namespace {

using Verdict = AccessGuard::Verdict;

IpAddress address(const std::string& text) { return IpAddress::parse(text).value(); }

// SEC-9
TEST(AccessGuard, BacksOffAfterFreeAttemptsAndDoubles) {
  FakeClock clock;
  AccessGuard guard;
  const auto from = address("192.0.2.7");
  for (int i = 0; i < 4; ++i) guard.failure(from, "101", clock.now());
  EXPECT_EQ(guard.check(from, "101", clock.now()).verdict, Verdict::Allow);
  guard.failure(from, "101", clock.now());
  EXPECT_EQ(guard.check(from, "101", clock.now()).verdict, Verdict::BackOff);
  clock.advance(std::chrono::milliseconds(1100));
  EXPECT_EQ(guard.check(from, "101", clock.now()).verdict, Verdict::Allow);
  guard.failure(from, "101", clock.now());
  clock.advance(std::chrono::milliseconds(1100));
  EXPECT_EQ(guard.check(from, "101", clock.now()).verdict, Verdict::BackOff);
  clock.advance(std::chrono::seconds(1));
  EXPECT_EQ(guard.check(from, "101", clock.now()).verdict, Verdict::Allow);
  EXPECT_EQ(guard.check(address("192.0.2.8"), "101", clock.now()).verdict, Verdict::Allow);
}

TEST(AccessGuard, BansAnAddressThatTriesManyAccountsAndForgivesLater) {
  FakeClock clock;
  AccessGuard guard;
  const auto from = address("192.0.2.7");
  bool banned = false;
  for (int i = 0; i < 30; ++i) banned = guard.failure(from, std::to_string(100 + i), clock.now());
  EXPECT_TRUE(banned);
  EXPECT_TRUE(guard.banned(from, clock.now()));
  EXPECT_EQ(guard.bans(clock.now()), 1U);
  EXPECT_EQ(guard.check(from, "whoever", clock.now()).verdict, Verdict::Banned);
  clock.advance(std::chrono::minutes(11));
  EXPECT_FALSE(guard.banned(from, clock.now()));
}

TEST(AccessGuard, OwnerKeepsWorkingFromKnownAddressWhileManyAddressesAttack) {
  FakeClock clock;
  AccessGuard guard;
  guard.success(address("192.0.2.100"), "101", clock.now());
  for (int i = 1; i <= 200; ++i) guard.failure(address("198.51.100." + std::to_string(i)), "101", clock.now());
  EXPECT_EQ(guard.check(address("198.51.100.201"), "101", clock.now()).verdict, Verdict::BackOff);
  EXPECT_EQ(guard.check(address("192.0.2.100"), "101", clock.now()).verdict, Verdict::Allow);
  clock.advance(std::chrono::minutes(6));
  EXPECT_EQ(guard.check(address("198.51.100.201"), "101", clock.now()).verdict, Verdict::Allow);
}

TEST(AccessGuard, TablesStayWithinTheirBound) {
  FakeClock clock;
  AccessGuard::Limits limits;
  limits.max_entries = 100;
  AccessGuard guard(limits);
  for (int i = 0; i < 1000; ++i) {
    guard.failure(address("192.0.2.7"), "user" + std::to_string(i), clock.now());
    clock.advance(std::chrono::milliseconds(1));
  }
  EXPECT_TRUE(guard.banned(address("192.0.2.7"), clock.now()));
}

}  // namespace
}  // namespace parley::pbx
