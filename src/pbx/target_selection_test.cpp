#include <gtest/gtest.h>

#include <pbx/target_selection.hpp>

namespace parley::pbx {
namespace {
using net::DnsRecord;
using net::DnsReply;
using net::DnsType;

/// A zone as people write it; what it does not hold does not exist.
class Zone {
 public:
  Zone& a(const std::string& name, const std::string& address) {
    const auto ip = IpAddress::parse(address).value();
    DnsRecord record;
    record.address = ip;
    return add(name, ip.v6 ? DnsType::Aaaa : DnsType::A, record);
  }
  Zone& srv(const std::string& name, unsigned priority, unsigned weight, unsigned port, const std::string& target) {
    DnsRecord record;
    record.priority = static_cast<std::uint16_t>(priority);
    record.weight = static_cast<std::uint16_t>(weight);
    record.port = static_cast<std::uint16_t>(port);
    record.target = target;
    return add(name, DnsType::Srv, record);
  }
  Zone& naptr(const std::string& name, unsigned order, unsigned preference, const std::string& service,
              const std::string& replacement, const std::string& flags = "s") {
    DnsRecord record;
    record.priority = static_cast<std::uint16_t>(order);
    record.weight = static_cast<std::uint16_t>(preference);
    record.service = service;
    record.target = replacement;
    record.flags = flags;
    return add(name, DnsType::Naptr, record);
  }
  Zone& silent(const std::string& name, DnsType type) {
    answers_[{name, type}] = {};
    return *this;
  }
  [[nodiscard]] DnsReply answer(const net::DnsQuestion& question) const {
    const auto found = answers_.find(question);
    return found != answers_.end() ? found->second : DnsReply{DnsReply::Outcome::None, {}, {}, false};
  }

