#include <algorithm>
#include <tuple>

#include <pbx/target_selection.hpp>

namespace parley::pbx {
namespace {

using net::DnsQuestion;
using net::DnsRecord;
using net::DnsReply;
using net::DnsType;
using sip::Transport;

struct Service {
  Transport transport;
  bool secure;             // for sips URIs
  std::string_view naptr;  // RFC 3263 §4.1
  std::string_view srv;    // prefix of the SRV name
  bool Reach::* supported;
};
constexpr Service kServices[] = {
    {Transport::Udp, false, "SIP+D2U", "_sip._udp.", &Reach::udp},
    {Transport::Tcp, false, "SIP+D2T", "_sip._tcp.", &Reach::tcp},
    {Transport::Tls, true, "SIPS+D2T", "_sips._tcp.", &Reach::tls},
};

const Service* service_of(Transport transport) {
  const auto* found = std::ranges::find(kServices, transport, &Service::transport);
  return found == std::end(kServices) ? nullptr : found;
}

/// One run of the selection over what is known.
class Search {
 public:
  Search(const Place& place, const Reach& reach, const DnsAnswers& answers, Random& random)
      : place_(place), reach_(reach), answers_(answers), random_(random) {}

  Selection run() {
    const auto wanted = transport();
    const auto usual = place_.secure ? Transport::Tls : Transport::Udp;
    if (const auto literal = IpAddress::parse(place_.host)) {
      add(wanted.value_or(usual), *literal, place_.port);
    } else if (wanted && !usable(*wanted)) {
      return {};
    } else if (place_.port != 0) {
      by_address(wanted.value_or(usual), place_.host, place_.port);
    } else if (wanted) {
      const auto* service = service_of(*wanted);
      if (!by_srv(*service, std::string(service->srv) + place_.host)) by_address(*wanted, place_.host, 0);
    } else if (!by_naptr()) {
      bool any = false;
      for (const auto& service : kServices)
        if (service.secure == place_.secure && reach_.*service.supported)
          any |= by_srv(service, std::string(service.srv) + place_.host);
      if (!any) by_address(usual, place_.host, 0);
    }
    return std::move(out_);
  }

 private:
  /// The one that the URI asks for.
  [[nodiscard]] std::optional<Transport> transport() const {
    if (!place_.transport) return std::nullopt;
    return place_.secure && *place_.transport == Transport::Tcp ? Transport::Tls : *place_.transport;
  }

  [[nodiscard]] bool usable(Transport transport) const {
    const auto* service = service_of(transport);
    return service != nullptr && reach_.*service->supported && (!place_.secure || service->secure);
  }

  void add(Transport transport, const IpAddress& address, std::uint16_t port) {
    if (!usable(transport) || !(address.v6 ? reach_.v6 : reach_.v4)) return;
    if (address.is_unspecified() || address.is_multicast()) return;
    const Target target{transport, {address, port != 0 ? port : sip::default_port(transport)}, place_.host};
    if (out_.targets.size() < kMaxTargets && std::ranges::find(out_.targets, target) == out_.targets.end())
      out_.targets.push_back(target);
  }

  /// nullptr: not known yet, and noted as missing.
  const DnsReply* ask(const std::string& name, DnsType type) {
    const auto proper = net::dns_name(name);
    static const DnsReply kNone{DnsReply::Outcome::None, {}, {}, false};
    if (!proper) return &kNone;
    const DnsQuestion question{*proper, type};
    if (const auto known = answers_.find(question); known != answers_.end()) {
      out_.dns_failed |= known->second.outcome == DnsReply::Outcome::Failed;
      return &known->second;
    }
    if (std::ranges::find(out_.missing, question) == out_.missing.end()) out_.missing.push_back(question);
    return nullptr;
  }

