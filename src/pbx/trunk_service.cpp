#include <algorithm>

#include <net/reactor.hpp>
#include <pbx/trunk_service.hpp>

namespace parley::pbx {
namespace {

constexpr auto kLeaveWithin = std::chrono::seconds(40);  // an unanswered REGISTER's whole time, and a little

/// The account is the same: a new registration takes the old one's place.
bool same_account(const store::Trunk& a, const store::Trunk& b) {
  return a.kind == b.kind && a.host == b.host && a.port == b.port && a.username == b.username;
}

}  // namespace

TrunkService::TrunkService(Core& core, std::unique_ptr<net::Resolver> resolver, const Reach& reach)
    : core_(core), resolver_(std::move(resolver)), finder_(*resolver_, core.shared().random), reach_(reach) {}

TrunkService::~TrunkService() { core_.reactor().cancel(sweep_timer_); }

void TrunkService::take(const std::shared_ptr<const Directory>& directory) {
  std::vector<TrunkId> all;
  for (const auto& trunk : directory->trunks()) {
    const auto id = trunk->settings.id;
    all.push_back(id);
    auto line = lines_.find(id);
    if (line != lines_.end() && line->second->settings() == trunk->settings) continue;
    if (line != lines_.end()) {
      auto old = std::move(line->second);
      lines_.erase(line);
      if (!trunk->settings.enabled || !same_account(old->settings(), trunk->settings)) part(std::move(old));
    }
    if (!trunk->settings.enabled) {
      TrunkStatus off;
      off.condition = TrunkCondition::Off;
      core_.shared().trunks.set(id, off);
      continue;
    }
    auto& made = lines_[id] = std::make_unique<TrunkLine>(core_, finder_, *trunk, reach_);
    made->start();
  }
  for (auto line = lines_.begin(); line != lines_.end();) {
    if (std::ranges::find(all, line->first) != all.end()) {
      ++line;
      continue;
    }
    part(std::move(line->second));
    line = lines_.erase(line);
  }
  core_.shared().trunks.retain(all);
}

void TrunkService::flow_lost(const sip::Flow& flow) {
  for (const auto& [id, line] : lines_) line->flow_lost(flow);
}

Result<void> TrunkService::retry(TrunkId trunk) {
  const auto line = lines_.find(trunk);
  if (line == lines_.end()) return fail(Errc::NotFound, "no such trunk, or it is switched off");
  line->second->retry();
  return {};
}

void TrunkService::part(std::unique_ptr<TrunkLine> line) {
  line->leave();
  leaving_.emplace_back(core_.reactor().now() + kLeaveWithin, std::move(line));
  sweep();
}

void TrunkService::sweep() {
  core_.reactor().cancel(sweep_timer_);
  sweep_timer_ = {};
  const auto now = core_.reactor().now();
  std::erase_if(leaving_, [&](const auto& entry) { return entry.second->silent() || now >= entry.first; });
  if (!leaving_.empty()) sweep_timer_ = core_.reactor().after(std::chrono::seconds(1), [this] { sweep(); });
}

}  // namespace parley::pbx
