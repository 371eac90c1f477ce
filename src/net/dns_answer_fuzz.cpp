#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include <net/dns.hpp>

/// Any bytes as the answer to each type of question: bounded, and never about another name.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace parley::net;
  for (const auto type : {DnsType::A, DnsType::Aaaa, DnsType::Srv, DnsType::Naptr}) {
    const auto reply = read_dns_answer({data, size}, {"a.example", type});
    if (!reply) continue;
    if (reply->records.size() > kMaxDnsRecords) std::abort();
    if (reply->records.empty() != (reply->outcome == DnsReply::Outcome::None)) std::abort();
    for (const auto& record : reply->records)
      if (record.target.size() > kMaxDnsName) std::abort();
  }
  return 0;
}
