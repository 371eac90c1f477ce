#include <algorithm>

#include <pbx/trunk_board.hpp>

namespace parley::pbx {
namespace {
constexpr std::size_t kMaxBad = 64;  // servers of one trunk that are remembered as bad
}

std::string_view to_string(TrunkCondition condition) noexcept {
  switch (condition) {
    case TrunkCondition::Off: return "off";
    case TrunkCondition::Connecting: return "connecting";
    case TrunkCondition::Up: return "up";
    case TrunkCondition::Down: return "down";
    case TrunkCondition::Refused: break;
  }
  return "refused";
}

void TrunkBoard::set(TrunkId trunk, TrunkStatus status) {
  entries_.with([&](auto& all) { all[trunk].status = std::move(status); });
}

void TrunkBoard::set(TrunkId trunk, Way way) {
  entries_.with([&](auto& all) { all[trunk].way = std::move(way); });
}

void TrunkBoard::retain(const std::vector<TrunkId>& trunks) {
  entries_.with([&](auto& all) {
    std::erase_if(all, [&](const auto& entry) { return std::ranges::find(trunks, entry.first) == trunks.end(); });
  });
}

std::optional<TrunkStatus> TrunkBoard::status(TrunkId trunk) const {
  return entries_.with([&](const auto& all) -> std::optional<TrunkStatus> {
    const auto found = all.find(trunk);
    if (found == all.end()) return std::nullopt;
    auto out = found->second.status;
    out.calls = found->second.calls;
    return out;
  });
}

std::vector<Target> TrunkBoard::targets(TrunkId trunk, TimePoint now, Random& random) const {
  return entries_.with([&](const auto& all) -> std::vector<Target> {
    const auto found = all.find(trunk);
    if (found == all.end() || !found->second.way) return {};
    const auto& way = found->second.way;
    const auto& bad = found->second.bad;
    auto out = select_targets(way->place, way->reach, way->answers, random).targets;
    if (way->first)
      if (const auto first = std::ranges::find(out, *way->first); first != out.end())
        std::rotate(out.begin(), first, first + 1);
    std::vector<Target> last;
    std::erase_if(out, [&](const Target& target) {
      const auto until = bad.find({target.transport, target.remote});
      if (until == bad.end() || until->second <= now) return false;
      last.push_back(target);
      return true;
    });
    out.insert(out.end(), last.begin(), last.end());
    return out;
  });
}

void TrunkBoard::bad(TrunkId trunk, const Target& target, TimePoint until) {
  entries_.with([&](auto& all) {
    const auto found = all.find(trunk);
    if (found == all.end()) return;
    auto& bad = found->second.bad;
    if (bad.size() >= kMaxBad) bad.erase(std::ranges::min_element(bad, {}, [](const auto& one) { return one.second; }));
    bad[{target.transport, target.remote}] = until;
  });
}

void TrunkBoard::good(TrunkId trunk, const Target& target) {
  entries_.with([&](auto& all) {
    const auto found = all.find(trunk);
    if (found != all.end()) found->second.bad.erase({target.transport, target.remote});
  });
}

bool TrunkBoard::has_server(TrunkId trunk, const IpAddress& address) const {
  return entries_.with([&](const auto& all) {
    const auto found = all.find(trunk);
    if (found == all.end() || !found->second.way) return false;
    const auto& way = *found->second.way;
    if (way.first && way.first->remote.address == address) return true;
    if (const auto literal = IpAddress::parse(way.place.host)) return *literal == address;
    return std::ranges::any_of(way.answers, [&](const auto& entry) {
      const auto type = entry.first.type;
      return (type == net::DnsType::A || type == net::DnsType::Aaaa) &&
             std::ranges::any_of(entry.second.records, [&](const auto& record) { return record.address == address; });
    });
  });
}

TrunkChannel TrunkBoard::take_channel(TrunkId trunk, unsigned most) {
  const bool taken = entries_.with([&](auto& all) {
    const auto found = all.find(trunk);
    if (found == all.end() || (most != 0 && found->second.calls >= most)) return false;
    ++found->second.calls;
    return true;
  });
  if (!taken) return nullptr;
  return {this, [trunk](TrunkBoard* board) { board->release_channel(trunk); }};
}

void TrunkBoard::release_channel(TrunkId trunk) {
  entries_.with([&](auto& all) {
    const auto found = all.find(trunk);
    if (found != all.end() && found->second.calls > 0) --found->second.calls;
  });
}

}  // namespace parley::pbx