  void by_address(Transport transport, const std::string& host, std::uint16_t port) {
    if (!usable(transport)) return;
    std::vector<DnsType> types;
    if (reach_.v4) types.push_back(DnsType::A);
    if (reach_.v6) types.insert(reach_.v6_first ? types.begin() : types.end(), DnsType::Aaaa);
    for (const auto type : types)
      if (const auto* reply = ask(host, type))
        for (const auto& record : reply->records) add(transport, record.address, port);
  }

  /// False: there is no such service in DNS, so another way of finding it may be tried.
  bool by_srv(const Service& service, const std::string& name) {
    const auto* reply = ask(name, DnsType::Srv);
    if (reply == nullptr) return true;
    if (reply->outcome != DnsReply::Outcome::Found) return false;
    for (const auto& record : order_srv(reply->records, random_))
      if (!record.target.empty()) by_address(service.transport, record.target, record.port);
    return true;
  }

  bool by_naptr() {
    const auto* reply = ask(place_.host, DnsType::Naptr);
    if (reply == nullptr) return true;
    std::vector<std::pair<const DnsRecord*, const Service*>> found;
    for (const auto& record : reply->records) {
      if (record.flags != "s" || record.has_regexp || record.target.empty()) continue;
      for (const auto& service : kServices)
        if (record.service == service.naptr && reach_.*service.supported && (service.secure || !place_.secure))
          found.emplace_back(&record, &service);
    }
    if (found.empty()) return false;
    std::ranges::sort(found, [](const auto& a, const auto& b) {
      return std::tuple(a.first->priority, a.first->weight, a.second) <
             std::tuple(b.first->priority, b.first->weight, b.second);
    });
    bool any = false;
    for (const auto& [record, service] : found)
      if (record->priority == found.front().first->priority) any |= by_srv(*service, record->target);
    if (!any) by_address(found.front().second->transport, place_.host, 0);
    return true;
  }

  const Place& place_;
  const Reach& reach_;
  const DnsAnswers& answers_;
  Random& random_;
  Selection out_;
};

}  // namespace

std::optional<Place> place_of(const sip::Uri& uri) {
  if (!uri.is_sip()) return std::nullopt;
  Place out;
  const auto maddr = uri.params.value("maddr");
  const auto host = maddr.empty() ? uri.host : maddr;
  if (const auto literal = IpAddress::parse(host)) {
    out.host = literal->text();
  } else if (const auto name = net::dns_name(host)) {
    out.host = *name;
  } else {
    return std::nullopt;
  }
  out.port = uri.port;
  out.secure = uri.scheme == sip::Scheme::Sips;
  if (const auto transport = uri.params.value("transport"); !transport.empty())
    out.transport = sip::transport_of(transport);
  return out;
}

std::vector<net::DnsRecord> order_srv(std::vector<net::DnsRecord> records, Random& random) {
  const auto key = [](const DnsRecord& r) {
    return std::tuple(r.priority, r.weight != 0, std::string_view(r.target), r.port);  // weight 0 first (RFC 2782)
  };
  std::ranges::sort(records, [&](const DnsRecord& a, const DnsRecord& b) { return key(a) < key(b); });
  // Cut before the draw: which hosts are asked for must not depend on it.
  if (records.size() > kMaxTargets) records.erase(records.begin() + kMaxTargets, records.end());
  std::vector<DnsRecord> out;
  while (!records.empty()) {
    const auto end = std::ranges::find_if(records, [&](const auto& r) { return r.priority != records[0].priority; });
    std::uint64_t sum = 0;
    for (auto it = records.begin(); it != end; ++it) sum += it->weight;
    auto left = random.next() % (sum + 1);
    auto chosen = records.begin();
    while (chosen + 1 != end && chosen->weight < left) left -= (chosen++)->weight;
    out.push_back(std::move(*chosen));
    records.erase(chosen);
  }
  return out;
}

Selection select_targets(const Place& place, const Reach& reach, const DnsAnswers& answers, Random& random) {
  return Search(place, reach, answers, random).run();
}

}  // namespace parley::pbx
