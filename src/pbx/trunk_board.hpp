#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <base/clock.hpp>
#include <base/guarded.hpp>
#include <base/ids.hpp>
#include <base/random.hpp>
#include <pbx/target_selection.hpp>

namespace parley::pbx {

enum class TrunkCondition : std::uint8_t {
  Off,         // switched off
  Connecting,  // not known yet
  Up,
  Down,     // tried again by itself
  Refused,  // not tried again until somebody changes something
};
[[nodiscard]] std::string_view to_string(TrunkCondition condition) noexcept;  // "off", "connecting", "up" …

struct TrunkStatus {
  TrunkCondition condition = TrunkCondition::Connecting;
  std::string reason;  // why not up; without personal data
  std::optional<WallTime> since;
  std::optional<WallTime> registered_at, registered_until;
  std::string server;  // "UDP 192.0.2.1:5060"
  struct Server {
    std::string server;
    std::optional<bool> answers;  // the last OPTIONS; nullopt: none was sent or its end is awaited
    std::optional<WallTime> asked_at;
  };
  std::vector<Server> servers;  // in the order of DNS
  unsigned calls = 0;
};

/// One of a trunk's channels, held by the leg that uses it. The board outlives it.
using TrunkChannel = std::shared_ptr<const void>;

/// What is known of every carrier at this moment: written by the trunk service, read by calls on all reactors.
/// Thread: any.   Lifetime: the Pbx.
class TrunkBoard {
 public:
  /// What a call needs to choose a server without asking anybody.
  struct Way {
    Place place;
    Reach reach;
    DnsAnswers answers;
    std::optional<Target> first;  // holds our registration: its peers may not know of us
  };

  void set(TrunkId trunk, TrunkStatus status);  // `calls` stays what it is
  void set(TrunkId trunk, Way way);
  void retain(const std::vector<TrunkId>& trunks);
  [[nodiscard]] std::optional<TrunkStatus> status(TrunkId trunk) const;

  /// The servers to try for one call, weights drawn anew: first those that answered lately.
  [[nodiscard]] std::vector<Target> targets(TrunkId trunk, TimePoint now, Random& random) const;
  /// A server that said 503, or nothing: asked last until then (RFC 3261 §21.5.4). Ended by `good`.
  void bad(TrunkId trunk, const Target& target, TimePoint until);
  void good(TrunkId trunk, const Target& target);
  /// Whether this address is one of the carrier's servers.
  [[nodiscard]] bool has_server(TrunkId trunk, const IpAddress& address) const;

  /// One more call, if no more than `most` (0: any) are there already; nullptr: too many. It is over when the last copy
  /// is gone, on whichever thread.
  [[nodiscard]] TrunkChannel take_channel(TrunkId trunk, unsigned most);

 private:
  struct Entry {
    TrunkStatus status;
    std::optional<Way> way;
    std::map<std::pair<sip::Transport, Endpoint>, TimePoint> bad;
    unsigned calls = 0;
  };
  void release_channel(TrunkId trunk);
  Guarded<std::unordered_map<TrunkId, Entry>> entries_;
};

}  // namespace parley::pbx
