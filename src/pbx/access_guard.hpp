#pragma once
#include <array>
#include <string>
#include <string_view>
#include <unordered_map>

#include <base/clock.hpp>
#include <base/endpoint.hpp>
#include <base/guarded.hpp>

namespace parley::pbx {

/// Limits wrong credentials per address and per account (SEC-9): first a back-off that doubles, then a ban of the
/// address.
///   - After `free_attempts` failures of one account from one address, further credentials are not looked at for 1 s, 2
///   s, 4 s … 5 min.
///   - After `account_limit` failures of one account from all addresses within `window`, only addresses from which that
///   account has
///     signed in before are looked at: the owner keeps working while it is attacked.
///   - After `address_limit` failures from one address within `window`, everything from it is dropped for `ban`.
/// A challenge without credentials is no failure. Known and unknown accounts are treated alike.
/// Thread: any. Bounds: `max_entries` per table; the oldest quarter goes first when full.
class AccessGuard {
 public:
  struct Limits {
    unsigned free_attempts = 5;
    unsigned account_limit = 10;
    unsigned address_limit = 30;
    Duration window = std::chrono::minutes(5);
    Duration ban = std::chrono::minutes(10);
    Duration longest_backoff = std::chrono::minutes(5);
    std::size_t max_entries = 65536;
  };
  enum class Verdict : std::uint8_t {
    Allow,    // look at the credentials
    BackOff,  // answer 403 with Retry-After, without looking
    Banned,   // say nothing
  };
  struct Decision {
    Verdict verdict = Verdict::Allow;
    Duration retry_after{};
  };

  AccessGuard() : AccessGuard(Limits{}) {}
  explicit AccessGuard(const Limits& limits) : limits_(limits) {}

  /// Cheap enough for every packet.
  [[nodiscard]] bool banned(const IpAddress& address, TimePoint now) const;
  [[nodiscard]] Decision check(const IpAddress& address, std::string_view account, TimePoint now) const;
  /// Returns true when this failure banned the address.
  bool failure(const IpAddress& address, std::string_view account, TimePoint now);
  void success(const IpAddress& address, std::string_view account, TimePoint now);
  /// Whether that account signed in from that address before.
  [[nodiscard]] bool is_known(const IpAddress& address, std::string_view account) const;
  /// How many addresses are banned now (for the metric).
  [[nodiscard]] std::size_t bans(TimePoint now) const;

 private:
  struct Count {
    unsigned failures = 0;
    TimePoint first{};  // start of the window
    TimePoint last{};
    TimePoint until{};  // back-off or ban ends
  };
  struct PairView {
    IpAddress address;  // its source class
    std::string_view account;
  };
  struct Pair {
    explicit Pair(const PairView& view) : address(view.address), account(view.account) {}
    operator PairView() const noexcept { return {address, account}; }  // NOLINT: what it is looked up by
    IpAddress address;
    std::string account;
  };
  struct Hash {  // not noexcept: only then does libstdc++ keep the hash in the node instead of making it again
    using is_transparent = void;
    std::size_t operator()(std::string_view account) const { return std::hash<std::string_view>{}(account); }
    std::size_t operator()(const PairView& pair) const {
      return std::hash<IpAddress>{}(pair.address) ^ (*this)(pair.account) * 0x9e3779b97f4a7c15U;
    }
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(std::string_view a, std::string_view b) const noexcept { return a == b; }
    bool operator()(const PairView& a, const PairView& b) const noexcept {
      return a.address == b.address && a.account == b.account;
    }
  };
  template <class Key>
  using Table = std::unordered_map<Key, Count, Hash, Equal>;
  struct Tables {
    Table<Pair> pairs;
    Table<std::string> accounts;
    std::unordered_map<IpAddress, Count> addresses;
    Table<Pair> known;  // that signed in
  };
  template <class Key, class View>
  Count& touch(Table<Key>& table, const View& key, TimePoint now) const;

  Limits limits_;
  Guarded<Tables> tables_;
};

}  // namespace parley::pbx
