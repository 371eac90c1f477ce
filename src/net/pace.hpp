#pragma once
#include <chrono>

#include <base/clock.hpp>

namespace parley::net {

/// Decides how a socket learns of datagrams: woken by each, which costs more than most of them, or, while many come, by
/// a look every kEvery, which takes all of them together and delays none by more than that.
/// Thread: the socket's.   Pure.
class Pace {
 public:
  static constexpr auto kEvery = std::chrono::milliseconds(1);
  static constexpr auto kWindow = std::chrono::milliseconds(20);
  static constexpr double kBegin = 2'000, kEnd = 1'000;  // datagrams a second; the gap keeps it from swinging

  /// After a turn that found so many. True: the next look is in kEvery; false: wait for the next datagram.
  [[nodiscard]] bool after(TimePoint now, unsigned found) noexcept {
    found_ += found;
    const auto passed = now - since_;
    if (passed < kWindow) return busy_;
    busy_ = found_ / std::chrono::duration<double>(passed).count() >= (busy_ ? kEnd : kBegin);
    found_ = 0;
    since_ = now;
    return busy_;
  }

 private:
  TimePoint since_{};
  double found_ = 0;
  bool busy_ = false;
};

}  // namespace parley::net
