#include <algorithm>
#include <bit>
#include <cmath>
#include <optional>
#include <vector>

#include <base/metrics.hpp>
#include <pbx/source_guard.hpp>
#include <sip/scan.hpp>

namespace parley::pbx {
namespace {

/// How much of each offence within the window bans a stranger, and a known source (0: never).
struct Rule {
  Offence offence;
  std::string_view name;
  unsigned stranger, known;
};
constexpr unsigned kHinted = 10;  // a scanner's name: suspicion comes so much sooner
constexpr Rule kRules[] = {
    {Offence::WrongCredentials, "wrong credentials", 30, 120}, {Offence::ManyAccounts, "many accounts", 12, 40},
    {Offence::Unanswered, "unanswered challenges", 100, 0},    {Offence::Sweep, "sweep", 100, 0},
    {Offence::Malformed, "malformed messages", 1000, 0},       {Offence::Scanner, "scanner", 3 * kHinted, 0},
};

constexpr std::string_view kScanners[] = {"friendly-scanner",
                                          "friendly-request",
                                          "sipvicious",
                                          "sipcli",
                                          "sip-scan",
                                          "sundayddr",
                                          "vaxsip",
                                          "pplsip",
                                          "iwar",
                                          "sivus",
                                          "smap",
                                          "sipscan",
                                          "svwar",
                                          "svmap",
                                          "svcrack",
                                          "sipptk"};

const Rule& rule_of(Offence offence) { return *std::ranges::find(kRules, offence, &Rule::offence); }

/// Whether `amount` is beyond what a source of that kind may do.
bool beyond(Offence offence, double amount, bool known, bool hinted) {
  const auto& rule = rule_of(offence);
  const auto limit = known ? rule.known : rule.stranger / (hinted ? kHinted : 1);
  return limit > 0 && amount >= limit;
}

std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 14695981039346656037U;
  for (const char c : text.substr(0, 256)) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  return hash ^ hash >> 29;
}

struct Counters {
  metrics::Counter& throttled =
      metrics::counter("parley_sip_dropped_total", "Messages dropped", {{"reason", "too_many_of_source"}});
  metrics::Counter& unchallenged =
      metrics::counter("parley_sip_dropped_total", "Messages dropped", {{"reason", "unanswered_challenges"}});
  metrics::Counter& hinted = metrics::counter("parley_sip_dropped_total", "Messages dropped", {{"reason", "scanner"}});
};
Counters& counters() {
  static Counters made;
  return made;
}

AccessGuard::Limits accounts_only(AccessGuard::Limits limits) {
  limits.address_limit = ~0U;  // whole sources are the business of SourceGuard
  return limits;
}

}  // namespace

std::string_view to_string(Offence offence) noexcept { return rule_of(offence).name; }

bool looks_like_a_scanner(std::string_view user_agent) noexcept {
  const auto starts = [&](std::string_view name) {
    return user_agent.size() >= name.size() && sip::scan::iequals(user_agent.substr(0, name.size()), name);
  };
  return std::ranges::any_of(kScanners, starts);
}

template <std::size_t N>
void SourceGuard::Sketch<N>::add(std::string_view name) {
  const auto bit = hash_of(name) % N;
  auto& word = bits[bit / 64];
  const auto mask = std::uint64_t{1} << bit % 64;
  if ((word & mask) != 0) return;
  word |= mask;
  ++set;
}

template <std::size_t N>
double SourceGuard::Sketch<N>::count() const {  // linear counting (Whang 1990)
  const auto clear = std::max(1.0, static_cast<double>(N - set));
  return -static_cast<double>(N) * std::log(clear / static_cast<double>(N));
}

bool SourceGuard::Bucket::take(TimePoint now, TimePoint& filled, unsigned per_second, unsigned at_once) {
  if (filled == TimePoint{}) {
    tokens = static_cast<float>(at_once);
  } else {
    const auto seconds = std::chrono::duration<float>(now - filled).count();
    tokens = std::min(static_cast<float>(at_once), tokens + seconds * static_cast<float>(per_second));
  }
  filled = now;
  if (tokens < 1) return false;
  tokens -= 1;
  return true;
}

SourceGuard::SourceGuard(const Clock& clock, Random& random, const Limits& limits)
    : limits_(limits), access_(accounts_only(limits.access)), bans_(clock, random, limits.bans) {}

SourceGuard::Source& SourceGuard::touch(Table& table, const IpAddress& address, TimePoint now) const {
  const auto found = table.find(address);
  if (found == table.end() && table.size() >= std::max<std::size_t>(1, limits_.max_sources / kShards)) {
    // The quietest quarter goes; strangers before those that somebody signed in from.
    const auto rank = [now](const Source& one) { return std::pair(one.known_until > now, one.last); };
    std::vector<std::pair<bool, TimePoint>> ranks;
    ranks.reserve(table.size());
    for (const auto& [key, one] : table) ranks.push_back(rank(one));
    const auto quarter = ranks.begin() + static_cast<std::ptrdiff_t>(ranks.size() / 4);
    std::ranges::nth_element(ranks, quarter);
    const auto limit = *quarter;
    std::erase_if(table, [&](const auto& one) { return rank(one.second) <= limit; });
  }
  Source& source = found == table.end() ? table[address] : found->second;
  source.last = now;
  if (source.window == TimePoint{} || now - source.window > limits_.window) {
    source.window = now;
    source.wrong = source.malformed = source.named = source.asked_before = source.answered = 0;
    source.hinted = false;
    source.accounts = {};
    source.names = {};
  }
  return source;
}

