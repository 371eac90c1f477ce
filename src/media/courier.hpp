#pragma once
#include <atomic>
#include <chrono>
#include <memory>
#include <thread>

#include <base/function.hpp>

namespace parley::media {

/// Lock-free list that many threads push to and one takes from, in order (a Treiber stack turned round).
class Inbox {
 public:
  struct Item {
    UniqueFunction<void()> run;
    bool done = false;  // was run already, only to be freed
    Item* next = nullptr;
  };
  /// The reader is woken so long after the first push, for all that came until then: to wake a thread costs more than
  /// what it does for one item, most of all when it runs at once because of its priority.
  static constexpr std::chrono::milliseconds kGather{2};
  Inbox();  // with a timer to wait on
  ~Inbox();
  Inbox(const Inbox&) = delete;
  Inbox& operator=(const Inbox&) = delete;

  void push(Item* item) noexcept;       // takes it over; wakes the reader after kGather
  [[nodiscard]] Item* take() noexcept;  // everything, oldest first; also clears the wake-up
  [[nodiscard]] int wake_fd() const noexcept { return wake_fd_; }

 private:
  std::atomic<Item*> head_ = nullptr;
  int wake_fd_;
};

/// Runs for the media thread what may block or free memory: callbacks to owners, destruction of closed legs, log lines.
/// Thread: `send` from any, runs on its own. The destructor stops it.
class Courier {
 public:
  Courier();
  ~Courier();
  Courier(const Courier&) = delete;
  Courier& operator=(const Courier&) = delete;

  /// Runs what was sent, then ends the thread.
  void stop();
  void send(UniqueFunction<void()> work) { inbox_.push(new Inbox::Item{std::move(work), false, nullptr}); }
  void send(Inbox::Item* item) noexcept { inbox_.push(item); }

 private:
  void loop();
  Inbox inbox_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace parley::media
