#pragma once
#include <unordered_map>

#include <base/clock.hpp>
#include <base/endpoint.hpp>

namespace parley::pbx {

/// Which of this host's addresses the kernel's routes use towards a peer: what we write into Via, Contact and SDP when
/// nothing is configured. Remembered for a minute, since routes change. Thread: its owner's. Never blocks.
class LocalAddress {
 public:
  [[nodiscard]] IpAddress towards(const IpAddress& peer, TimePoint now);

 private:
  static constexpr std::size_t kMaxKnown = 4096;
  std::unordered_map<IpAddress, IpAddress> known_;
  TimePoint since_{};
};

}  // namespace parley::pbx
