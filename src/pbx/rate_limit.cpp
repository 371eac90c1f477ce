#include <algorithm>

#include <pbx/rate_limit.hpp>

namespace parley::pbx {

bool RateLimit::take(Bucket& bucket, double rate, double most, TimePoint now) {
  const auto passed = std::chrono::duration<double>(now - bucket.since).count();
  bucket.left = std::min(most, bucket.left + std::max(passed, 0.0) * rate);
  bucket.since = now;
  if (bucket.left < 1) return false;
  bucket.left -= 1;
  return true;
}

bool RateLimit::allow(const IpAddress& address, TimePoint now) {
  if (known_.size() >= kMaxKnown && !known_.contains(address)) known_.clear();
  auto& own = known_.try_emplace(address, Bucket{rates_.burst, now}).first->second;
  return take(own, rates_.per_second, rates_.burst, now) &&
         take(all_, rates_.all_per_second, rates_.all_per_second, now);
}

}  // namespace parley::pbx
