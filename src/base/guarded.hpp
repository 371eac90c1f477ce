#pragma once
#include <mutex>
#include <utility>

namespace parley {

/// Data bound to its lock: it cannot be reached without holding it.
///   Guarded<std::map<...>> bans;   bans.with([&](auto& map) { map.erase(address); });
template <class T>
class Guarded {
 public:
  template <class... Args>
  explicit Guarded(Args&&... args) : value_(std::forward<Args>(args)...) {}

  template <class F>
  decltype(auto) with(F&& use) {
    const std::lock_guard lock(mutex_);
    return std::forward<F>(use)(value_);
  }
  template <class F>
  decltype(auto) with(F&& use) const {
    const std::lock_guard lock(mutex_);
    return std::forward<F>(use)(std::as_const(value_));
  }

 private:
  mutable std::mutex mutex_;
  T value_;
};

/// One of a table of them: on cache lines of its own, so that neighbours in the table are none to the processors.
template <class T>
class alignas(64) GuardedShard : public Guarded<T> {
 public:
  using Guarded<T>::Guarded;
};

}  // namespace parley
