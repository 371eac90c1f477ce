#include <algorithm>
#include <tuple>

#include <pbx/location.hpp>
#include <sip/headers.hpp>
#include <sip/reconnect.hpp>
#include <sip/uri.hpp>

namespace parley::pbx {
namespace {

bool same_uri(std::string_view a, std::string_view b) {
  if (a == b) return true;
  const auto first = sip::parse_uri(a), second = sip::parse_uri(b);
  return first && second && sip::equivalent(*first, *second);
}

/// Where requests go first: the nearest hop of the path, else the contact.
std::optional<sip::Flow> new_way_to(const Binding& binding) {
  if (binding.reg_id != 0) return std::nullopt;  // its flow or none (RFC 5626 §5.3)
  if (!binding.path.empty()) {
    const auto hop = sip::parse_name_addr(binding.path.front());
    return hop ? sip::reconnect_to(hop->uri, binding.flow) : std::nullopt;
  }
  const auto uri = sip::parse_uri(binding.contact);
  return uri ? sip::reconnect_to(*uri, binding.flow) : std::nullopt;
}

}  // namespace

std::string key_of(const Binding& binding) {
  if (binding.reg_id == 0) return binding.contact;
  return binding.instance + ";reg-id=" + std::to_string(binding.reg_id);
}

// ---- packed ----

LocationTable::Packed::Packed(const Binding& b)
    : organisation(b.organisation),
      device(b.device),
      flow(b.flow),
      expires(b.expires),
      refreshed(b.refreshed),
      expires_wall(b.expires_wall),
      kept_until(b.expires_wall),
      cseq(b.cseq),
      reg_id(b.reg_id),
      q(b.q),
      flow_gone(b.flow_gone) {
  std::size_t size = b.contact.size() + b.call_id.size() + b.user_agent.size() + b.instance.size() + 3;
  for (const auto& hop : b.path) size += hop.size() + 1;
  text_size = static_cast<std::uint32_t>(size);
  texts = std::make_unique_for_overwrite<char[]>(size);  // NOLINT: no byte more than is needed
  auto* end = std::ranges::copy(b.contact, texts.get()).out;
  const auto line = [&end](const std::string& text) {
    *end++ = '\n';
    end = std::ranges::copy(text, end).out;
  };
  line(b.call_id), line(b.user_agent), line(b.instance);
  for (const auto& hop : b.path) line(hop);
}

std::string_view LocationTable::Packed::call_id() const {
  const auto rest = text().substr(contact().size() + 1);
  return rest.substr(0, rest.find('\n'));
}

std::string_view LocationTable::Packed::behind_call_id() const {
  return text().substr(contact().size() + 1 + call_id().size());
}

bool LocationTable::Packed::is_merely_later(const Packed& now) const {
  return flow == now.flow && contact() == now.contact() && behind_call_id() == now.behind_call_id() && q == now.q &&
         reg_id == now.reg_id && !flow_gone;
}

Binding LocationTable::Packed::unpack(ExtensionId extension) const {
  Binding b;
  b.organisation = organisation;
  b.extension = extension;
  b.device = device;
  b.flow = flow;
  b.expires = expires;
  b.refreshed = refreshed;
  b.expires_wall = expires_wall;
  b.cseq = cseq;
  b.reg_id = reg_id;
  b.q = q;
  b.flow_gone = flow_gone;
  auto rest = text();
  bool more = true;
  const auto line = [&] {
    const auto end = rest.find('\n');
    const auto part = rest.substr(0, end);
    more = end != std::string_view::npos;
    rest.remove_prefix(more ? end + 1 : rest.size());
    return std::string(part);
  };
  b.contact = line();
  b.call_id = line();
  b.user_agent = line();
  b.instance = line();
  while (more) b.path.push_back(line());
  return b;
}

// ---- changes ----

LocationTable::Held::iterator LocationTable::meant(Held& held, const Binding& wanted) {
  return std::ranges::find_if(held, [&](const Packed& one) {
    if (one.device != wanted.device) return false;
    if (wanted.reg_id != 0 && one.reg_id != 0)
      return one.reg_id == wanted.reg_id && one.unpack({}).instance == wanted.instance;
    return same_uri(one.contact(), wanted.contact);
  });
}

Result<void> LocationTable::judge(Held& held, const Update& update) {
  const auto older = [&](const Packed& one) { return update.cseq <= one.cseq && one.call_id() == update.call_id; };
  const auto late = fail(Errc::Conflict, "an older request came late");
  if (update.all &&
      std::ranges::any_of(held, [&](const Packed& one) { return one.device == update.device && older(one); }))
    return late;
  std::size_t fresh = 0;
  for (const auto* list : {&update.bind, &update.unbind})
    for (const auto& wanted : *list) {
      const auto same = meant(held, wanted);
      if (same != held.end() && older(*same)) return late;
      if (same == held.end() && list == &update.bind) ++fresh;
    }
  if (fresh == 0) return {};
  const auto of_device = std::ranges::count_if(held, [&](const Packed& one) { return one.device == update.device; });
  if (static_cast<std::size_t>(of_device) + fresh > kMaxPerDevice || held.size() + fresh > kMaxPerExtension)
    return fail(Errc::Limited, "too many contacts are registered");
  return {};
}

LocationTable::Change LocationTable::put(Held& held, const Binding& wanted, std::vector<Binding>& replaced) {
  Packed fresh(wanted);
  const auto same = meant(held, wanted);
  if (same == held.end()) {
    held.push_back(std::move(fresh));
    return Change::Added;
  }
  auto change = Change::Moved;
  if (same->is_merely_later(fresh)) {
    const auto behind = fresh.expires_wall - same->kept_until;
    const bool hardly = behind >= behind.zero() && behind * kRowMayLag <= wanted.expires - wanted.refreshed;
    change = hardly ? Change::Repeated : Change::Refreshed;
    if (hardly) fresh.kept_until = same->kept_until;
  } else if (auto before = same->unpack(wanted.extension); key_of(before) != key_of(wanted)) {
    replaced.push_back(std::move(before));
  }
  *same = std::move(fresh);
  return change;
}

Result<LocationTable::Applied> LocationTable::apply(Update update) {
  auto applied = shard(update.extension).with([&](Shard& map) -> Result<Applied> {
    auto& held = map.extensions[update.extension];
    Applied done;
    const auto judged = judge(held, update);
    if (judged) {
      const auto take = [&](Held::iterator one) {
        done.removed.push_back(one->unpack(update.extension));
        return held.erase(one);
      };
      if (update.all)
        for (auto it = held.begin(); it != held.end();) it = it->device == update.device ? take(it) : std::next(it);
      for (const auto& wanted : update.unbind)
        if (const auto same = meant(held, wanted); same != held.end()) take(same);
      for (auto& wanted : update.bind) {
        const auto change = put(held, wanted, done.replaced);
        map.earliest = std::min(map.earliest, wanted.expires);
        done.bound.emplace_back(std::move(wanted), change);
      }
      done.of_device = static_cast<std::size_t>(
          std::ranges::count_if(held, [&](const Packed& one) { return one.device == update.device; }));
    }
    if (held.empty()) map.extensions.erase(update.extension);
    if (!judged) return std::unexpected(judged.error());
    return done;
  });
  if (applied)
    for (const auto& [binding, change] : applied->bound) note_connection(binding);
  return applied;
}

Result<LocationTable::Change> LocationTable::bind(Binding binding) {
  const bool stream = sip::is_reliable(binding.flow.transport);
  if (stream && binding.flow.connection == 0 && !binding.flow_gone) {
    if (const auto anew = new_way_to(binding)) {
      binding.flow = *anew;
    } else {
      binding.flow_gone = true;
    }
  }
  const auto extension = binding.extension;
  const auto device = binding.device;
  const auto call_id = binding.call_id;
  const auto cseq = binding.cseq;
  Update update{extension, device, call_id, cseq, false, {}, {}};
  update.bind.push_back(std::move(binding));
  auto applied = apply(std::move(update));
  if (!applied) return std::unexpected(applied.error());
  return applied->bound.front().second;
}

void LocationTable::note_connection(const Binding& binding) {
  if (binding.flow.connection == 0) return;
  by_connection_.with([&](auto& map) {
    const auto [first, last] = map.equal_range(binding.flow.connection);
    if (std::any_of(first, last, [&](const auto& one) { return one.second == binding.extension; })) return;
    map.emplace(binding.flow.connection, binding.extension);
  });
}

template <class Pred>
std::vector<Binding> LocationTable::remove_if(Guarded<Shard>& guarded, Pred&& gone) {
  std::vector<Binding> removed;
  guarded.with([&](Shard& map) {
    map.earliest = TimePoint::max();
    for (auto it = map.extensions.begin(); it != map.extensions.end();) {
      auto& held = it->second;
      for (auto one = held.begin(); one != held.end();) {
        if (gone(it->first, *one)) {
          removed.push_back(one->unpack(it->first));
          one = held.erase(one);
        } else {
          map.earliest = std::min(map.earliest, one->expires);
          ++one;
        }
      }
      it = held.empty() ? map.extensions.erase(it) : std::next(it);
    }
  });
  return removed;
}

std::vector<Binding> LocationTable::drop_connection(std::uint64_t connection) {
  if (connection == 0) return {};
  std::vector<ExtensionId> extensions;
  by_connection_.with([&](auto& map) {
    const auto [first, last] = map.equal_range(connection);
    for (auto it = first; it != last; ++it) extensions.push_back(it->second);
    map.erase(connection);
  });
  std::vector<Binding> removed;
  for (const auto extension : extensions)
    shard(extension).with([&](Shard& map) {
      const auto found = map.extensions.find(extension);
      if (found == map.extensions.end()) return;
      std::erase_if(found->second, [&](Packed& one) {
        if (one.flow.connection != connection) return false;
        auto binding = one.unpack(extension);
        if (const auto anew = new_way_to(binding)) {
          one.flow = *anew;
          return false;
        }
        removed.push_back(std::move(binding));
        return true;
      });
      if (found->second.empty()) map.extensions.erase(found);
    });
  return removed;
}

std::vector<Binding> LocationTable::drop_flow(const Binding& binding) {
  std::vector<Binding> removed;
  shard(binding.extension).with([&](Shard& map) {
    const auto found = map.extensions.find(binding.extension);
    if (found == map.extensions.end()) return;
    const auto same = meant(found->second, binding);
    if (same == found->second.end() || same->refreshed != binding.refreshed) return;  // registered again meanwhile
    removed.push_back(same->unpack(binding.extension));
    found->second.erase(same);
    if (found->second.empty()) map.extensions.erase(found);
  });
  return removed;
}

std::vector<Binding> LocationTable::retain(const std::function<bool(const Binding&)>& keep) {
  std::vector<Binding> removed;
  for (auto& guarded : shards_)
    std::ranges::move(remove_if(guarded, [&](ExtensionId id, const Packed& one) { return !keep(one.unpack(id)); }),
                      std::back_inserter(removed));
  return removed;
}

std::vector<Binding> LocationTable::expire(TimePoint now) {
  std::vector<Binding> removed;
  for (auto& guarded : shards_) {
    if (guarded.with([&](const Shard& map) { return map.earliest > now; })) continue;
    std::ranges::move(remove_if(guarded, [&](ExtensionId, const Packed& one) { return one.expires <= now; }),
                      std::back_inserter(removed));
  }
  return removed;
}

// ---- questions ----

LocationTable::Place LocationTable::Place::next() && {
  Place place{std::move(others.front()), std::move(others)};
  place.others.erase(place.others.begin());
  return place;
}

std::vector<Binding> LocationTable::of_extension(ExtensionId extension, TimePoint now) const {
  std::vector<Binding> out;
  shard(extension).with([&](const Shard& map) {
    const auto found = map.extensions.find(extension);
    if (found == map.extensions.end()) return;
    for (const auto& one : found->second)
      if (one.expires > now) out.push_back(one.unpack(extension));
  });
  return out;
}

std::vector<LocationTable::Place> LocationTable::places(ExtensionId extension, TimePoint now) const {
  auto bindings = of_extension(extension, now);
  std::erase_if(bindings, [](const Binding& b) { return b.flow_gone; });
  std::ranges::sort(bindings, [](const Binding& a, const Binding& b) {
    return std::tie(b.q, b.refreshed, a.contact) < std::tie(a.q, a.refreshed, b.contact);
  });
  std::vector<Place> out;
  for (auto& binding : bindings) {
    const auto same = std::ranges::find_if(out, [&](const Place& place) {
      return binding.reg_id != 0 && place.binding.reg_id != 0 && place.binding.device == binding.device &&
             place.binding.instance == binding.instance;
    });
    if (same == out.end()) {
      out.push_back({std::move(binding), {}});
    } else {
      same->others.push_back(std::move(binding));
    }
  }
  return out;
}

std::vector<Binding> LocationTable::of_device(ExtensionId extension, DeviceId device, TimePoint now) const {
  auto out = of_extension(extension, now);
  std::erase_if(out, [&](const Binding& b) { return b.device != device; });
  return out;
}

std::vector<Binding> LocationTable::of_organisation(OrganisationId organisation, TimePoint now) const {
  std::vector<Binding> out;
  for (const auto& guarded : shards_)
    guarded.with([&](const Shard& map) {
      for (const auto& [id, held] : map.extensions)
        for (const auto& one : held)
          if (one.organisation == organisation && one.expires > now) out.push_back(one.unpack(id));
    });
  return out;
}

std::vector<Binding> LocationTable::all(TimePoint now) const {
  std::vector<Binding> out;
  for (const auto& guarded : shards_)
    guarded.with([&](const Shard& map) {
      for (const auto& [id, held] : map.extensions)
        for (const auto& one : held)
          if (one.expires > now) out.push_back(one.unpack(id));
    });
  return out;
}

std::size_t LocationTable::size() const {
  std::size_t count = 0;
  for (const auto& guarded : shards_)
    guarded.with([&](const Shard& map) {
      for (const auto& [id, held] : map.extensions) count += held.size();
    });
  return count;
}

}  // namespace parley::pbx
