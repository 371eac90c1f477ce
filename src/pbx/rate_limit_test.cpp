#include <gtest/gtest.h>

#include <pbx/rate_limit.hpp>

namespace parley::pbx {
namespace {

using std::chrono::seconds;

TEST(RateLimit, AnAddressGetsItsBurstAndThenItsRate) {
  FakeClock clock;
  AddressRateLimit limit({.per_second = 2, .burst = 5, .all_per_second = 1000});
  const auto one = *IpAddress::parse("192.0.2.1"), other = *IpAddress::parse("192.0.2.2");
  int allowed = 0;
  for (int i = 0; i < 20; ++i) allowed += limit.allow(one, clock.now());
  EXPECT_EQ(allowed, 5);
  EXPECT_TRUE(limit.allow(other, clock.now()));
  clock.advance(seconds(1));
  allowed = 0;
  for (int i = 0; i < 20; ++i) allowed += limit.allow(one, clock.now());
  EXPECT_EQ(allowed, 2);
}

TEST(RateLimit, ManyForgedAddressesShareTheLimitOfAll) {
  FakeClock clock;
  AddressRateLimit limit({.per_second = 10, .burst = 10, .all_per_second = 100});
  clock.advance(seconds(10));
  IpAddress address = *IpAddress::parse("10.0.0.0");
  int allowed = 0;
  for (int i = 0; i < 20'000; ++i) {
    address.bytes[2] = static_cast<std::uint8_t>(i / 256);
    address.bytes[3] = static_cast<std::uint8_t>(i % 256);
    allowed += limit.allow(address, clock.now());
  }
  EXPECT_EQ(allowed, 100);
}

}  // namespace
}  // namespace parley::pbx
