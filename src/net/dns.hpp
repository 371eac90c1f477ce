#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <base/bytes.hpp>
#include <base/clock.hpp>
#include <base/endpoint.hpp>
#include <base/result.hpp>

namespace parley::net {

enum class DnsType : std::uint16_t { A = 1, Aaaa = 28, Srv = 33, Naptr = 35 };  // their numbers in RFC 1035 ff.
[[nodiscard]] std::string_view to_string(DnsType type) noexcept;

struct DnsQuestion {
  std::string name;  // lower case, without the dot at the end
  DnsType type = DnsType::A;
  friend auto operator<=>(const DnsQuestion&, const DnsQuestion&) = default;
};

/// One record of an answer; which fields count is the question's type.
struct DnsRecord {
  IpAddress address;           // A, AAAA
  std::uint16_t priority = 0;  // SRV; NAPTR: order
  std::uint16_t weight = 0;    // SRV; NAPTR: preference
  std::uint16_t port = 0;      // SRV
  std::string target;          // SRV, NAPTR's replacement: lower case, no dot at the end; "" is the root
  std::string flags, service;  // NAPTR, lower and upper case
  bool has_regexp = false;     // NAPTR
  friend bool operator==(const DnsRecord&, const DnsRecord&) = default;
};

struct DnsReply {
  enum class Outcome : std::uint8_t {
    Found,
    None,    // the servers say that there is no such name, or no record of this type
    Failed,  // nobody answered, or not with an answer
  };
  Outcome outcome = Outcome::Failed;
  std::vector<DnsRecord> records;
  std::chrono::seconds ttl{0};
  bool stale = false;  // older than its TTL: nobody answers now
};

inline constexpr std::size_t kMaxDnsRecords = 64;  // of one answer that are looked at
inline constexpr std::size_t kMaxDnsName = 253;    // signs, RFC 1035 §2.3.4

/// Reads a whole DNS message as the answer to `question`: follows CNAMEs within it, and takes only records whose owner
/// the question leads to, so that an answer says nothing about other names. Of a negative answer the TTL is that of its
/// SOA (RFC 2308 §5). Kept beside c-ares, whose parsers of this release tell the TTL of neither SRV nor NAPTR records.
/// Source: RFC 1035 §4, RFC 2782, RFC 3403 §4.1, RFC 3596.   Thread: any, pure.
/// Errors: Corrupt (no DNS message), Invalid (another question's answer, or truncated), Unavailable (the server could
/// or would not answer).
[[nodiscard]] Result<DnsReply> read_dns_answer(BytesView message, const DnsQuestion& question);

/// As a question carries it: lower case, without the dot at the end. nullopt: no name that DNS could know (empty, too
/// long, other signs than letters, digits, '-', '_' and '.').
[[nodiscard]] std::optional<std::string> dns_name(std::string_view text);

}  // namespace parley::net
