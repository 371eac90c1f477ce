#pragma once
#include <list>
#include <string>
#include <unordered_map>

#include <api/problem.hpp>
#include <base/clock.hpp>
#include <base/guarded.hpp>
#include <net/http.hpp>

namespace parley::api {

/// Remembers the answers to POSTs that carried an Idempotency-Key, so that a repeated one is done once.
/// Thread: any. Bounds: kMost answers of at most kLargest bytes, 24 h; the oldest go first.
class IdempotencyCache {
 public:
  static constexpr std::size_t kMost = 4096;
  static constexpr std::size_t kLargest = 64 * 1024;
  static constexpr Duration kKept = std::chrono::hours(24);

  explicit IdempotencyCache(const Clock& clock) : clock_(clock) {}

  enum class Outcome : std::uint8_t { Fresh, Running, Repeated, Mismatch };
  /// Fresh: do it, then call done() or forget(). Repeated: `answer` is the earlier one.
  [[nodiscard]] Outcome begin(const std::string& key, const std::string& fingerprint, net::HttpResponse& answer);
  void done(const std::string& key, const net::HttpResponse& answer);
  void forget(const std::string& key);

 private:
  struct Entry {
    std::string key, fingerprint;
    bool running = true;
    TimePoint at{};
    int status = 0;
    net::HttpFields headers;
    std::string body;
  };
  struct Table {
    std::list<Entry> order;  // oldest first
    std::unordered_map<std::string, std::list<Entry>::iterator> by_key;
  };
  const Clock& clock_;
  Guarded<Table> table_;
};

}  // namespace parley::api
