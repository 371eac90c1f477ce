#include <api/idempotency.hpp>

namespace parley::api {

IdempotencyCache::Outcome IdempotencyCache::begin(const std::string& key, const std::string& fingerprint,
                                                  net::HttpResponse& answer) {
  const TimePoint now = clock_.now();
  return table_.with([&](Table& table) {
    const auto drop = [&table] {
      table.by_key.erase(table.order.front().key);
      table.order.pop_front();
    };
    while (!table.order.empty() && (now - table.order.front().at > kKept || table.order.size() >= kMost)) drop();
    if (const auto found = table.by_key.find(key); found != table.by_key.end()) {
      const Entry& entry = *found->second;
      if (entry.fingerprint != fingerprint) return Outcome::Mismatch;
      if (entry.running) return Outcome::Running;
      answer.status = entry.status;
      answer.headers = entry.headers;
      answer.body = entry.body;
      answer.set("Idempotency-Replayed", "true");
      return Outcome::Repeated;
    }
    Entry& entry = table.order.emplace_back();
    entry.key = key;
    entry.fingerprint = fingerprint;
    entry.at = now;
    table.by_key[key] = std::prev(table.order.end());
    return Outcome::Fresh;
  });
}

void IdempotencyCache::done(const std::string& key, const net::HttpResponse& answer) {
  if (answer.status >= 500 || answer.stream || answer.body.size() > kLargest) return forget(key);
  table_.with([&](Table& table) {
    const auto found = table.by_key.find(key);
    if (found == table.by_key.end()) return;
    Entry& entry = *found->second;
    entry.running = false;
    entry.status = answer.status;
    entry.headers = answer.headers;
    entry.body = answer.body;
  });
}

void IdempotencyCache::forget(const std::string& key) {
  table_.with([&](Table& table) {
    const auto found = table.by_key.find(key);
    if (found == table.by_key.end()) return;
    table.order.erase(found->second);
    table.by_key.erase(found);
  });
}

}  // namespace parley::api