void SourceGuard::punish(const IpAddress& address, Offence offence, TimePoint now) {
  metrics::counter("parley_sip_offences_total", "Sources that went beyond a limit", {{"kind", to_string(offence)}})
      .add();
  bans_.ban(address, to_string(offence), now);
}

bool SourceGuard::admits(const IpAddress& address, TimePoint now) {
  if (bans_.banned(address, now)) return false;
  const auto key = address.source_class();
  const bool room = shard(key).with([&](Table& table) {
    auto& source = touch(table, key, now);
    const auto rate = source.known_until > now ? limits_.messages_per_second_known : limits_.messages_per_second;
    return source.messages.take(now, source.messages_filled, rate, 2 * rate);
  });
  if (room || bans_.allowed(address)) return true;
  counters().throttled.add();
  return false;
}

void SourceGuard::malformed(const IpAddress& address, TimePoint now) {
  const auto key = address.source_class();
  const bool over = shard(key).with([&](Table& table) {
    auto& source = touch(table, key, now);
    return beyond(Offence::Malformed, ++source.malformed, source.known_until > now, source.hinted);
  });
  if (over) punish(address, Offence::Malformed, now);
}

void SourceGuard::asked(Source& source, std::string_view name, std::string_view user_agent, TimePoint now) const {
  source.names.add(name);
  const bool named = looks_like_a_scanner(user_agent);
  source.hinted = source.hinted || named;
  source.named += named;
  if (now - source.slot >= limits_.answer_within) {
    source.asked_before += std::exchange(source.asked_now, 0U);
    source.slot = now;
  }
}

std::optional<Offence> SourceGuard::named_too_often(const Source& source, bool known) {
  return beyond(Offence::Scanner, source.named, known, true) ? std::optional(Offence::Scanner) : std::nullopt;
}

bool SourceGuard::may_challenge(const IpAddress& address, std::string_view name, std::string_view user_agent,
                                TimePoint now) {
  const auto key = address.source_class();
  bool room = false;
  const auto offence = shard(key).with([&](Table& table) -> std::optional<Offence> {
    auto& source = touch(table, key, now);
    asked(source, name, user_agent, now);
    ++source.asked_now;
    const bool known = source.known_until > now;
    const auto rate = known ? limits_.challenges_per_second_known : limits_.challenges_per_second;
    room = source.challenges.take(now, source.challenges_filled, rate, 5 * rate);
    const auto due = source.asked_before + (source.hinted ? source.asked_now : 0U);  // no patience with some
    const auto overdue = due - std::min(due, source.answered);
    const bool over =
        beyond(Offence::Unanswered, std::min<double>(overdue, source.names.count()), known, source.hinted);
    return over ? Offence::Unanswered : named_too_often(source, known);
  });
  if (room && !offence) return true;
  if (bans_.allowed(address)) return true;
  if (offence) punish(address, *offence, now);
  counters().unchallenged.add();
  return false;
}

bool SourceGuard::may_probe(const IpAddress& address, std::string_view name, std::string_view user_agent,
                            TimePoint now) {
  const auto key = address.source_class();
  bool hinted = false;
  const auto offence = shard(key).with([&](Table& table) -> std::optional<Offence> {
    auto& source = touch(table, key, now);
    asked(source, name, user_agent, now);
    const bool known = source.known_until > now;
    hinted = !known && looks_like_a_scanner(user_agent);
    const bool over = beyond(Offence::Sweep, source.names.count(), known, source.hinted);
    return over ? Offence::Sweep : named_too_often(source, known);
  });
  if ((!offence && !hinted) || bans_.allowed(address)) return true;
  if (offence) punish(address, *offence, now);
  if (hinted) counters().hinted.add();
  return false;
}

AccessGuard::Decision SourceGuard::check(const IpAddress& address, std::string_view account, TimePoint now,
                                         const std::optional<IpAddress>& client) const {
  return access_.check(client.value_or(address).source_class(), account, now);
}

void SourceGuard::failure(const IpAddress& address, std::string_view account, bool proven, TimePoint now,
                          const std::optional<IpAddress>& client) {
  const auto key = address.source_class();
  const auto who = client.value_or(address).source_class();
  const bool theirs = access_.is_known(who, account);  // a telephone of this house that was given another password
  access_.failure(who, account, now);
  const auto offence = shard(key).with([&](Table& table) -> std::optional<Offence> {
    auto& source = touch(table, key, now);
    ++source.answered;
    const bool known = source.known_until > now;
    if (theirs || (known && !proven)) return std::nullopt;
    source.accounts.add(account);
    if (beyond(Offence::WrongCredentials, ++source.wrong, known, source.hinted)) return Offence::WrongCredentials;
    if (beyond(Offence::ManyAccounts, std::round(source.accounts.count()), known, source.hinted))
      return Offence::ManyAccounts;
    return std::nullopt;
  });
  if (offence) punish(address, *offence, now);
}

void SourceGuard::success(const IpAddress& address, std::string_view account, TimePoint now,
                          const std::optional<IpAddress>& client) {
  const auto key = address.source_class();
  access_.success(client.value_or(address).source_class(), account, now);
  shard(key).with([&](Table& table) {
    auto& source = touch(table, key, now);
    source.known_until = now + limits_.known_for;
    ++source.answered;
    source.challenges.tokens += 1;  // the challenge was no reflection
  });
}

bool SourceGuard::is_known(const IpAddress& address, TimePoint now) const {
  const auto key = address.source_class();
  return shard(key).with([&](const Table& table) {
    const auto found = table.find(key);
    return found != table.end() && found->second.known_until > now;
  });
}

std::size_t SourceGuard::sources() const {
  std::size_t count = 0;
  for (const auto& one : shards_) count += one.with([](const Table& table) { return table.size(); });
  return count;
}

}  // namespace parley::pbx
