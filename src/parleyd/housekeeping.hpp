#pragma once
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include <base/config.hpp>
#include <privacy/prove.hpp>
#include <store/store.hpp>

namespace parley::server {

/// What has to happen by itself: deletions when they are due, the journal drained, the nightly proof.
/// Thread: two of its own, at low priority; wakes every few seconds and looks at the wall clock, so that a clock that
/// jumps is noticed.
class Housekeeping {
 public:
  struct Parts {
    store::Store& store;
    privacy::Prover& prover;
    Config::Prove prove;
    std::function<void()> tick;  // every few seconds
  };
  explicit Housekeeping(Parts parts);
  ~Housekeeping();
  void start();
  void stop();

 private:
  void run(void (Housekeeping::*turn)());
  void retention_turn();
  void proof_turn();
  bool wait();

  Parts parts_;
  WallTime last_sweep_{};
  std::int64_t last_proof_day_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::thread retention_;
  std::thread proof_;
};

}  // namespace parley::server
