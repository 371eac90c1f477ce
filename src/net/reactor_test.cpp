#include <atomic>
#include <future>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

#include <net/reactor.hpp>

namespace parley::net {
namespace {
using namespace std::chrono_literals;

TEST(Reactor, RunsTimersInOrderOfTheirInstant) {
  FakeClock clock;
  Reactor reactor(0, clock);
  std::vector<int> order;
  reactor.after(20ms, [&] { order.push_back(3); });
  reactor.after(10ms, [&] { order.push_back(1); });
  reactor.after(10ms, [&] { order.push_back(2); });
  reactor.poll();
  EXPECT_TRUE(order.empty());
  clock.advance(10ms);
  reactor.poll();
  EXPECT_EQ(order, (std::vector{1, 2}));
  clock.advance(10min);
  reactor.poll();
  EXPECT_EQ(order, (std::vector{1, 2, 3}));
}

TEST(Reactor, CancelledTimerNeverRuns) {
  FakeClock clock;
  Reactor reactor(0, clock);
  bool ran = false;
  const auto timer = reactor.after(1s, [&] { ran = true; });
  EXPECT_TRUE(reactor.cancel(timer));
  EXPECT_FALSE(reactor.cancel(timer));
  EXPECT_FALSE(reactor.cancel({}));
  clock.advance(1h);
  reactor.poll();
  EXPECT_FALSE(ran);
}

TEST(Reactor, TimerMadeByATimerWaitsForTheNextTurn) {
  FakeClock clock;
  Reactor reactor(0, clock);
  int runs = 0;
  UniqueFunction<void()> again;
  again = [&] {
    ++runs;
    reactor.after(0ms, [&] { again(); });
  };
  again();
  reactor.poll();
  EXPECT_GE(runs, 2);
  EXPECT_LE(runs, 4);  // and does not spin
}

TEST(Reactor, EarlierTimerOvertakesTheArmedOne) {
  Reactor reactor(0);
  std::vector<int> order;
  reactor.after(60ms, [&] {
    order.push_back(2);
    reactor.stop();
  });
  reactor.after(5ms, [&] { order.push_back(1); });
  reactor.run();
  EXPECT_EQ(order, (std::vector{1, 2}));
}

TEST(Reactor, GoesOnAfterAFunctionThrew) {
  Reactor reactor(0);
  bool ran = false;
  reactor.post([] { throw std::runtime_error("our bug"); });
  reactor.post([&] { ran = true; });
  reactor.poll();
  EXPECT_TRUE(ran);
}

TEST(ReactorPool, HandsWorkFromThreadToThread) {
  ReactorPool pool(4);
  pool.start();
  std::atomic<int> hops = 0;
  std::promise<void> done;
  UniqueFunction<void(unsigned)> hop = [&](unsigned from) {
    EXPECT_TRUE(pool[from].is_current());
    if (++hops == 400) return done.set_value();
    const unsigned next = (from + 1) % pool.size();
    pool[next].post([&hop, next] { hop(next); });
  };
  pool[0].post([&] { hop(0); });
  ASSERT_EQ(done.get_future().wait_for(30s), std::future_status::ready);
  EXPECT_FALSE(pool[0].is_current());
  pool.stop();
  EXPECT_EQ(hops, 400);
}

}  // namespace
}  // namespace parley::net
