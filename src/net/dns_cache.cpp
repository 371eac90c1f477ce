#include <algorithm>

#include <net/dns_cache.hpp>

namespace parley::net {

std::optional<DnsReply> DnsCache::fresh(const DnsQuestion& question, TimePoint now) {
  const auto found = entries_.find(question);
  if (found == entries_.end()) return std::nullopt;
  auto& entry = found->second;
  if (now >= entry.expires && now >= entry.stale_until) return std::nullopt;
  touch(entry);
  auto out = entry.reply;
  out.stale = now >= entry.expires;
  return out;
}

DnsReply DnsCache::take(const DnsQuestion& question, DnsReply reply, TimePoint now) {
  auto found = entries_.find(question);
  if (reply.outcome == DnsReply::Outcome::Failed) {
    if (found == entries_.end() || found->second.reply.outcome != DnsReply::Outcome::Found ||
        now >= found->second.useless)
      return reply;
    auto& entry = found->second;
    entry.stale_until = std::min(now + options_.retry, entry.useless);
    touch(entry);
    auto out = entry.reply;
    out.stale = true;
    return out;
  }
  const bool none = reply.outcome == DnsReply::Outcome::None;
  const auto kept = std::clamp(reply.ttl, none ? options_.shortest_none : options_.shortest,
                               none ? options_.longest_none : options_.longest);
  if (found == entries_.end()) {
    if (entries_.size() >= options_.max_entries) {
      entries_.erase(order_.back());
      order_.pop_back();
    }
    order_.push_front(question);
    found = entries_.emplace(question, Entry{{}, {}, {}, {}, order_.begin()}).first;
  }
  auto& entry = found->second;
  touch(entry);
  entry.reply = reply;
  entry.expires = now + kept;
  entry.useless = entry.expires + (none ? std::chrono::seconds(0) : options_.stale);
  entry.stale_until = {};
  return reply;
}

}  // namespace parley::net
