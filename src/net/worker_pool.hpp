#pragma once
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <base/function.hpp>

namespace parley::net {

/// A few threads for work that may block, with a bounded queue before them. A task that throws is logged.
/// Thread: any. stop() drops what waits and joins.
class WorkerPool {
 public:
  WorkerPool(const std::string& name, unsigned threads, std::size_t max_waiting);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// False: the queue is full (or stopped) and `task` was not taken. `always` ignores the bound: for the next step of
  /// something that was let in already.
  [[nodiscard]] bool submit(UniqueFunction<void()>&& task, bool always = false);
  void stop();

 private:
  void run();

  const std::size_t max_waiting_;
  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<UniqueFunction<void()>> waiting_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace parley::net