 private:
  Zone& add(const std::string& name, DnsType type, const DnsRecord& record) {
    auto& reply = answers_[{name, type}];
    reply.outcome = DnsReply::Outcome::Found;
    reply.records.push_back(record);
    return *this;
  }
  DnsAnswers answers_;
};

/// Asks what is missing until the outcome is there, as a resolver would.
Selection select(const std::string& uri, const Zone& zone, const Reach& reach, Random& random) {
  const auto parsed = sip::parse_uri(uri);
  EXPECT_TRUE(parsed) << uri;
  const auto place = place_of(*parsed);
  if (!place) return {};
  DnsAnswers answers;
  for (int round = 0; round < 5; ++round) {
    auto out = select_targets(*place, reach, answers, random);
    if (out.missing.empty()) return out;
    for (const auto& question : out.missing) answers[question] = zone.answer(question);
  }
  ADD_FAILURE() << "no end for " << uri;
  return {};
}

std::string text(const Selection& selection) {
  std::string out;
  for (const auto& target : selection.targets)
    out += (out.empty() ? "" : " ") + std::string(sip::to_string(target.transport)) + "/" + target.remote.text();
  return out;
}

constexpr Reach kAll{.udp = true, .tcp = true, .tls = true, .v4 = true, .v6 = true, .v6_first = true};
constexpr Reach kPlain{};  // UDP and TCP on IPv4

Zone example() {
  Zone zone;
  zone.naptr("naptr.example", 50, 50, "SIPS+D2T", "_sips._tcp.naptr.example")
      .naptr("naptr.example", 90, 50, "SIP+D2T", "_sip._tcp.naptr.example")
      .naptr("naptr.example", 90, 60, "SIP+D2U", "_sip._udp.naptr.example")
      .naptr("naptr.example", 10, 1, "E2U+SIP", "elsewhere.example")
      .srv("_sips._tcp.naptr.example", 1, 0, 5071, "tls.example")
      .srv("_sip._tcp.naptr.example", 1, 0, 5070, "one.example")
      .srv("_sip._udp.naptr.example", 1, 0, 5069, "two.example")
      .a("tls.example", "192.0.2.3")
      .a("one.example", "192.0.2.1")
      .a("two.example", "192.0.2.2")
      .a("two.example", "2001:db8::2")
      .srv("_sip._udp.srv.example", 20, 0, 5080, "two.example")
      .srv("_sip._udp.srv.example", 10, 0, 5060, "one.example")
      .srv("_sip._tcp.srv.example", 10, 0, 5060, "one.example")
      .srv("_sips._tcp.srv.example", 10, 0, 5061, "tls.example")
      .a("srv.example", "192.0.2.99")
      .a("plain.example", "192.0.2.9")
      .srv("_sip._udp.closed.example", 0, 0, 0, "")
      .a("closed.example", "192.0.2.8")
      .naptr("empty.example", 1, 1, "SIP+D2T", "_sip._tcp.missing.example")
      .a("empty.example", "192.0.2.10");
  return zone;
}

struct Case {
  const char* uri;
  Reach reach;
  const char* targets;
};

TEST(TargetSelection, FollowsRfc3263) {
  const Case cases[] = {
      // §4.1, §4.2: numeric hosts ask nobody.
      {"sip:192.0.2.5", kPlain, "UDP/192.0.2.5:5060"},
      {"sip:192.0.2.5:5099", kPlain, "UDP/192.0.2.5:5099"},
      {"sip:192.0.2.5;transport=tcp", kPlain, "TCP/192.0.2.5:5060"},
      {"sips:192.0.2.5", kAll, "TLS/192.0.2.5:5061"},
      {"sips:192.0.2.5;transport=tcp", kAll, "TLS/192.0.2.5:5061"},
      {"sips:192.0.2.5;transport=udp", kAll, ""},
      {"sips:192.0.2.5", kPlain, ""},
      {"sip:192.0.2.5;transport=sctp", kAll, ""},
      {"sip:[2001:db8::1]", kAll, "UDP/[2001:db8::1]:5060"},
      {"sip:[2001:db8::1]", kPlain, ""},
      {"sip:0.0.0.0", kAll, ""},
      {"sip:239.1.2.3", kAll, ""},
      // maddr goes before the host.
      {"sip:naptr.example;maddr=192.0.2.77", kAll, "UDP/192.0.2.77:5060"},
      {"sip:naptr.example;maddr=plain.example", kPlain, "UDP/192.0.2.9:5060"},
      // A port: addresses only.
      {"sip:srv.example:5061", kPlain, "UDP/192.0.2.99:5061"},
      {"sips:srv.example:5081", kAll, "TLS/192.0.2.99:5081"},
      {"sip:srv.example:5061;transport=tcp", kPlain, "TCP/192.0.2.99:5061"},
      // A transport: its SRV, else addresses.
      {"sip:srv.example;transport=udp", kPlain, "UDP/192.0.2.1:5060 UDP/192.0.2.2:5080"},
      {"sip:srv.example;transport=tls", kAll, "TLS/192.0.2.3:5061"},
      {"sip:srv.example;transport=tls", kPlain, ""},
      {"sip:plain.example;transport=tcp", kPlain, "TCP/192.0.2.9:5060"},
      // Neither: NAPTR, only the lowest order that we can use.
      {"sip:naptr.example", kAll, "TLS/192.0.2.3:5071"},
      {"sip:naptr.example", kPlain, "TCP/192.0.2.1:5070 UDP/192.0.2.2:5069"},
      {"sips:naptr.example", kAll, "TLS/192.0.2.3:5071"},
      {"sips:naptr.example", kPlain, ""},
      // ... whose SRV is missing: the name itself, by that transport.
      {"sip:empty.example", kPlain, "TCP/192.0.2.10:5060"},
      // No NAPTR: SRV of each transport of ours, UDP first; sips only its own.
      {"sip:srv.example", kPlain, "UDP/192.0.2.1:5060 UDP/192.0.2.2:5080 TCP/192.0.2.1:5060"},
      {"sip:srv.example", kAll, "UDP/192.0.2.1:5060 UDP/[2001:db8::2]:5080 UDP/192.0.2.2:5080 TCP/192.0.2.1:5060"},
      {"sips:srv.example", kAll, "TLS/192.0.2.3:5061"},
      // No SRV either.
      {"sip:plain.example", kPlain, "UDP/192.0.2.9:5060"},
      {"sips:plain.example", kAll, "TLS/192.0.2.9:5061"},
      {"sip:PLAIN.example.", kPlain, "UDP/192.0.2.9:5060"},
      // RFC 2782: "." means that the service is decidedly not there.
      {"sip:closed.example", kPlain, ""},
      {"sip:nowhere.example", kAll, ""},
      {"tel:+4930123", kAll, ""},
  };
  SeededRandom random(1);
  const auto zone = example();
  for (const auto& one : cases) EXPECT_EQ(text(select(one.uri, zone, one.reach, random)), one.targets) << one.uri;
}

TEST(TargetSelection, KeepsTheAskedNameForCertificates) {
  SeededRandom random(1);
  const auto got = select("sips:naptr.example", example(), kAll, random);
  ASSERT_EQ(got.targets.size(), 1U);
  EXPECT_EQ(got.targets[0].host, "naptr.example");
}

TEST(TargetSelection, TellsSilenceFromAbsence) {
  SeededRandom random(1);
  EXPECT_FALSE(select("sip:nowhere.example", Zone(), kPlain, random).dns_failed);
  Zone silent;
  silent.silent("away.example", DnsType::Naptr)
      .silent("_sip._udp.away.example", DnsType::Srv)
      .silent("_sip._tcp.away.example", DnsType::Srv)
      .silent("away.example", DnsType::A);
  EXPECT_TRUE(select("sip:away.example", silent, kPlain, random).dns_failed);
}

TEST(TargetSelection, ANameServerThatRefusesNaptrIsNoReasonToFail) {
  SeededRandom random(1);
  auto zone = example();
  zone.silent("srv.example", DnsType::Naptr);
  EXPECT_EQ(text(select("sip:srv.example;transport=udp", zone, kPlain, random)),
            "UDP/192.0.2.1:5060 UDP/192.0.2.2:5080");
  EXPECT_FALSE(select("sip:srv.example", zone, kPlain, random).targets.empty());
}

TEST(TargetSelection, HasABound) {
  SeededRandom random(1);
  Zone zone;
  for (int host = 0; host < 60; ++host) {
    zone.srv("_sip._udp.big.example", 1, 1, 5060, "h" + std::to_string(host) + ".example");
    for (int address = 1; address < 9; ++address)
      zone.a("h" + std::to_string(host) + ".example", "192.0." + std::to_string(host) + "." + std::to_string(address));
  }
  EXPECT_EQ(select("sip:big.example;transport=udp", zone, kPlain, random).targets.size(), kMaxTargets);
}

TEST(SrvOrder, IsByPriorityThenInProportionToWeight) {
  SeededRandom random(7);
  std::vector<DnsRecord> records(4);
  const std::uint16_t weights[] = {10, 30, 60, 0};
  for (std::size_t i = 0; i < 4; ++i) {
    records[i].priority = i == 3 ? 5 : 10;
    records[i].weight = weights[i];
    records[i].port = static_cast<std::uint16_t>(i);
  }
  int first[4] = {};
  constexpr int kRuns = 10'000;
  for (int run = 0; run < kRuns; ++run) {
    const auto order = order_srv(records, random);
    ASSERT_EQ(order.size(), 4U);
    ASSERT_EQ(order[0].port, 3) << "the lowest priority comes first whatever the weights";
    ++first[order[1].port];
  }
  EXPECT_NEAR(first[0], kRuns * 0.1, kRuns * 0.02);
  EXPECT_NEAR(first[1], kRuns * 0.3, kRuns * 0.02);
  EXPECT_NEAR(first[2], kRuns * 0.6, kRuns * 0.02);
}

TEST(SrvOrder, WeightZeroIsSeldomFirstButNeverLost) {
  SeededRandom random(7);
  std::vector<DnsRecord> records(2);
  records[0].port = 1;  // weight 0
  records[1].port = 2;
  records[1].weight = 99;
  int zero_first = 0;
  for (int run = 0; run < 10'000; ++run) zero_first += order_srv(records, random)[0].port == 1 ? 1 : 0;
  EXPECT_GT(zero_first, 0);
  EXPECT_LT(zero_first, 400);
}

}  // namespace
}  // namespace parley::pbx
