#pragma once
#include <memory>
#include <string>

#include <base/function.hpp>
#include <net/dns.hpp>
#include <net/dns_cache.hpp>

namespace parley::net {

class Reactor;

/// Asks name servers without blocking: c-ares does ids, ports, repetition, the next server and the change to TCP; its
/// sockets wait on the reactor. Equal questions that run at once are asked once. Answers are kept (DnsCache).
/// Thread: the reactor's only (or before it runs).   Lifetime: within the reactor's; destroying it drops what waits.
/// Errors: of the world as DnsReply::Outcome::Failed; of the settings by make().
class Resolver {
 public:
  struct Options {
    std::string servers;  // "192.0.2.53,[2001:db8::53]:5353"; empty: the system's (/etc/resolv.conf)
    std::chrono::milliseconds timeout{1500};  // of one try
    unsigned tries = 2;                       // ... at each server
    std::size_t max_waiting = 1000;           // questions under way; beyond: Failed
    DnsCache::Options cache{};
  };
  using OnReply = UniqueFunction<void(const DnsReply&)>;

  /// Errors: Invalid (no address in `servers`), Internal.
  [[nodiscard]] static Result<std::unique_ptr<Resolver>> make(Reactor& reactor, const Options& options);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  /// `done` always runs later, from the reactor, exactly once unless the resolver is destroyed first. `question.name`
  /// comes from dns_name(). Host names of the hosts file are not looked at: SIP's names are DNS's (RFC 3263).
  void ask(const DnsQuestion& question, OnReply done);
  /// What the cache has, or nothing.
  [[nodiscard]] std::optional<DnsReply> known(const DnsQuestion& question);

 private:
  struct Impl;
  explicit Resolver(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace parley::net
