#pragma once
#include <unordered_map>

#include <base/clock.hpp>
#include <base/endpoint.hpp>

namespace parley::pbx {

/// How often a stranger's datagram may be answered without any proof of who sent it: so often per address, so often in
/// all. Buckets fill by time; the table is bounded, and an address that is not in it begins with a full bucket, so that
/// forgetting it harms nobody: the limit of all still holds.
/// Pure; thread: its owner's.
class RateLimit {
 public:
  struct Rates {
    double per_second = 10;  // of one address
    double burst = 40;
    double all_per_second = 5000;
  };
  explicit RateLimit(const Rates& rates) : rates_(rates), all_{rates.all_per_second, {}} {}
  [[nodiscard]] bool allow(const IpAddress& address, TimePoint now);

 private:
  static constexpr std::size_t kMaxKnown = 8192;
  struct Bucket {
    double left = 0;
    TimePoint since{};
  };
  static bool take(Bucket& bucket, double rate, double most, TimePoint now);
  Rates rates_;
  Bucket all_;
  std::unordered_map<IpAddress, Bucket> known_;
};

}  // namespace parley::pbx
