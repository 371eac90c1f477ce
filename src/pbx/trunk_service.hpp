#pragma once
#include <memory>
#include <unordered_map>

#include <net/resolver.hpp>
#include <pbx/trunk_line.hpp>

namespace parley::pbx {

/// All carriers of all organisations, kept ready on one reactor.
/// Thread: that of its Core.   Lifetime: the Pbx; destroyed after the reactors stopped.
class TrunkService {
 public:
  TrunkService(Core& core, std::unique_ptr<net::Resolver> resolver, const Reach& reach);
  ~TrunkService();
  TrunkService(const TrunkService&) = delete;
  TrunkService& operator=(const TrunkService&) = delete;

  /// Takes the trunks as they are now: what is new begins, what changed begins anew, what is gone leaves.
  void take(const std::shared_ptr<const Directory>& directory);
  void flow_lost(const sip::Flow& flow);
  /// NotFound: there is no such trunk, or it is switched off.
  [[nodiscard]] Result<void> retry(TrunkId trunk);

 private:
  void part(std::unique_ptr<TrunkLine> line);
  void sweep();

  Core& core_;
  std::unique_ptr<net::Resolver> resolver_;
  TargetFinder finder_;
  Reach reach_;
  std::unordered_map<TrunkId, std::unique_ptr<TrunkLine>> lines_;
  std::vector<std::pair<TimePoint, std::unique_ptr<TrunkLine>>> leaving_;
  net::Reactor::TimerHandle sweep_timer_;
};

}  // namespace parley::pbx
