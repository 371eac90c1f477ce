#include <algorithm>

#include <base/metrics.hpp>
#include <pbx/ban_list.hpp>

namespace parley::pbx {
namespace {

constexpr auto kRemembered = std::chrono::hours(24);

std::optional<BanId> range_of(const std::vector<std::pair<IpRange, BanId>>& ranges, const IpAddress& address) {
  const auto found = std::ranges::find_if(ranges, [&](const auto& one) { return one.first.contains(address); });
  return found == ranges.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace

std::string_view to_string(Ban::Kind kind) noexcept { return kind == Ban::Kind::Ban ? "ban" : "allow"; }

BanList::BanList(const Clock& clock, Random& random, const Limits& limits)
    : clock_(clock), random_(random), limits_(limits) {}

void BanList::put(State& state, Held held) const {
  const auto id = held.ban.id;
  const auto& range = held.ban.range;
  if (held.ban.kind == Ban::Kind::Allow) {
    state.allowed.emplace_back(range, id);
  } else if (range.is_one_source()) {
    state.sources[range.first] = id;
  } else {
    state.ranges.emplace_back(range, id);
  }
  state.rows.insert_or_assign(id, std::move(held));
}

std::optional<BanList::Held> BanList::take(State& state, BanId id) {
  const auto found = state.rows.find(id);
  if (found == state.rows.end()) return std::nullopt;
  auto held = std::move(found->second);
  state.rows.erase(found);
  if (const auto source = state.sources.find(held.ban.range.first);
      source != state.sources.end() && source->second == id)
    state.sources.erase(source);
  std::erase_if(state.ranges, [&](const auto& one) { return one.second == id; });
  std::erase_if(state.allowed, [&](const auto& one) { return one.second == id; });
  return held;
}

void BanList::count(const State& state) {
  static auto& gauge = metrics::gauge("parley_sip_banned_addresses", "Addresses and ranges that are banned now");
  bans_.store(state.sources.size() + state.ranges.size(), std::memory_order_relaxed);
  gauge.set(static_cast<double>(state.sources.size() + state.ranges.size()));
}

void BanList::tell(const Ban& ban, Change change) const {
  if (on_change_) on_change_(ban, change);
}

void BanList::restore(std::vector<Ban> bans) {
  const auto now = clock_.now();
  const auto wall = clock_.wall();
  state_.with([&](State& state) {
    for (auto& ban : bans) {
      if (ban.until && *ban.until <= wall) continue;
      const auto until = ban.until ? now + (*ban.until - wall) : TimePoint::max();
      put(state, {std::move(ban), until});
    }
    count(state);
  });
}

bool BanList::banned(const IpAddress& address, TimePoint now) const {
  if (bans_.load(std::memory_order_relaxed) == 0) return false;
  return state_.with([&](const State& state) {
    const auto in_force = [&](BanId id) { return state.rows.at(id).until > now; };
    const auto source = state.sources.find(address.source_class());
    const auto range = range_of(state.ranges, address);
    if (!(source != state.sources.end() && in_force(source->second)) && !(range && in_force(*range))) return false;
    return !range_of(state.allowed, address);
  });
}

bool BanList::allowed(const IpAddress& address) const {
  return state_.with([&](const State& state) { return range_of(state.allowed, address).has_value(); });
}

std::optional<Ban> BanList::ban(const IpAddress& address, std::string_view reason, TimePoint now) {
  std::optional<Ban> made;
  std::optional<Ban> displaced;
  state_.with([&](State& state) {
    const auto range = IpRange::of_source(address);
    if (range_of(state.allowed, address) || state.sources.contains(range.first)) return;
    if (state.sources.size() >= limits_.most) {
      const auto first =
          std::ranges::min_element(state.sources, {}, [&](const auto& one) { return state.rows.at(one.second).until; });
      displaced = take(state, first->second)->ban;
    }
    std::erase_if(state.past, [&](const auto& one) { return now - one.second.last > kRemembered; });
    if (state.past.size() >= limits_.most) state.past.clear();
    auto& past = state.past[range.first];
    const auto length = std::min<Duration>(limits_.first * (1LL << std::min(past.times, 20U)), limits_.longest);
    ++past.times;
    past.last = now + length;
    Ban ban;
    ban.id = BanId::make(clock_, random_);
    ban.range = range;
    ban.reason = reason;
    ban.by = "parleyd";
    ban.since = clock_.wall();
    ban.until = ban.since + std::chrono::duration_cast<std::chrono::milliseconds>(length);
    put(state, {ban, now + length});
    count(state);
    made = std::move(ban);
  });
  if (displaced) tell(*displaced, Change::Expired);
  if (made) tell(*made, Change::Added);
  return made;
}

Result<Ban> BanList::add(Ban::Kind kind, const IpRange& asked, std::string reason, std::string by,
                         std::optional<Duration> lifetime, TimePoint now) {
  IpRange range = asked;
  if (kind == Ban::Kind::Ban && range.prefix == 0) return fail(Errc::Invalid, "that would ban everybody");
  if (range.first.v6 && range.prefix > 64) range = IpRange::of_source(range.first);  // as it is counted
  std::optional<Ban> replaced;
  auto made = state_.with([&](State& state) -> Result<Ban> {
    const auto same = std::ranges::find_if(
        state.rows, [&](const auto& one) { return one.second.ban.kind == kind && one.second.ban.range == range; });
    if (same != state.rows.end()) {
      replaced = take(state, same->first)->ban;
    } else if (state.ranges.size() + state.allowed.size() >= limits_.most_ranges || state.rows.size() >= limits_.most) {
      return fail(Errc::Full, "the list is full: remove entries first");
    }
    Ban ban;
    ban.id = BanId::make(clock_, random_);
    ban.kind = kind;
    ban.range = range;
    ban.reason = std::move(reason);
    ban.by = std::move(by);
    ban.since = clock_.wall();
    if (lifetime) ban.until = ban.since + std::chrono::duration_cast<std::chrono::milliseconds>(*lifetime);
    put(state, {ban, lifetime ? now + *lifetime : TimePoint::max()});
    count(state);
    return ban;
  });
  if (replaced) tell(*replaced, Change::Removed);
  if (made) tell(*made, Change::Added);
  return made;
}

Result<Ban> BanList::remove(BanId id) {
  auto held = state_.with([&](State& state) {
    auto taken = take(state, id);
    if (taken) state.past.erase(taken->ban.range.first);
    count(state);
    return taken;
  });
  if (!held) return fail(Errc::NotFound, "no such entry");
  tell(held->ban, Change::Removed);
  return held->ban;
}

void BanList::expire(TimePoint now) {
  std::vector<Ban> gone;
  state_.with([&](State& state) {
    std::vector<BanId> over;
    for (const auto& [id, held] : state.rows)
      if (held.until <= now) over.push_back(id);
    for (const auto id : over)
      if (auto held = take(state, id)) gone.push_back(std::move(held->ban));
    if (!over.empty()) count(state);
  });
  for (const auto& ban : gone) tell(ban, Change::Expired);
}

std::vector<Ban> BanList::list() const {
  std::vector<Ban> out;
  state_.with([&](const State& state) {
    for (const auto& [id, held] : state.rows) out.push_back(held.ban);
  });
  std::ranges::sort(out, std::ranges::greater{}, [](const Ban& ban) { return std::pair(ban.since, ban.id); });
  return out;
}

}  // namespace parley::pbx
