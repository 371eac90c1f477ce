#pragma once
// Only for the .cpp files of net/: keeps Asio out of everybody else's headers.
#include <atomic>
#include <map>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <net/reactor.hpp>

namespace parley::net {

struct Reactor::Impl {
  Impl(unsigned n, const Clock& c) : number(n), clock(c) {}

  using Key = std::pair<TimePoint, std::uint64_t>;
  void arm();
  void run_due();
  void call(UniqueFunction<void()>& work) noexcept;

  const unsigned number;
  const Clock& clock;
  boost::asio::io_context io{1};
  boost::asio::steady_timer alarm{io};
  TimePoint armed_for = TimePoint::max();
  std::map<Key, UniqueFunction<void()>> timers;
  std::uint64_t last_timer = 0;
  bool polling = false;
  std::atomic<std::thread::id> thread{};
};

}  // namespace parley::net
