#pragma once
#include <map>
#include <string>

#include <base/guarded.hpp>
#include <net/http.hpp>
#include <store/answers.hpp>

namespace parley::api {

/// A POST with an Idempotency-Key is done once: its answer is stored for a day (store/answers.hpp), what this process
/// is working on is known beside it.
/// Thread: any, blocking.   Bounds: an answer of more than kLargest bytes is not kept, only that it was given; of
/// refusals and failures nothing is.
class Idempotency {
 public:
  static constexpr std::size_t kLargest = 64 * 1024;

  explicit Idempotency(store::AnswerRepository& answers) : answers_(answers) {}

  /// Fresh: do it, then call done() or forget(). Repeated: `answer` is the earlier one. Unknown: see
  /// store::AnswerRepository.
  enum class Outcome : std::uint8_t { Fresh, Running, Unknown, Repeated, Mismatch };
  [[nodiscard]] Result<Outcome> begin(const store::KeyedRequest& request, net::HttpResponse& answer);
  void done(const store::KeyedRequest& request, const net::HttpResponse& answer);
  void forget(const store::KeyedRequest& request);

 private:
  void leave(const store::KeyedRequest& request);
  store::AnswerRepository& answers_;
  Guarded<std::map<std::string, std::string>> running_;  // scope to content
};

}  // namespace parley::api
