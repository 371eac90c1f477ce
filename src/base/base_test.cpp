#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <base/ascii.hpp>
#include <base/bytes.hpp>
#include <base/clock.hpp>
#include <base/endpoint.hpp>
#include <base/ids.hpp>
#include <base/metrics.hpp>
#include <base/scope.hpp>

namespace parley {
namespace {

TEST(Bytes, Base64KeepsTheVectorsOfRfc4648) {
  for (const auto& [plain, encoded] : std::initializer_list<std::pair<const char*, const char*>>{
           {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"foobar", "Zm9vYmFy"}}) {
    EXPECT_EQ(to_base64(as_bytes(plain)), encoded);
    EXPECT_EQ(from_base64(encoded), to_bytes(plain));
  }
  EXPECT_FALSE(from_base64("Zg=a"));
  EXPECT_FALSE(from_base64("Z"));
  EXPECT_EQ(to_base64url(Bytes{0xfb, 0xff}), "-_8");
}

TEST(Bytes, HexRefusesOddAndForeignDigits) {
  EXPECT_EQ(from_hex("00fFa0"), (Bytes{0, 255, 0xa0}));
  EXPECT_FALSE(from_hex("0"));
  EXPECT_FALSE(from_hex("0g"));
}

TEST(Bytes, ConstantTimeEqualityIsEquality) {
  EXPECT_TRUE(equal_constant_time(as_bytes("abc"), as_bytes("abc")));
  EXPECT_FALSE(equal_constant_time(as_bytes("abc"), as_bytes("abd")));
  EXPECT_FALSE(equal_constant_time(as_bytes("abc"), as_bytes("ab")));
}

TEST(Clock, Rfc3339RoundTrips) {
  const auto time = from_rfc3339("2026-11-20T05:40:53.120Z");
  ASSERT_TRUE(time);
  EXPECT_EQ(to_rfc3339(*time), "2026-11-20T05:40:53.120Z");
  EXPECT_EQ(from_rfc3339("2026-11-20T06:40:53.12+01:00"), time);
  EXPECT_FALSE(from_rfc3339("2026-02-30T00:00:00Z"));
  EXPECT_FALSE(from_rfc3339("2026-11-20T05:40:53"));
  EXPECT_FALSE(from_rfc3339("2026-11-20T05:40:53.Z"));
}

TEST(Uuid, IsVersion7AndSortsByTime) {
  FakeClock clock;
  SeededRandom random(1);
  const auto first = Uuid::make(clock, random);
  clock.advance(std::chrono::milliseconds(1));
  const auto second = Uuid::make(clock, random);
  EXPECT_LT(first, second);
  EXPECT_EQ(first.text()[14], '7');
  EXPECT_EQ(Uuid::parse(first.text()), first);
  EXPECT_FALSE(Uuid::parse("0190000000007000800000000000000000000"));
}

TEST(Endpoint, KeepsTheInterfaceOfALinkLocalAddress) {  // RFC 4007
  sockaddr_storage storage{};
  auto& native = reinterpret_cast<sockaddr&>(storage);
  Endpoint endpoint = *Endpoint::parse("[fe80::1]:5060");
  endpoint.address = with_scope(endpoint.address, 259);
  endpoint.to_sockaddr(native);
  EXPECT_EQ(reinterpret_cast<sockaddr_in6&>(storage).sin6_scope_id, 259U);
  EXPECT_EQ(reinterpret_cast<sockaddr_in6&>(storage).sin6_addr.s6_addr[3], 0U);
  const auto back = Endpoint::from_sockaddr(native);
  EXPECT_EQ(back, endpoint);
  EXPECT_EQ(back.text(), "[fe80::1]:5060");
  EXPECT_NE(back.address, *IpAddress::parse("fe80::1"));
  EXPECT_TRUE(same_host(back.address, *IpAddress::parse("fe80::1")));
  EXPECT_EQ(with_scope(*IpAddress::parse("2001:db8::1"), 3), *IpAddress::parse("2001:db8::1"));
}

TEST(Endpoint, ReadsWhatItWrites) {
  for (const char* text : {"192.0.2.1:5060", "[2001:db8::1]:5061"}) EXPECT_EQ(Endpoint::parse(text)->text(), text);
  EXPECT_FALSE(Endpoint::parse("2001:db8::1:5060"));
  EXPECT_FALSE(Endpoint::parse("192.0.2.1:65536"));
  EXPECT_FALSE(Endpoint::parse("192.0.2.1:"));
  EXPECT_EQ(IpAddress::parse("::ffff:192.0.2.1"), IpAddress::parse("192.0.2.1"));
}

TEST(Metrics, ExposesWhatWasCounted) {
  auto& requests = metrics::counter("parley_test_requests_total", "For this test.", {{"method", "INVITE"}});
  requests.add();
  requests.add(2);
  EXPECT_EQ(&requests, &metrics::counter("parley_test_requests_total", "For this test.", {{"method", "INVITE"}}));
  EXPECT_NE(metrics::expose().find("parley_test_requests_total{method=\"INVITE\"} 3"), std::string::npos);
}

TEST(Metrics, WhatThreadsCountIsOneSum) {
  auto& counter = metrics::counter("parley_test_threads_total", "For this test.");
  std::vector<std::thread> threads;
  for (int i = 0; i < 20; ++i)
    threads.emplace_back([&counter] {
      for (int k = 0; k < 1000; ++k) counter.add();
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(counter.value(), 20'000);
  EXPECT_NE(metrics::expose().find("parley_test_threads_total 20000"), std::string::npos);
  counter.add(2);
  EXPECT_NE(metrics::expose().find("parley_test_threads_total 20002"), std::string::npos);
}

TEST(Ascii, OnlyItsOwnLettersAreLowered) {
  EXPECT_EQ(ascii_lower("AZaz@[09"), "azaz@[09");
  EXPECT_EQ(ascii_lower("\xc3\x84"), "\xc3\x84");
}

}  // namespace
}  // namespace parley
