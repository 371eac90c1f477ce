#include <array>

#include <gtest/gtest.h>

#include <media/port_pool.hpp>

namespace parley::media {
namespace {

using namespace std::chrono_literals;

const IpAddress kLoopback = *IpAddress::parse("127.0.0.1");

class PortPools : public testing::TestWithParam<const char*> {
 protected:
  static IpAddress bound() { return *IpAddress::parse(GetParam()); }
  /// Where a pair is reached from this host.
  static NativeAddress to(const SocketPair& pair) {
    auto address = bound();
    if (address.is_unspecified()) address = address.v6 ? *IpAddress::parse("::1") : kLoopback;
    return {{address, pair.rtp.port()}, address.v6};
  }
  void knock(const SocketPair& pair) { (void)phone_.rtp.send(std::array<std::uint8_t, 3>{1, 2, 3}, to(pair)); }
  static std::ptrdiff_t heard(SocketPair& pair) {
    std::array<std::uint8_t, 16> buffer;
    sockaddr_storage from{};
    return pair.rtp.receive(buffer, from);
  }

  FakeClock clock_;
  PortPool pool_{bound(), 0, 0, clock_, system_random()};
  SocketPair phone_ = std::move(*PortRange(bound(), 0, 0, system_random()).bind_pair());
};

INSTANTIATE_TEST_SUITE_P(Addresses, PortPools, testing::Values("127.0.0.1", "0.0.0.0", "::1", "::"));

TEST_P(PortPools, APairServesTheNextLegOnceItHasRested) {
  auto pair = std::move(*pool_.take());
  const auto port = pair.rtp.port();
  const int descriptor = pair.rtp.descriptor();
  ASSERT_TRUE(pair.rest(bound()));
  pool_.give_back(std::move(pair));
  const auto too_early = std::move(*pool_.take());
  EXPECT_NE(too_early.rtp.port(), port);
  clock_.advance(PortPool::kRest);
  const auto again = std::move(*pool_.take());
  EXPECT_EQ(again.rtp.port(), port);
  EXPECT_EQ(again.rtcp.port(), port + 1);
  EXPECT_EQ(again.rtp.descriptor(), descriptor);
  EXPECT_EQ(pool_.waiting(), 0U);
}

TEST_P(PortPools, NothingOfOneLegIsFoundByTheNext) {
  auto pair = std::move(*pool_.take());
  knock(pair);
  EXPECT_EQ(heard(pair), 3);
  pair.rtp.connect(to(phone_));  // as a leg does that knows its phone
  knock(pair);
  ASSERT_TRUE(pair.rest(bound()));
  knock(pair);
  EXPECT_LT(heard(pair), 0);
  pool_.give_back(std::move(pair));
  clock_.advance(PortPool::kRest);
  auto again = std::move(*pool_.take());
  EXPECT_LT(heard(again), 0);
  knock(again);
  EXPECT_EQ(heard(again), 3) << "open for everybody, as a new one";
  EXPECT_TRUE(again.rtp.send(std::array<std::uint8_t, 1>{9}, to(phone_)));
}

TEST_P(PortPools, WhatNobodyWantedIsClosed) {
  auto first = std::move(*pool_.take()), second = std::move(*pool_.take());
  ASSERT_TRUE(first.rest(bound()));
  pool_.give_back(std::move(first));
  clock_.advance(PortPool::kIdle / 2);
  ASSERT_TRUE(second.rest(bound()));
  pool_.give_back(std::move(second));
  clock_.advance(PortPool::kIdle / 2);
  pool_.trim();
  EXPECT_EQ(pool_.waiting(), 1U);
  clock_.advance(PortPool::kIdle);
  pool_.trim();
  EXPECT_EQ(pool_.waiting(), 0U);
}

TEST(PortPool, ASmallRangeGivesWhatHasNotRestedBeforeItRefuses) {
  const FakeClock clock;
  PortPool pool(kLoopback, 29'760, 29'761, clock, system_random());
  auto only = pool.take();
  ASSERT_TRUE(only) << only.error().text;
  EXPECT_EQ(pool.take().error().code, Errc::Full);
  ASSERT_TRUE(only->rest(kLoopback));
  pool.give_back(std::move(*only));
  EXPECT_TRUE(pool.take());
}

}  // namespace
}  // namespace parley::media
