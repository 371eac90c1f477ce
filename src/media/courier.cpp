#include <cstdint>

#include <poll.h>
#include <pthread.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <base/assert.hpp>
#include <media/courier.hpp>

namespace parley::media {

Inbox::Inbox() : wake_fd_(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)) {
  PARLEY_ASSERT(wake_fd_ >= 0);
}

Inbox::~Inbox() {
  for (Item* item = take(); item != nullptr;) delete std::exchange(item, item->next);
  ::close(wake_fd_);
}

void Inbox::push(Item* item) noexcept {
  Item* head = head_.load(std::memory_order_relaxed);
  do item->next = head;
  while (!head_.compare_exchange_weak(head, item, std::memory_order_release, std::memory_order_relaxed));
  if (head != nullptr) return;  // whoever found it empty has set the timer
  itimerspec once{};
  once.it_value.tv_nsec = std::chrono::nanoseconds(kGather).count();
  (void)::timerfd_settime(wake_fd_, 0, &once, nullptr);
}

Inbox::Item* Inbox::take() noexcept {
  std::uint64_t expirations = 0;
  (void)!::read(wake_fd_, &expirations, sizeof expirations);  // before the list: a push after it sets the timer again
  Item* newest = head_.exchange(nullptr, std::memory_order_acquire);
  Item* oldest = nullptr;
  while (newest != nullptr) {
    Item* next = newest->next;
    newest->next = oldest;
    oldest = newest;
    newest = next;
  }
  return oldest;
}

Courier::Courier() : thread_([this] { loop(); }) {
  (void)::pthread_setname_np(thread_.native_handle(), "media-courier");
}

Courier::~Courier() { stop(); }

void Courier::stop() {
  if (!thread_.joinable()) return;
  send([this] { stopping_ = true; });
  thread_.join();
}

void Courier::loop() {
  for (;;) {
    Inbox::Item* item = inbox_.take();
    if (item == nullptr && stopping_) return;  // work may send more work: only an empty inbox is the end
    if (item == nullptr) {
      pollfd wait{inbox_.wake_fd(), POLLIN, 0};
      ::poll(&wait, 1, -1);
    }
    while (item != nullptr) {
      Inbox::Item* const next = item->next;
      if (!item->done && item->run) item->run();
      delete item;
      item = next;
    }
  }
}

}  // namespace parley::media
