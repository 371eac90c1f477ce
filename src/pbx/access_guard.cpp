#include <algorithm>
#include <vector>

#include <pbx/access_guard.hpp>

namespace parley::pbx {
namespace {

constexpr std::size_t kLongestAccount = 64;  // longer names share their first signs: a bound, not a rule

std::string pair_key(const IpAddress& address, std::string_view account) {
  return std::string(account.substr(0, kLongestAccount)) + '\n' + address.source_class().text();
}

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

AccessGuard::Count& AccessGuard::touch(Table& table, std::string key, TimePoint now) const {
  make_room(table, limits_.max_entries);
  auto& count = table[std::move(key)];
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
  return tables_.with([&](const Tables& tables) -> Decision {
    if (const auto found = tables.addresses.find(address.source_class());
        found != tables.addresses.end() && found->second.until > now)
      return {Verdict::Banned, found->second.until - now};
    const auto key = pair_key(address, account);
    if (const auto found = tables.pairs.find(key); found != tables.pairs.end() && found->second.until > now)
      return {Verdict::BackOff, found->second.until - now};
    const auto all = tables.accounts.find(std::string(account.substr(0, kLongestAccount)));
    if (all != tables.accounts.end() && all->second.failures >= limits_.account_limit &&
        now - all->second.first <= limits_.window && !tables.known.contains(key))
      return {Verdict::BackOff, all->second.first + limits_.window - now};
    return {};
  });
}

bool AccessGuard::failure(const IpAddress& address, std::string_view account, TimePoint now) {
  return tables_.with([&](Tables& tables) {
    auto& pair = touch(tables.pairs, pair_key(address, account), now);
    if (++pair.failures >= limits_.free_attempts) {
      const auto doublings = std::min(pair.failures - limits_.free_attempts, 20U);
      pair.until = now + std::min<Duration>(std::chrono::seconds(1) * (1LL << doublings), limits_.longest_backoff);
    }
    ++touch(tables.accounts, std::string(account.substr(0, kLongestAccount)), now).failures;

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
  tables_.with([&](Tables& tables) {
    const auto key = pair_key(address, account);
    tables.pairs.erase(key);
    make_room(tables.known, limits_.max_entries);
    tables.known[key].last = now;
  });
}

bool AccessGuard::is_known(const IpAddress& address, std::string_view account) const {
  return tables_.with([&](const Tables& tables) { return tables.known.contains(pair_key(address, account)); });
}

std::size_t AccessGuard::bans(TimePoint now) const {
  return tables_.with([&](const Tables& tables) {
    return static_cast<std::size_t>(
        std::ranges::count_if(tables.addresses, [&](const auto& entry) { return entry.second.until > now; }));
  });
}

}  // namespace parley::pbx
