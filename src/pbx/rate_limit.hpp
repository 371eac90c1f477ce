#pragma once
#include <algorithm>
#include <unordered_map>

#include <base/clock.hpp>
#include <base/endpoint.hpp>
#include <base/ids.hpp>

namespace parley::pbx {

/// How often something may happen: so often per key, so often in all. Buckets fill by time; the table is bounded, and
/// a key that is not in it begins with a full bucket, so that forgetting it harms nobody: the limit of all still holds.
/// Pure; thread: its owner's.
template <class Key>
class RateLimit {
 public:
  struct Rates {
    double per_second = 10;  // of one key
    double burst = 40;
    double all_per_second = 5000;
  };
  explicit RateLimit(const Rates& rates) : rates_(rates), all_{rates.all_per_second, {}} {}

  [[nodiscard]] bool allow(const Key& key, TimePoint now) {
    if (known_.size() >= kMaxKnown && !known_.contains(key)) known_.clear();
    auto& own = known_.try_emplace(key, Bucket{rates_.burst, now}).first->second;
    return take(own, rates_.per_second, rates_.burst, now) &&
           take(all_, rates_.all_per_second, rates_.all_per_second, now);
  }

 private:
  static constexpr std::size_t kMaxKnown = 8192;
  struct Bucket {
    double left = 0;
    TimePoint since{};
  };
  static bool take(Bucket& bucket, double rate, double most, TimePoint now) {
    const auto passed = std::chrono::duration<double>(now - bucket.since).count();
    bucket.left = std::min(most, bucket.left + std::max(passed, 0.0) * rate);
    bucket.since = now;
    if (bucket.left < 1) return false;
    bucket.left -= 1;
    return true;
  }
  Rates rates_;
  Bucket all_;
  std::unordered_map<Key, Bucket> known_;
};

/// A stranger's datagrams that are answered without any proof of who sent them.
using AddressRateLimit = RateLimit<IpAddress>;
/// Text messages of an extension.
using MessageRateLimit = RateLimit<ExtensionId>;

}  // namespace parley::pbx
