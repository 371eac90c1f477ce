#pragma once
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include <media/courier.hpp>
#include <media/leg.hpp>
#include <media/port_pool.hpp>

namespace parley::media {

/// The thread that all RTP goes through: epoll over the legs' sockets, one datagram per event so that a flooded leg
/// cannot hold up the others. Under load it wakes once a millisecond instead of once a packet:
/// a tenth to a third less CPU time for a millisecond of delay.
/// Sockets of legs that are gone go on being waited for while they rest in the pool.
/// Thread: run and ports from any; the rest is its own. Lifetime: legs that are still open end with it.
class MediaThread {
 public:
  MediaThread(const EngineOptions& options, const Clock& clock, Random& random);
  ~MediaThread();
  MediaThread(const MediaThread&) = delete;
  MediaThread& operator=(const MediaThread&) = delete;

  /// Runs `work` on the media thread, in the order of the calls of one thread.
  void run(UniqueFunction<void()> work) { inbox_.push(new Inbox::Item{std::move(work), false, nullptr}); }
  [[nodiscard]] bool realtime() const noexcept { return realtime_; }
  [[nodiscard]] bool kernel_relay() const noexcept { return kernel_ != nullptr; }  // set before the constructor returns
  [[nodiscard]] Courier& courier() noexcept { return courier_; }
  [[nodiscard]] PortPool& ports() noexcept { return ports_; }
  [[nodiscard]] LegShared& shared() noexcept { return shared_; }
  /// CPU time that the thread has used.
  [[nodiscard]] Duration cpu_time();

  // The media thread's only.
  void add(std::unique_ptr<Leg> leg);
  /// With its sockets at rest, or else unfit for another leg.
  struct Removed {
    std::unique_ptr<Leg> leg;
    bool rests = false;
  };
  [[nodiscard]] Removed remove(LegHandle handle);
  [[nodiscard]] Leg* find(LegHandle handle) const noexcept;
  void watch_ticks(Leg& leg);
  [[nodiscard]] TimePoint now() const noexcept { return now_; }

 private:
  void loop();
  void become_realtime();
  void load_kernel_relay();
  [[nodiscard]] int wait_ms() const;
  void wait_for_grid();
  void watch(MediaSocket& socket, Leg* leg, bool rtcp);
  void dispatch(std::uint64_t data);
  void run_inbox();
  void run_timers();
  void count();

  const EngineOptions options_;
  const Clock& clock_;
  PortPool ports_;
  Courier courier_;
  LegShared shared_;
  std::unique_ptr<KernelRelay> kernel_;
  int epoll_;
  Inbox inbox_;
  std::vector<std::unique_ptr<Leg>> legs_;  // by handle index
  struct Watched {
    Leg* leg = nullptr;  // nullptr: at rest, or closed
    bool rtcp = false;
  };
  std::vector<Watched> watched_;  // by descriptor
  std::vector<Leg*> ticking_;
  TimePoint now_{}, next_tick_{}, next_housekeeping_{}, next_count_{}, next_trim_{};
  LegShared::Totals counted_;
  std::uint64_t events_this_second_ = 0, rate_ = 0;
  bool stopping_ = false;
  std::atomic<bool> realtime_ = false, started_ = false;
  std::thread thread_;
};

}  // namespace parley::media
