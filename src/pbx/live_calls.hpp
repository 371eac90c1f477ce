#pragma once
#include <atomic>
#include <functional>
#include <unordered_map>

#include <base/guarded.hpp>
#include <pbx/switchboard.hpp>

namespace parley::pbx {

/// Running calls as pages see them, and how many there may be. Each call writes its own entry from its reactor; the
/// switchboard reads copies. Thread: any. Bounds: `max_calls` in all, `max_per_extension` as caller or callee.
class LiveCalls {
 public:
  LiveCalls(unsigned max_calls, unsigned max_per_extension)
      : max_calls_(max_calls), max_per_extension_(max_per_extension) {}

  enum class Admission : std::uint8_t { Admitted, TooManyCalls, TooManyOfExtension, Draining };
  /// Counts the call in, or says why not. An emergency is admitted over every limit.
  [[nodiscard]] Admission admit(LiveCall call, unsigned reactor, bool emergency = false);
  /// Counts the called extension too; false: it has its most calls already (of an emergency never).
  [[nodiscard]] bool admit_callee(CallId call, ExtensionId callee, bool emergency = false);
  void update(CallId call, const std::function<void(LiveCall&)>& change);
  void remove(CallId call);
  /// An admitted call has handed its CDR over and is gone.
  void closed() { --unclosed_; }
  /// Calls admitted and not closed: what a drain waits for.
  [[nodiscard]] std::size_t unclosed() const { return unclosed_.load(); }

  struct Entry {
    LiveCall call;
    unsigned reactor = 0;
  };
  [[nodiscard]] std::vector<LiveCall> of(OrganisationId organisation) const;
  [[nodiscard]] std::optional<Entry> find(OrganisationId organisation, CallId call) const;
  [[nodiscard]] std::size_t count() const;
  /// From now on nothing is admitted.
  void drain();
  [[nodiscard]] bool draining() const;

 private:
  struct Held {
    std::unordered_map<CallId, Entry> calls;
    std::unordered_map<ExtensionId, unsigned> per_extension;
    bool draining = false;
  };
  void gauge(std::size_t count) const;
  unsigned max_calls_, max_per_extension_;
  Guarded<Held> held_;
  std::atomic<std::size_t> unclosed_ = 0;
};

}  // namespace parley::pbx
