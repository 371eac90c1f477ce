#pragma once
#include <list>
#include <map>
#include <optional>

#include <base/clock.hpp>
#include <net/dns.hpp>

namespace parley::net {

/// Answers of name servers for as long as they may be believed, and a while longer for when no server answers.
/// Source: RFC 1035 §7.4, RFC 2308 (negative answers), RFC 8767 (stale use).   Thread: one at a time, pure.
class DnsCache {
 public:
  struct Options {
    std::size_t max_entries = 1024;         // then the least lately used goes
    std::chrono::seconds longest{3600};     // whatever the TTL says
    std::chrono::seconds shortest{1};       // ... of answers; TTL 0 would ask once for each call of a burst
    std::chrono::seconds longest_none{60};  // negative answers
    std::chrono::seconds shortest_none{5};  // ... without an SOA too
    std::chrono::seconds stale{24 * 3600};  // an answer's use after its end
    std::chrono::seconds retry{5};          // how long a stale answer stands before servers are asked again
  };

  DnsCache() : DnsCache(Options{}) {}
  explicit DnsCache(Options options) : options_(options) {}

  /// What may be believed now.
  [[nodiscard]] std::optional<DnsReply> fresh(const DnsQuestion& question, TimePoint now);
  /// Takes what servers said; a Failed reply becomes the last answer, marked stale, if there still is one.
  [[nodiscard]] DnsReply take(const DnsQuestion& question, DnsReply reply, TimePoint now);
  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

 private:
  struct Entry {
    DnsReply reply;
    TimePoint expires, useless, stale_until;
    std::list<DnsQuestion>::iterator used;
  };
  void touch(Entry& entry) { order_.splice(order_.begin(), order_, entry.used); }

  Options options_;
  std::map<DnsQuestion, Entry> entries_;
  std::list<DnsQuestion> order_;  // lately used first
};

}  // namespace parley::net
