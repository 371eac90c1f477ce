#pragma once
#include <deque>

#include <base/clock.hpp>
#include <base/guarded.hpp>
#include <media/media_socket.hpp>

namespace parley::media {

/// Pairs of ports for the legs, kept when a leg is gone: to open, bind, watch and close its sockets costs more than all
/// else that a leg without packets does. A pair that waits rests (MediaSocket::rest): nothing gets into it, so that no
/// packet of one call is found by the next, and whoever still sends hears from the kernel that nobody is there.
/// It waits kRest at least, while there are others, so that a phone's last packets do not fall into its next call.
/// Bounds: kMost pairs wait; those that nobody wanted for kIdle are closed.
/// Thread: any.   Lifetime: pairs that were taken may outlive it, and are then closed.
class PortPool {
 public:
  static constexpr Duration kRest = std::chrono::seconds(1);
  static constexpr Duration kIdle = std::chrono::seconds(60);
  static constexpr std::size_t kMost = 4096;

  /// `first` 0: the usual ephemeral range.
  PortPool(IpAddress address, std::uint16_t first, std::uint16_t last, const Clock& clock, Random& random)
      : range_(address, first, last, random), clock_(clock) {}

  /// Open for everybody. Errors: Full when none waits and no pair of the range can be bound.
  [[nodiscard]] Result<SocketPair> take();
  /// A pair whose sockets rest; any other is closed by whoever has it.
  void give_back(SocketPair pair);
  /// Closes what nobody wanted. Every few seconds.
  void trim();
  [[nodiscard]] std::size_t waiting() const;

 private:
  struct Waiting {
    SocketPair pair;
    TimePoint since;
  };
  [[nodiscard]] std::optional<SocketPair> oldest(Duration rested);
  PortRange range_;
  const Clock& clock_;
  Guarded<std::deque<Waiting>> waiting_;  // oldest first
};

}  // namespace parley::media
