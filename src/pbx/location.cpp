#include <algorithm>

#include <pbx/location.hpp>

namespace parley::pbx {
namespace {

bool is_older(const Binding& held, std::string_view call_id, std::uint32_t cseq) {
  return held.call_id == call_id && cseq <= held.cseq;
}

}  // namespace

Result<LocationTable::Change> LocationTable::bind(Binding binding) {
  return shard(binding.extension).with([&](Shard& map) -> Result<Change> {
    auto& held = map[binding.extension];
    const auto same = std::ranges::find_if(
        held, [&](const Binding& b) { return b.device == binding.device && b.contact == binding.contact; });
    if (same != held.end()) {
      if (is_older(*same, binding.call_id, binding.cseq)) return fail(Errc::Conflict, "an older request came late");
      *same = std::move(binding);
      return Change::Refreshed;
    }
    const auto of_device = std::ranges::count_if(held, [&](const Binding& b) { return b.device == binding.device; });
    if (static_cast<std::size_t>(of_device) >= kMaxPerDevice || held.size() >= kMaxPerExtension)
      return fail(Errc::Limited, "too many contacts are registered");
    held.push_back(std::move(binding));
    return Change::Added;
  });
}

Result<Binding> LocationTable::unbind(ExtensionId extension, DeviceId device, std::string_view contact,
                                      std::string_view call_id, std::uint32_t cseq) {
  return shard(extension).with([&](Shard& map) -> Result<Binding> {
    const auto found = map.find(extension);
    if (found == map.end()) return fail(Errc::NotFound, "no such contact");
    auto& held = found->second;
    const auto same =
        std::ranges::find_if(held, [&](const Binding& b) { return b.device == device && b.contact == contact; });
    if (same == held.end()) return fail(Errc::NotFound, "no such contact");
    if (is_older(*same, call_id, cseq)) return fail(Errc::Conflict, "an older request came late");
    Binding gone = std::move(*same);
    held.erase(same);
    if (held.empty()) map.erase(found);
    return gone;
  });
}

template <class Pred>
std::vector<Binding> LocationTable::remove_if(Pred&& gone) {
  std::vector<Binding> removed;
  for (auto& guarded : shards_) {
    guarded.with([&](Shard& map) {
      for (auto it = map.begin(); it != map.end();) {
        auto& held = it->second;
        for (auto b = held.begin(); b != held.end();) {
          if (gone(*b)) {
            removed.push_back(std::move(*b));
            b = held.erase(b);
          } else {
            ++b;
          }
        }
        it = held.empty() ? map.erase(it) : std::next(it);
      }
    });
  }
  return removed;
}

std::vector<Binding> LocationTable::unbind_all(ExtensionId extension, DeviceId device) {
  std::vector<Binding> removed;
  shard(extension).with([&](Shard& map) {
    const auto found = map.find(extension);
    if (found == map.end()) return;
    std::erase_if(found->second, [&](Binding& b) {
      if (b.device != device) return false;
      removed.push_back(b);
      return true;
    });
    if (found->second.empty()) map.erase(found);
  });
  return removed;
}

std::vector<Binding> LocationTable::drop_connection(std::uint64_t connection) {
  if (connection == 0) return {};
  return remove_if([&](const Binding& b) { return b.flow.connection == connection; });
}

std::vector<Binding> LocationTable::retain(const std::function<bool(const Binding&)>& keep) {
  return remove_if([&](const Binding& b) { return !keep(b); });
}

std::vector<Binding> LocationTable::expire(TimePoint now) {
  return remove_if([&](const Binding& b) { return b.expires <= now; });
}

std::vector<Binding> LocationTable::of_extension(ExtensionId extension, TimePoint now) const {
  std::vector<Binding> out;
  shard(extension).with([&](const Shard& map) {
    const auto found = map.find(extension);
    if (found == map.end()) return;
    std::ranges::copy_if(found->second, std::back_inserter(out), [&](const Binding& b) { return b.expires > now; });
  });
  return out;
}

std::vector<Binding> LocationTable::of_device(ExtensionId extension, DeviceId device, TimePoint now) const {
  auto out = of_extension(extension, now);
  std::erase_if(out, [&](const Binding& b) { return b.device != device; });
  return out;
}

std::vector<Binding> LocationTable::of_organisation(OrganisationId organisation, TimePoint now) const {
  auto out = all(now);
  std::erase_if(out, [&](const Binding& b) { return b.organisation != organisation; });
  return out;
}

std::vector<Binding> LocationTable::all(TimePoint now) const {
  std::vector<Binding> out;
  for (const auto& guarded : shards_)
    guarded.with([&](const Shard& map) {
      for (const auto& [id, held] : map)
        std::ranges::copy_if(held, std::back_inserter(out), [&](const Binding& b) { return b.expires > now; });
    });
  return out;
}

std::size_t LocationTable::size() const {
  std::size_t count = 0;
  for (const auto& guarded : shards_)
    guarded.with([&](const Shard& map) {
      for (const auto& [id, held] : map) count += held.size();
    });
  return count;
}

}  // namespace parley::pbx
