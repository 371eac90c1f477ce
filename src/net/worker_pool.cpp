#include <exception>

#include <fmt/format.h>
#include <pthread.h>

#include <base/log.hpp>
#include <net/worker_pool.hpp>

namespace parley::net {

WorkerPool::WorkerPool(const std::string& name, unsigned threads, std::size_t max_waiting) : max_waiting_(max_waiting) {
  for (unsigned i = 0; i < threads; ++i) {
    threads_.emplace_back([this, title = fmt::format("{}-{}", name, i).substr(0, 15)] {
      pthread_setname_np(pthread_self(), title.c_str());
      run();
    });
  }
}

WorkerPool::~WorkerPool() { stop(); }

bool WorkerPool::submit(UniqueFunction<void()>&& task, bool always) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || (!always && waiting_.size() >= max_waiting_)) return false;
    waiting_.push_back(std::move(task));
  }
  ready_.notify_one();
  return true;
}

void WorkerPool::run() {
  for (;;) {
    UniqueFunction<void()> task;
    {
      std::unique_lock lock(mutex_);
      ready_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
      if (stopping_) return;
      task = std::move(waiting_.front());
      waiting_.pop_front();
    }
    try {
      task();
    } catch (const std::exception& caught) {
      log::error("worker.exception", {{"what", caught.what()}});
    }
  }
}

void WorkerPool::stop() {
  std::deque<UniqueFunction<void()>> dropped;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    dropped.swap(waiting_);
  }
  ready_.notify_all();
  for (auto& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
  threads_.clear();
}

}  // namespace parley::net
