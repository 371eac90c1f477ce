#include <gtest/gtest.h>

#include <base/ip_range.hpp>

namespace parley {
namespace {

IpAddress address(const char* text) { return *IpAddress::parse(text); }

TEST(IpRange, HoldsWhatSharesItsFirstBits) {
  const auto net = *IpRange::parse("192.0.2.77/26");
  EXPECT_EQ(net.text(), "192.0.2.64/26");
  EXPECT_TRUE(net.contains(address("192.0.2.127")));
  EXPECT_FALSE(net.contains(address("192.0.2.128")));
  EXPECT_FALSE(net.contains(address("2001:db8::1")));
  EXPECT_TRUE(IpRange::parse("0.0.0.0/0")->contains(address("203.0.113.9")));
  EXPECT_TRUE(IpRange::parse("2001:db8::/32")->contains(address("2001:db8:ffff::1")));
  EXPECT_EQ(IpRange::parse("192.0.2.7")->text(), "192.0.2.7");
}

TEST(IpRange, RefusesWhatIsNoRange) {
  for (const auto* text :
       {"", "x", "192.0.2.0/33", "192.0.2.0/", "192.0.2.0/-1", "2001:db8::/129", "192.0.2.0/8x", "/8"})
    EXPECT_FALSE(IpRange::parse(text)) << text;
}

TEST(IpRange, ASourceIsAnAddressOrAV6Network) {
  EXPECT_EQ(IpRange::of_source(address("192.0.2.7")).text(), "192.0.2.7");
  EXPECT_EQ(IpRange::of_source(address("2001:db8:1:2:3::4")).text(), "2001:db8:1:2::/64");
}

}  // namespace
}  // namespace parley
