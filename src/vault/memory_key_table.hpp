#pragma once
#include <algorithm>
#include <map>
#include <mutex>

#include <vault/keyring.hpp>

namespace parley::vault {

/// Key table in memory: for tests and benchmarks.
class MemoryKeyTable final : public KeyTable {
 public:
  Result<void> put(const KeyName& name, BytesView wrapped) override {
    const std::lock_guard lock(mutex_);
    if (!keys_.try_emplace(name, wrapped.begin(), wrapped.end()).second)
      return fail(Errc::Conflict, "the thing has a key");
    return {};
  }
  Result<void> put_all(const std::vector<std::pair<KeyName, Bytes>>& wrapped) override {
    const std::lock_guard lock(mutex_);
    auto copy = keys_;
    for (const auto& [name, key] : wrapped) {
      if (!copy.try_emplace(name, key).second) return fail(Errc::Conflict, "the thing has a key");
    }
    keys_ = std::move(copy);
    return {};
  }
  Result<Bytes> get(const KeyName& name) override {
    const std::lock_guard lock(mutex_);
    const auto at = keys_.find(name);
    if (at == keys_.end()) return fail(Errc::NotFound, "no key");
    return at->second;
  }
  Result<void> remove(const KeyName& name) override {
    const std::lock_guard lock(mutex_);
    keys_.erase(name);
    return {};
  }
  Result<void> remove_all(OrganisationId organisation) override {
    const std::lock_guard lock(mutex_);
    std::erase_if(keys_, [&](const auto& item) { return item.first.organisation == organisation; });
    return {};
  }
  Result<std::vector<KeyName>> list(OrganisationId organisation) override {
    const std::lock_guard lock(mutex_);
    std::vector<KeyName> out;
    for (const auto& [name, key] : keys_) {
      if (name.organisation == organisation) out.push_back(name);
    }
    return out;
  }
  Result<void> rewrap(std::vector<ThingKind> kinds,
                      const std::function<Result<Bytes>(const KeyName&, BytesView)>& change) override {
    const std::lock_guard lock(mutex_);
    auto copy = keys_;
    for (auto& [name, key] : copy) {
      if (std::find(kinds.begin(), kinds.end(), name.kind) == kinds.end()) continue;
      auto changed = change(name, key);
      if (!changed) return std::unexpected(changed.error());
      key = std::move(*changed);
    }
    keys_ = std::move(copy);
    return {};
  }

 private:
  std::mutex mutex_;
  std::map<KeyName, Bytes> keys_;
};

}  // namespace parley::vault
