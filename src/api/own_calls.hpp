#pragma once
#include <deque>
#include <set>

#include <api/parts.hpp>
#include <store/events.hpp>
#include <store/users.hpp>

namespace parley::api {

/// Which events a user may hear: those of calls in which one of their own extensions is a party (SEC-5), no others.
/// An event that names its parties is decided by them; any other by its call, when that is known to be theirs.
/// Thread: one at a time.   Bounds: kMostCalls calls are remembered, the oldest go first.
class OwnCalls {
 public:
  static constexpr std::size_t kMostCalls = 2000;
  static constexpr std::size_t kSeen = 200;  // ended calls of each extension that are known from the beginning

  OwnCalls(const ApiParts& parts, store::User user) : parts_(parts), user_(std::move(user)) {}

  /// Reads whose extensions these are, and the calls that run or ended lately, so that their transcripts are heard.
  /// Blocking, once.
  [[nodiscard]] Result<void> learn();
  /// From memory alone: for publishers' threads.
  [[nodiscard]] bool hears(const store::Event& event);
  /// Asks the store about calls that are not known. Blocking: for the past that is read at the beginning.
  [[nodiscard]] bool heard(const store::Event& event);

 private:
  enum class Verdict : std::uint8_t { Theirs, NotTheirs, Unknown };
  [[nodiscard]] Verdict judge(const store::Event& event);
  void remember(CallId call);
  void forget(CallId call);
  [[nodiscard]] bool owns(const std::optional<ExtensionId>& extension) const {
    return extension && extensions_.contains(*extension);
  }

  const ApiParts& parts_;
  store::User user_;
  std::set<ExtensionId> extensions_;
  std::set<CallId> calls_;
  std::deque<CallId> order_;
};

}  // namespace parley::api
