#pragma once
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include <base/result.hpp>

namespace parley::store {

/// Threads for work that blocks (database, disk, argon2), so that reactors never do.
/// Thread:   submit from any; tasks run on the pool's threads, in order of submission when there is one thread.
/// Errors:   Limited when `capacity` tasks wait already, Unavailable after stop. Tasks must not throw.
/// Lifetime: the destructor runs what was submitted, then joins.
class Executor {
 public:
  explicit Executor(unsigned threads, std::size_t capacity = 16384, const std::string& name = "store");
  ~Executor();
  [[nodiscard]] Result<void> submit(std::function<void()> task);
  /// Waits until nothing is queued or running.
  void drain();
  void stop();  // no new tasks; runs the queued ones; joins
  [[nodiscard]] std::size_t waiting() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace parley::store
