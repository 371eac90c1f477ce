#pragma once
#include <memory>

#include <base/function.hpp>
#include <net/resolver.hpp>
#include <pbx/target_selection.hpp>

namespace parley::pbx {

/// Asks the name servers for all that select_targets() needs to know about a place.
/// Thread: the resolver's reactor.   Lifetime: what waits is dropped with the finder.
class TargetFinder {
 public:
  struct Found {
    DnsAnswers answers;  // with them select_targets() needs nothing more
    Selection selection;
    std::chrono::seconds good_for{0};  // the shortest TTL among them, within bounds; numeric places: a day
  };
  using OnFound = UniqueFunction<void(Found)>;

  TargetFinder(net::Resolver& resolver, Random& random) : resolver_(resolver), random_(random) {}
  /// `done` may run before this returns when nothing has to be asked.
  void find(const Place& place, const Reach& reach, OnFound done);

 private:
  struct Search;
  void step(const std::shared_ptr<Search>& search);
  net::Resolver& resolver_;
  Random& random_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace parley::pbx
