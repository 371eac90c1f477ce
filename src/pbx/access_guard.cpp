#include <algorithm>
#include <vector>

#include <pbx/access_guard.hpp>

namespace parley::pbx {
namespace {

constexpr std::size_t kLongestAccount = 64;  // longer names share their first signs: a bound, not a rule

std::string_view short_name(std::string_view account) { return account.substr(0, kLongestAccount); }

/// Drops the oldest quarter of a table that has reached its bound.
template <class Table>
void make_room(Table& table, std::size_t limit) {
  if (table.size() < limit) return;
  std::vector<TimePoint> times;
  times.reserve(table.size());
  for (const auto& [key, count] : table) times.push_back(count.last);
  const auto quarter = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 4);
  std::ranges::nth_element(times, quarter);
  const auto before = *quarter;
  std::erase_if(table, [&](const auto& entry) { return entry.second.last <= before; });
}

}  // namespace

template <class Key, class View>
AccessGuard::Count& AccessGuard::touch(Table<Key>& table, const View& key, TimePoint now) const {
  auto found = table.find(key);
  if (found == table.end()) {
    make_room(table, limits_.max_entries);
    found = table.emplace(Key(key), Count{}).first;
  }
  auto& count = found->second;
  if (count.failures == 0 || now - count.first > limits_.window) {
    count.failures = 0;
    count.first = now;
  }
  count.last = now;
  return count;
}

bool AccessGuard::banned(const IpAddress& address, TimePoint now) const {
  return tables_.with([&](const Tables& tables) {
    const auto found = tables.addresses.find(address.source_class());
    return found != tables.addresses.end() && found->second.until > now;
  });
}

AccessGuard::Decision AccessGuard::check(const IpAddress& address, std::string_view account, TimePoint now) const {
  const auto from = address.source_class();
  const PairView pair{from, short_name(account)};
  return tables_.with([&](const Tables& tables) -> Decision {
    if (tables.accounts.empty()) return {};  // nobody has failed of late: nothing below can be
    if (const auto found = tables.addresses.find(from); found != tables.addresses.end() && found->second.until > now)
      return {Verdict::Banned, found->second.until - now};
    if (const auto found = tables.pairs.find(pair); found != tables.pairs.end() && found->second.until > now)
      return {Verdict::BackOff, found->second.until - now};
    const auto all = tables.accounts.find(pair.account);
    if (all != tables.accounts.end() && all->second.failures >= limits_.account_limit &&
        now - all->second.first <= limits_.window && !tables.known.contains(pair))
      return {Verdict::BackOff, all->second.first + limits_.window - now};
    return {};
  });
}

bool AccessGuard::failure(const IpAddress& address, std::string_view account, TimePoint now) {
  return tables_.with([&](Tables& tables) {
    auto& pair = touch(tables.pairs, PairView{address.source_class(), short_name(account)}, now);
    if (++pair.failures >= limits_.free_attempts) {
      const auto doublings = std::min(pair.failures - limits_.free_attempts, 20U);
      pair.until = now + std::min<Duration>(std::chrono::seconds(1) * (1LL << doublings), limits_.longest_backoff);
    }
    ++touch(tables.accounts, short_name(account), now).failures;

    make_room(tables.addresses, limits_.max_entries);
    auto& from = tables.addresses[address.source_class()];
    if (from.failures == 0 || now - from.first > limits_.window) {
      from.failures = 0;
      from.first = now;
    }
    from.last = now;
    if (++from.failures < limits_.address_limit) return false;
    from.until = now + limits_.ban;
    from.failures = 0;
    return true;
  });
}

void AccessGuard::success(const IpAddress& address, std::string_view account, TimePoint now) {
  const PairView pair{address.source_class(), short_name(account)};
  tables_.with([&](Tables& tables) {
    if (const auto failed = tables.pairs.find(pair); failed != tables.pairs.end()) tables.pairs.erase(failed);
    (void)touch(tables.known, pair, now);
  });
}

bool AccessGuard::is_known(const IpAddress& address, std::string_view account) const {
  const PairView pair{address.source_class(), short_name(account)};
  return tables_.with([&](const Tables& tables) { return tables.known.contains(pair); });
}

std::size_t AccessGuard::bans(TimePoint now) const {
  return tables_.with([&](const Tables& tables) {
    return static_cast<std::size_t>(
        std::ranges::count_if(tables.addresses, [&](const auto& entry) { return entry.second.until > now; }));
  });
}

}  // namespace parley::pbx
