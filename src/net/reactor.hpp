#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include <base/clock.hpp>
#include <base/function.hpp>

namespace parley::net {

/// One thread's event loop: sockets, timers and work handed over by other threads. Owns the calls that live on it
/// (DESIGN "One call, from packet to promise"); nothing that runs on it may block.
/// Thread: post() and stop() any; everything else the reactor's own (or before run() starts).
/// Lifetime: outlives the sockets made on it. A function that throws is logged and counted; the loop goes on.
class Reactor {
 public:
  struct TimerHandle {
    TimePoint when{};
    std::uint64_t id = 0;  // 0: no timer
    explicit operator bool() const noexcept { return id != 0; }
  };

  explicit Reactor(unsigned number, const Clock& clock = system_clock());
  ~Reactor();
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;

  [[nodiscard]] unsigned number() const noexcept;
  [[nodiscard]] TimePoint now() const;
  [[nodiscard]] WallTime wall() const;
  [[nodiscard]] const Clock& clock() const noexcept;

  /// Runs `work` on this reactor, after what was posted before. Never runs it inside the call.
  void post(UniqueFunction<void()> work);
  /// Timers that are due at the same instant run in the order of their making.
  TimerHandle after(Duration delay, UniqueFunction<void()> work);
  TimerHandle at(TimePoint when, UniqueFunction<void()> work);
  /// True if it had not run yet. Safe for handles that ran already or are empty.
  bool cancel(TimerHandle timer);

  /// Runs until stop(); the calling thread becomes the reactor's.
  void run();
  /// Runs what is ready and what is due by now(), then returns: lets a test with a FakeClock drive the loop.
  std::size_t poll();
  void stop();

  /// True on the reactor's thread, or while no thread runs it yet.
  [[nodiscard]] bool is_current() const noexcept;
  void assert_current() const;

  struct Impl;  // reactor_impl.hpp, for files of net/ only
  [[nodiscard]] Impl& impl() noexcept { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

/// N reactors on N threads, numbered from 0. stop() lets each finish the function it is in, then joins.
class ReactorPool {
 public:
  explicit ReactorPool(unsigned count, const Clock& clock = system_clock());
  ~ReactorPool();
  ReactorPool(const ReactorPool&) = delete;
  ReactorPool& operator=(const ReactorPool&) = delete;

  [[nodiscard]] unsigned size() const noexcept { return static_cast<unsigned>(reactors_.size()); }
  [[nodiscard]] Reactor& operator[](unsigned number) { return *reactors_[number]; }
  void start();
  void stop();

 private:
  std::vector<std::unique_ptr<Reactor>> reactors_;
  std::vector<std::thread> threads_;
};

}  // namespace parley::net
