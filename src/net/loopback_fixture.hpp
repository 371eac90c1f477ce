#pragma once
#include <chrono>
#include <thread>

#include <base/clock.hpp>
#include <base/endpoint.hpp>
#include <net/reactor.hpp>

/// For tests of net/ over real sockets.
namespace parley::net {

inline const Endpoint kLoopback = *Endpoint::parse("127.0.0.1:0");

/// Runs the loop until `done`, at most ten seconds.
template <class Done>
bool run_until(Reactor& reactor, Done done) {
  const auto limit = system_clock().now() + std::chrono::seconds(10);
  while (!done() && system_clock().now() < limit) {
    if (reactor.poll() == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return done();
}

}  // namespace parley::net
