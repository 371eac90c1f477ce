#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include <pthread.h>

#include <store/executor.hpp>

namespace parley::store {

struct Executor::State {
  std::mutex mutex;
  std::condition_variable wake;
  std::condition_variable idle;
  std::deque<std::function<void()>> queue;
  std::size_t capacity = 0;
  std::size_t running = 0;
  bool stopping = false;
  std::vector<std::thread> threads;

  void work() {
    std::unique_lock lock(mutex);
    for (;;) {
      wake.wait(lock, [this] { return stopping || !queue.empty(); });
      if (queue.empty()) return;
      auto task = std::move(queue.front());
      queue.pop_front();
      ++running;
      lock.unlock();
      task();
      task = nullptr;  // what it captured goes before it counts as done
      lock.lock();
      --running;
      if (queue.empty() && running == 0) idle.notify_all();
    }
  }
};

Executor::Executor(unsigned threads, std::size_t capacity, const std::string& name)
    : state_(std::make_unique<State>()) {
  state_->capacity = capacity;
  for (unsigned i = 0; i < std::max(threads, 1U); ++i) {
    state_->threads.emplace_back([state = state_.get()] { state->work(); });
    (void)::pthread_setname_np(state_->threads.back().native_handle(), name.substr(0, 15).c_str());
  }
}

Executor::~Executor() { stop(); }

Result<void> Executor::submit(std::function<void()> task) {
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->stopping) return fail(Errc::Unavailable, "the executor has stopped");
    if (state_->queue.size() >= state_->capacity) return fail(Errc::Limited, "too much blocking work is waiting");
    state_->queue.push_back(std::move(task));
  }
  state_->wake.notify_one();
  return {};
}

void Executor::drain() {
  std::unique_lock lock(state_->mutex);
  state_->idle.wait(lock, [this] { return state_->queue.empty() && state_->running == 0; });
}

void Executor::stop() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  state_->wake.notify_all();
  for (auto& thread : state_->threads) {
    if (thread.joinable()) thread.join();
  }
}

std::size_t Executor::waiting() const {
  const std::lock_guard lock(state_->mutex);
  return state_->queue.size();
}

}  // namespace parley::store
