#pragma once
#include <array>
#include <optional>
#include <string_view>
#include <unordered_map>

#include <pbx/access_guard.hpp>
#include <pbx/ban_list.hpp>

namespace parley::pbx {

/// What a source did that honest ones do not do so often.
enum class Offence : std::uint8_t {
  WrongCredentials,  // many wrong passwords
  ManyAccounts,      // wrong passwords for many accounts
  Unanswered,        // many names asked for, the challenges left unanswered: enumeration, war dialling
  Sweep,             // OPTIONS and the like to many names
  Malformed,         // bursts of what is no SIP
  Scanner,           // requests under a scanner's name, none of them signed in
};
[[nodiscard]] std::string_view to_string(Offence offence) noexcept;  // "wrong credentials", "many accounts" …

/// Watches each source of SIP messages and tells scanners, brute force and floods from telephones (SEC-9, T-03, T-04,
/// T-13). It knows a challenge from a failure: a 401 that right credentials answer counts for the source, not against
/// it. A source from which somebody signed in within the hour is *known*: an office of fifty telephones behind one
/// address with a wrong one among them goes on working (that one is slowed down by AccessGuard), and what anybody could
/// have forged (a UDP source without a nonce of ours) never bans it. A User-Agent that scanners use makes suspicion
/// come ten times sooner, and its probes get no answer; only the third request under such a name bans, and only whom
/// nobody signed in from. A source is a v4 address or the /64 of a v6 address.
/// Floods are cut off, not banned: forged sources must not lock out those whose address they wear. Thread: any. Bounds:
/// `max_sources` records in 16 shards; strangers that were quiet longest go first.
class SourceGuard {
 public:
  struct Limits {
    AccessGuard::Limits access;
    BanList::Limits bans;
    Duration window = std::chrono::minutes(5);
    Duration known_for = std::chrono::hours(1);
    Duration answer_within = std::chrono::seconds(2);  // challenges older than this count as unanswered
    unsigned messages_per_second = 2'000;              // of a stranger; twice as many at once
    unsigned messages_per_second_known = 50'000;
    unsigned challenges_per_second = 100;  // unanswered ones, of a stranger; five times as many at once
    unsigned challenges_per_second_known = 10'000;
    std::size_t max_sources = 65'536;
  };

  SourceGuard(const Clock& clock, Random& random) : SourceGuard(clock, random, Limits{}) {}
  SourceGuard(const Clock& clock, Random& random, const Limits& limits);

  /// Before the parser, for every datagram and new connection: false: banned, or too much at once; say nothing.
  [[nodiscard]] bool admits(const IpAddress& address, TimePoint now);
  [[nodiscard]] bool banned(const IpAddress& address, TimePoint now) const { return bans_.banned(address, now); }
  void malformed(const IpAddress& address, TimePoint now);

  /// A request without credentials that asks for `name`: whether to challenge it. False: say nothing.
  [[nodiscard]] bool may_challenge(const IpAddress& address, std::string_view name, std::string_view user_agent,
                                   TimePoint now);
  /// A request that is answered without sign-in (OPTIONS): whether to.
  [[nodiscard]] bool may_probe(const IpAddress& address, std::string_view name, std::string_view user_agent,
                               TimePoint now);

  /// `client`: who stands behind a proxy that is never banned, as the proxy says: tries at an account count by that.
  [[nodiscard]] AccessGuard::Decision check(const IpAddress& address, std::string_view account, TimePoint now,
                                            const std::optional<IpAddress>& client = {}) const;
  /// `proven`: the source got a nonce of ours, or holds a connection: it is no forgery.
  void failure(const IpAddress& address, std::string_view account, bool proven, TimePoint now,
               const std::optional<IpAddress>& client = {});
  void success(const IpAddress& address, std::string_view account, TimePoint now,
               const std::optional<IpAddress>& client = {});

  [[nodiscard]] bool is_known(const IpAddress& address, TimePoint now) const;
  [[nodiscard]] BanList& bans() noexcept { return bans_; }
  [[nodiscard]] std::size_t sources() const;

 private:
  template <std::size_t N>
  struct Sketch {  // how many different names, about
    std::array<std::uint64_t, N / 64> bits{};
    unsigned set = 0;
    void add(std::string_view name);
    [[nodiscard]] double count() const;
  };
  struct Bucket {
    float tokens = 0;
    bool take(TimePoint now, TimePoint& filled, unsigned per_second, unsigned at_once);
  };
  struct Source {
    TimePoint last{}, known_until{}, window{}, slot{};
    TimePoint messages_filled{}, challenges_filled{};
    Bucket messages, challenges;
    unsigned wrong = 0, malformed = 0, named = 0;
    unsigned asked_before = 0, asked_now = 0, answered = 0;  // challenges
    bool hinted = false;
    Sketch<256> accounts;
    Sketch<512> names;
  };
  using Table = std::unordered_map<IpAddress, Source>;
  static constexpr std::size_t kShards = 16;

  [[nodiscard]] Guarded<Table>& shard(const IpAddress& source) {
    return shards_[std::hash<IpAddress>{}(source) % kShards];
  }
  [[nodiscard]] const Guarded<Table>& shard(const IpAddress& source) const {
    return shards_[std::hash<IpAddress>{}(source) % kShards];
  }
  Source& touch(Table& table, const IpAddress& source, TimePoint now) const;
  void asked(Source& source, std::string_view name, std::string_view user_agent, TimePoint now) const;
  [[nodiscard]] static std::optional<Offence> named_too_often(const Source& source, bool known);
  void punish(const IpAddress& address, Offence offence, TimePoint now);

  Limits limits_;
  AccessGuard access_;
  BanList bans_;
  std::array<GuardedShard<Table>, kShards> shards_;
};

/// Whether a User-Agent is one that scanners are known by: a hint and no more.
[[nodiscard]] bool looks_like_a_scanner(std::string_view user_agent) noexcept;

}  // namespace parley::pbx
