#pragma once
#include <privacy/eraser.hpp>

namespace parley::privacy {

/// Works off the deadline queue (RET-3): what is due goes, what is under hold stays (RET-10). Time comes from the
/// store's clock. Also removes what else has an end: events after 72 h, finished jobs, expired tokens and
/// registrations. Thread: any, blocking.
class Retention {
 public:
  explicit Retention(store::Store& store) : store_(store), eraser_(store) {}
  struct Outcome {
    std::size_t erased = 0;
    std::size_t failed = 0;  // logged, tried again at the next run
  };
  Result<Outcome> run();
  /// When run() has something to do next; nullopt if nothing waits.
  Result<std::optional<WallTime>> next_due();

 private:
  store::Store& store_;
  Eraser eraser_;
};

}  // namespace parley::privacy
