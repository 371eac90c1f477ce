#include <gtest/gtest.h>

#include <net/dns.hpp>
#include <net/dns_cache.hpp>
#include <net/dns_message.hpp>

namespace parley::net {
namespace {
using namespace std::chrono_literals;
using Outcome = DnsReply::Outcome;

Result<DnsReply> read(const DnsMessage& message, const DnsQuestion& question) {
  return read_dns_answer(as_bytes(message.bytes()), question);
}

TEST(DnsAnswer, GivesRecordsWithTheSmallestTtl) {
  const auto got = read(DnsMessage("_sip._udp.example", DnsType::Srv)
                            .answer("_sip._udp.example", 33, 300, DnsMessage::srv(10, 60, 5061, "A.Example"))
                            .answer("_SIP._udp.example", 33, 60, DnsMessage::srv(20, 0, 5060, "")),
                        {"_sip._udp.example", DnsType::Srv});
  ASSERT_TRUE(got);
  EXPECT_EQ(got->outcome, Outcome::Found);
  EXPECT_EQ(got->ttl, 60s);
  ASSERT_EQ(got->records.size(), 2U);
  EXPECT_EQ(got->records[0].target, "a.example");
  EXPECT_EQ(got->records[0].port, 5061);
  EXPECT_EQ(got->records[0].weight, 60);
  EXPECT_EQ(got->records[1].target, "");
}

TEST(DnsAnswer, ReadsNaptr) {
  const auto got = read(DnsMessage("example", DnsType::Naptr)
                            .answer("example", 35, 5, DnsMessage::naptr(50, 10, "S", "sips+d2t", "_sips._tcp.Example")),
                        {"example", DnsType::Naptr});
  ASSERT_TRUE(got);
  ASSERT_EQ(got->records.size(), 1U);
  EXPECT_EQ(got->records[0].flags, "s");
  EXPECT_EQ(got->records[0].service, "SIPS+D2T");
  EXPECT_EQ(got->records[0].priority, 50);
  EXPECT_EQ(got->records[0].target, "_sips._tcp.example");
  EXPECT_FALSE(got->records[0].has_regexp);
}

TEST(DnsAnswer, FollowsAliasesAndBelievesNothingAboutOtherNames) {
  const auto got = read(DnsMessage("a.example", DnsType::A)
                            .answer("evil.example", 1, 300, DnsMessage::a("203.0.113.66"))
                            .answer("b.example", 1, 300, DnsMessage::a("192.0.2.7"))
                            .answer("a.example", 5, 20, DnsMessage::name("b.example")),
                        {"a.example", DnsType::A});
  ASSERT_TRUE(got);
  ASSERT_EQ(got->records.size(), 1U);
  EXPECT_EQ(got->records[0].address.text(), "192.0.2.7");
  EXPECT_EQ(got->ttl, 20s);
}

TEST(DnsAnswer, AliasesInACircleEnd) {
  const auto got = read(DnsMessage("a.example", DnsType::A)
                            .answer("a.example", 5, 20, DnsMessage::name("b.example"))
                            .answer("b.example", 5, 20, DnsMessage::name("a.example")),
                        {"a.example", DnsType::A});
  ASSERT_TRUE(got);
  EXPECT_EQ(got->outcome, Outcome::None);
}

TEST(DnsAnswer, NegativeTtlIsThatOfTheSoa) {
  for (const unsigned code : {0U, 3U}) {
    const auto got = read(DnsMessage("x.example", DnsType::A, code).soa(900, 30), {"x.example", DnsType::A});
    ASSERT_TRUE(got);
    EXPECT_EQ(got->outcome, Outcome::None);
    EXPECT_EQ(got->ttl, 30s);
  }
}

TEST(DnsAnswer, RefusalsAndOtherQuestionsAreNoAnswers) {
  EXPECT_EQ(read(DnsMessage("x.example", DnsType::A, 2), {"x.example", DnsType::A}).error().code, Errc::Unavailable);
  EXPECT_EQ(read(DnsMessage("x.example", DnsType::A, 5), {"x.example", DnsType::A}).error().code, Errc::Unavailable);
  EXPECT_EQ(read(DnsMessage("y.example", DnsType::A), {"x.example", DnsType::A}).error().code, Errc::Invalid);
  EXPECT_EQ(read(DnsMessage("x.example", DnsType::Aaaa), {"x.example", DnsType::A}).error().code, Errc::Invalid);
}

TEST(DnsAnswer, EveryShorterMessageIsRefusedOrEmpty) {
  const auto whole = DnsMessage("example", DnsType::Naptr)
                         .answer("example", 35, 5, DnsMessage::naptr(50, 10, "s", "SIP+D2U", "_sip._udp.example"))
                         .bytes();
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(read_dns_answer(as_bytes(std::string_view(whole).substr(0, size)), {"example", DnsType::Naptr}));
}

TEST(DnsAnswer, PointersInACircleAreRefused) {
  auto bytes = DnsMessage("x", DnsType::A).answer("x", 1, 5, DnsMessage::a("192.0.2.1")).bytes();
  const std::string pointer{'\xc0', static_cast<char>(12)};
  bytes.replace(12, 3, pointer + std::string(1, '\0'));  // the question's name points at itself
  EXPECT_EQ(read_dns_answer(as_bytes(bytes), {"x", DnsType::A}).error().code, Errc::Corrupt);
}

TEST(DnsName, TakesHostNamesOnly) {
  EXPECT_EQ(dns_name("SIP.Example.COM."), "sip.example.com");
  EXPECT_EQ(dns_name("_sip._udp.example"), "_sip._udp.example");
  for (const std::string& bad : {std::string(""), std::string("."), std::string("a..b"), std::string("a b"),
                                 std::string("b\xc3\xbc.example"), std::string(64, 'a'), std::string(254, 'a')})
    EXPECT_FALSE(dns_name(bad)) << bad;
}

const DnsQuestion kQuestion{"a.example", DnsType::A};

DnsReply found(std::chrono::seconds ttl) {
  DnsReply reply;
  reply.outcome = Outcome::Found;
  reply.ttl = ttl;
  reply.records.resize(1);
  return reply;
}

TEST(DnsCache, KeepsAnAnswerForItsTtlWithinBounds) {
  FakeClock clock;
  DnsCache cache;
  (void)cache.take(kQuestion, found(60s), clock.now());
  clock.advance(59s);
  EXPECT_TRUE(cache.fresh(kQuestion, clock.now()));
  clock.advance(1s);
  EXPECT_FALSE(cache.fresh(kQuestion, clock.now()));
  (void)cache.take(kQuestion, found(std::chrono::hours(100)), clock.now());
  clock.advance(3600s);
  EXPECT_FALSE(cache.fresh(kQuestion, clock.now()));
}

TEST(DnsCache, ServesTheLastAnswerWhileServersAreAway) {
  FakeClock clock;
  DnsCache cache;
  (void)cache.take(kQuestion, found(60s), clock.now());
  clock.advance(1h);
  const auto stale = cache.take(kQuestion, DnsReply{}, clock.now());
  EXPECT_EQ(stale.outcome, Outcome::Found);
  EXPECT_TRUE(stale.stale);
  clock.advance(4s);  // servers are not asked again at once
  ASSERT_TRUE(cache.fresh(kQuestion, clock.now()));
  EXPECT_TRUE(cache.fresh(kQuestion, clock.now())->stale);
  clock.advance(1s);
  EXPECT_FALSE(cache.fresh(kQuestion, clock.now()));
  clock.advance(24h);
  EXPECT_EQ(cache.take(kQuestion, DnsReply{}, clock.now()).outcome, Outcome::Failed);
}

TEST(DnsCache, ANegativeAnswerReplacesAndIsShort) {
  FakeClock clock;
  DnsCache cache;
  (void)cache.take(kQuestion, found(60s), clock.now());
  DnsReply none;
  none.outcome = Outcome::None;
  none.ttl = 86400s;
  (void)cache.take(kQuestion, none, clock.now());
  clock.advance(59s);
  EXPECT_EQ(cache.fresh(kQuestion, clock.now())->outcome, Outcome::None);
  clock.advance(1s);
  EXPECT_FALSE(cache.fresh(kQuestion, clock.now()));
  EXPECT_EQ(cache.take(kQuestion, DnsReply{}, clock.now()).outcome, Outcome::Failed);
}

TEST(DnsCache, ForgetsTheLeastLatelyUsed) {
  FakeClock clock;
  DnsCache::Options options;
  options.max_entries = 3;
  DnsCache cache(options);
  for (const char* name : {"a", "b", "c"}) (void)cache.take({name, DnsType::A}, found(60s), clock.now());
  EXPECT_TRUE(cache.fresh({"a", DnsType::A}, clock.now()));
  (void)cache.take({"d", DnsType::A}, found(60s), clock.now());
  EXPECT_EQ(cache.size(), 3U);
  EXPECT_TRUE(cache.fresh({"a", DnsType::A}, clock.now()));
  EXPECT_FALSE(cache.fresh({"b", DnsType::A}, clock.now()));
}

}  // namespace
}  // namespace parley::net
