#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include <pbx/location.hpp>

namespace parley::pbx {

/// What probes found out about one contact.
struct ContactHealth {
  static constexpr unsigned kDead = 3;               // probes in a row without an answer
  std::optional<std::chrono::milliseconds> latency;  // of the last answer
  unsigned missed = 0;                               // since then
  [[nodiscard]] bool dead() const noexcept { return missed >= kDead; }
};

/// The health of all contacts that were probed. Not thread-safe: see Shared::health.
class HealthTable {
 public:
  [[nodiscard]] static std::string key_for(const Binding& binding) {
    return binding.device.text() + " " + key_of(binding);
  }
  void answered(const std::string& key, std::chrono::milliseconds latency) { held_[key] = {latency, 0}; }
  /// True: it counts as dead from now on.
  bool missed(const std::string& key) {
    auto& one = held_[key];
    return ++one.missed == ContactHealth::kDead;
  }
  /// nullopt: never probed.
  [[nodiscard]] std::optional<ContactHealth> of(const Binding& binding) const {
    const auto found = held_.find(key_for(binding));
    return found == held_.end() ? std::nullopt : std::optional(found->second);
  }
  /// Forgets who is registered no more; the count of the dead among the others.
  std::size_t keep(const std::unordered_set<std::string>& registered) {
    std::erase_if(held_, [&](const auto& one) { return !registered.contains(one.first); });
    std::size_t dead = 0;
    for (const auto& [key, health] : held_) dead += health.dead() ? 1 : 0;
    return dead;
  }

 private:
  std::unordered_map<std::string, ContactHealth> held_;
};

}  // namespace parley::pbx
