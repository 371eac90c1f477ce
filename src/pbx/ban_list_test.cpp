#include <algorithm>

#include <gtest/gtest.h>

#include <pbx/ban_list.hpp>

namespace parley::pbx {
namespace {

using std::chrono::minutes;

struct BanListTest : ::testing::Test {
  FakeClock clock;
  SeededRandom random{1};
  BanList bans{clock, random};
  std::vector<std::pair<std::string, BanList::Change>> told;
  BanListTest() {
    bans.on_change([this](const Ban& ban, BanList::Change change) { told.emplace_back(ban.range.text(), change); });
  }
  bool banned(const char* address) { return bans.banned(*IpAddress::parse(address), clock.now()); }
  void ban(const char* address) { (void)bans.ban(*IpAddress::parse(address), "test", clock.now()); }
  Result<Ban> add(Ban::Kind kind, const char* range, std::optional<Duration> lifetime = std::nullopt) {
    return bans.add(kind, *IpRange::parse(range), "why", "ada", lifetime, clock.now());
  }
};

TEST_F(BanListTest, EachFurtherBanWithinADayIsTwiceAsLongUntilOneIsLifted) {
  for (const int length : {10, 20, 40}) {
    ban("192.0.2.7");
    clock.advance(minutes(length) - std::chrono::seconds(1));
    EXPECT_TRUE(banned("192.0.2.7")) << length;
    clock.advance(std::chrono::seconds(2));
    EXPECT_FALSE(banned("192.0.2.7")) << length;
    bans.expire(clock.now());
    EXPECT_EQ(told.back().second, BanList::Change::Expired);
  }
  ban("192.0.2.7");
  ASSERT_TRUE(bans.remove(bans.list().front().id));
  EXPECT_FALSE(banned("192.0.2.7"));
  ban("192.0.2.7");
  EXPECT_EQ(*bans.list().front().until - bans.list().front().since, minutes(10));
}

TEST_F(BanListTest, AnIpv6HostIsBannedWithItsNetwork) {
  ban("2001:db8:1:2::1");
  EXPECT_TRUE(banned("2001:db8:1:2:ffff::9"));
  EXPECT_FALSE(banned("2001:db8:1:3::1"));
}

TEST_F(BanListTest, AllowedAddressesAreNeverBanned) {
  ASSERT_TRUE(add(Ban::Kind::Allow, "192.0.2.0/24"));
  ban("192.0.2.7");
  EXPECT_TRUE(bans.list().size() == 1 && !banned("192.0.2.7"));
  ASSERT_TRUE(add(Ban::Kind::Ban, "192.0.0.0/16"));
  EXPECT_FALSE(banned("192.0.2.7"));
  EXPECT_TRUE(banned("192.0.3.7"));
}

TEST_F(BanListTest, ByHandWithAnEndOrWithout) {
  ASSERT_TRUE(add(Ban::Kind::Ban, "192.0.2.7", minutes(5)));
  ASSERT_TRUE(add(Ban::Kind::Ban, "198.51.100.0/24"));
  clock.advance(minutes(6));
  EXPECT_FALSE(banned("192.0.2.7"));
  EXPECT_TRUE(banned("198.51.100.9"));
  EXPECT_EQ(add(Ban::Kind::Ban, "0.0.0.0/0").error().code, Errc::Invalid);
  ASSERT_TRUE(add(Ban::Kind::Ban, "198.51.100.0/24", minutes(1)));  // in place of the first
  EXPECT_EQ(std::ranges::count(bans.list(), IpRange::parse("198.51.100.0/24"), [](const Ban& b) { return b.range; }),
            1);
}

TEST_F(BanListTest, ComesBackAfterARestart) {
  ban("192.0.2.7");
  ASSERT_TRUE(add(Ban::Kind::Allow, "198.51.100.1"));
  clock.advance(minutes(4));
  BanList after{clock, random};
  after.restore(bans.list());
  EXPECT_TRUE(after.banned(*IpAddress::parse("192.0.2.7"), clock.now()));
  EXPECT_TRUE(after.allowed(*IpAddress::parse("198.51.100.1")));
  clock.advance(minutes(7));
  EXPECT_FALSE(after.banned(*IpAddress::parse("192.0.2.7"), clock.now()));
}

TEST_F(BanListTest, StaysWithinItsBounds) {
  BanList small(clock, random, {.most = 10, .most_ranges = 2});
  for (int i = 0; i < 50; ++i) {
    (void)small.ban(*IpAddress::parse("192.0.2." + std::to_string(i)), "test", clock.now());
    clock.advance(std::chrono::seconds(1));
  }
  EXPECT_EQ(small.list().size(), 10U);
  EXPECT_TRUE(small.banned(*IpAddress::parse("192.0.2.49"), clock.now()));
}

}  // namespace
}  // namespace parley::pbx
