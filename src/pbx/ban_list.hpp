#pragma once
#include <atomic>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <base/clock.hpp>
#include <base/guarded.hpp>
#include <base/ids.hpp>
#include <base/ip_range.hpp>
#include <base/result.hpp>

namespace parley::pbx {

using BanId = Id<struct BanTag>;

/// One row of the list: an address (or range) that is told nothing, or that is never banned.
struct Ban {
  enum class Kind : std::uint8_t { Ban, Allow };
  BanId id;
  Kind kind = Kind::Ban;
  IpRange range;
  std::string reason;  // "many accounts", or a person's words
  std::string by;      // "parleyd", "settings", or who signed in
  WallTime since{};
  std::optional<WallTime> until;  // nullopt: until it is taken back
};
[[nodiscard]] std::string_view to_string(Ban::Kind kind) noexcept;  // "ban", "allow"

/// Who is banned and who never is (SEC-9). A ban found by the server doubles in length each time that it comes again
/// within a day, from `first` up to `longest`. Allowed addresses win over every ban.
/// Thread: any; banned() is one atomic load as long as nobody is. Bounds: `most` rows; a further ban by the server
/// takes the place of the one that ends first, a further row by hand is refused.
class BanList {
 public:
  struct Limits {
    Duration first = std::chrono::minutes(10);
    Duration longest = std::chrono::hours(24);
    std::size_t most = 65'536;
    std::size_t most_ranges = 1024;  // rows by hand, walked one by one
  };
  enum class Change : std::uint8_t { Added, Removed, Expired };
  /// Told of every change, under no lock, on the thread that made it.
  using OnChange = std::function<void(const Ban&, Change)>;

  BanList(const Clock& clock, Random& random) : BanList(clock, random, Limits{}) {}
  BanList(const Clock& clock, Random& random, const Limits& limits);
  void on_change(OnChange on_change) { on_change_ = std::move(on_change); }  // before the first change
  /// Rows kept over a restart, without telling; those that ran out are left out.
  void restore(std::vector<Ban> bans);

  [[nodiscard]] bool banned(const IpAddress& address, TimePoint now) const;
  [[nodiscard]] bool allowed(const IpAddress& address) const;
  /// By the server. nullopt: the address is allowed, or banned already.
  std::optional<Ban> ban(const IpAddress& address, std::string_view reason, TimePoint now);
  /// By hand; `lifetime` nullopt: until it is taken back. The same range again replaces its row.
  /// Errors: Full; Invalid for a ban of everybody (prefix 0).
  Result<Ban> add(Ban::Kind kind, const IpRange& range, std::string reason, std::string by,
                  std::optional<Duration> lifetime, TimePoint now);
  /// Also forgives: the next ban starts short again. Errors: NotFound.
  Result<Ban> remove(BanId id);
  /// Drops what ran out; about once a second.
  void expire(TimePoint now);

  /// Those in force, the newest first.
  [[nodiscard]] std::vector<Ban> list() const;
  [[nodiscard]] std::size_t bans() const { return bans_.load(std::memory_order_relaxed); }

 private:
  struct Held {
    Ban ban;
    TimePoint until = TimePoint::max();
  };
  struct Past {  // how often, for how long the next one is
    unsigned times = 0;
    TimePoint last{};
  };
  struct State {
    std::map<BanId, Held> rows;
    std::unordered_map<IpAddress, BanId> sources;   // bans of one source, by its class
    std::vector<std::pair<IpRange, BanId>> ranges;  // bans of more
    std::vector<std::pair<IpRange, BanId>> allowed;
    std::unordered_map<IpAddress, Past> past;
  };
  void put(State& state, Held held) const;
  [[nodiscard]] static std::optional<Held> take(State& state, BanId id);
  void count(const State& state);
  void tell(const Ban& ban, Change change) const;

  const Clock& clock_;
  Random& random_;
  Limits limits_;
  OnChange on_change_;
  Guarded<State> state_;
  std::atomic<std::size_t> bans_ = 0;
};

}  // namespace parley::pbx
