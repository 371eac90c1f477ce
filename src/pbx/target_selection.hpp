#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <base/random.hpp>
#include <net/dns.hpp>
#include <sip/transport.hpp>
#include <sip/uri.hpp>

namespace parley::pbx {

/// What a URI says about where its requests go.
struct Place {
  std::string host;  // name or address literal; maddr goes before the host
  std::uint16_t port = 0;
  std::optional<sip::Transport> transport;
  bool secure = false;  // sips
  friend auto operator<=>(const Place&, const Place&) = default;
};
/// nullopt: not sip or sips, or a host that is neither name nor address.
[[nodiscard]] std::optional<Place> place_of(const sip::Uri& uri);

/// Which transports and families we can send by.
struct Reach {
  bool udp = true, tcp = true, tls = false;
  bool v4 = true, v6 = false;
  bool v6_first = false;
};

/// One place to try.
struct Target {
  sip::Transport transport = sip::Transport::Udp;
  Endpoint remote;
  std::string host;  // whom a TLS certificate must name: the host that was asked for, not what DNS led to (RFC 5922)
  friend bool operator==(const Target&, const Target&) = default;
};

/// Before a connection is there.
[[nodiscard]] inline sip::Flow flow_to(const Target& target) {
  sip::Flow flow;
  flow.transport = target.transport;
  flow.remote = target.remote;
  return flow;
}

using DnsAnswers = std::map<net::DnsQuestion, net::DnsReply>;

struct Selection {
  std::vector<net::DnsQuestion> missing;  // to be asked, then select again; empty: this is the outcome
  std::vector<Target> targets;            // in the order in which they are to be tried, each once
  bool dns_failed = false;                // some server did not answer: with no targets, try again later
};

inline constexpr std::size_t kMaxTargets = 32;

/// Which servers serve a place, by transport, address and port, in the order to try them.
/// Source: RFC 3263 §4 (selection), §4.3 (the next one after 503, time-out, transport error), RFC 2782 (priority and
/// weight), RFC 3403 (NAPTR). Of a NAPTR set only the lowest order with a service that we can use counts. An SRV
/// target "." says that the service is not there. Pure: answers and randomness are arguments.
/// Without targets and without missing: nobody serves it (or not by a transport of ours).
[[nodiscard]] Selection select_targets(const Place& place, const Reach& reach, const DnsAnswers& answers,
                                       Random& random);

/// RFC 2782: by priority; within one priority at random in proportion to the weights. At most kMaxTargets.
[[nodiscard]] std::vector<net::DnsRecord> order_srv(std::vector<net::DnsRecord> records, Random& random);

}  // namespace parley::pbx
