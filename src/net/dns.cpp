#include <algorithm>
#include <cctype>

#include <net/dns.hpp>

namespace parley::net {
namespace {

constexpr std::uint16_t kInternet = 1, kCname = 5, kSoa = 6;
constexpr unsigned kMaxJumps = 32;         // pointers of one name
constexpr std::size_t kMaxSections = 512;  // records of all sections that are walked over
constexpr std::size_t kMaxAliases = 8;     // CNAMEs in a row
constexpr std::uint32_t kLongestTtl = 7 * 24 * 3600;

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

/// A position in the message; the first failure sticks.
class Reader {
 public:
  explicit Reader(BytesView message) : all_(message) {}

  [[nodiscard]] bool ok() const noexcept { return ok_; }
  [[nodiscard]] std::size_t at() const noexcept { return at_; }
  void seek(std::size_t at) noexcept {
    if (at > all_.size()) ok_ = false;
    at_ = std::min(at, all_.size());
  }
  std::uint8_t u8() noexcept {
    if (at_ >= all_.size()) ok_ = false;
    return ok_ ? all_[at_++] : 0;
  }
  std::uint16_t u16() noexcept {
    const auto high = u8();
    return static_cast<std::uint16_t>(high << 8 | u8());
  }
  std::uint32_t u32() noexcept {
    const auto high = u16();
    return static_cast<std::uint32_t>(high) << 16 | u16();
  }
  std::string text() {  // <character-string>
    std::string out;
    for (auto left = u8(); left > 0 && ok_; --left) out += static_cast<char>(u8());
    return out;
  }
  /// A name in lower case, pointers followed. Signs that a host name cannot have become '?', so that two names that
  /// differ on the wire never look alike by a dot inside a label.
  std::string name() {
    std::string out;
    std::optional<std::size_t> after;  // where to go on behind the first pointer
    for (unsigned jumps = 0; ok_;) {
      const auto length = u8();
      if ((length & 0xc0U) == 0xc0U) {
        const auto to = static_cast<std::size_t>(length & 0x3fU) << 8 | u8();
        if (!after) after = at_;
        if (++jumps > kMaxJumps) ok_ = false;
        seek(to);
        continue;
      }
      if ((length & 0xc0U) != 0) ok_ = false;
      if (length == 0 || !ok_) break;
      if (!out.empty()) out += '.';
      for (unsigned i = 0; i < length && ok_; ++i) {
        const auto c = lower(static_cast<char>(u8()));
        out += (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_') ? c : '?';
      }
      if (out.size() > kMaxDnsName) ok_ = false;
    }
    if (after) at_ = *after;
    return out;
  }
  IpAddress address(bool v6) noexcept {
    IpAddress out;
    out.v6 = v6;
    for (std::size_t i = 0; i < (v6 ? 16U : 4U); ++i) out.bytes[i] = u8();
    return out;
  }

 private:
  BytesView all_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

struct Owned {
  std::string owner;
  std::uint16_t type = 0;
  std::uint32_t ttl = 0;
  DnsRecord record;  // CNAME: in target
};

DnsRecord read_record(Reader& in, DnsType type) {
  DnsRecord out;
  switch (type) {
    case DnsType::A: out.address = in.address(false); break;
    case DnsType::Aaaa: out.address = in.address(true); break;
    case DnsType::Srv:
      out.priority = in.u16();
      out.weight = in.u16();
      out.port = in.u16();
      out.target = in.name();
      break;
    case DnsType::Naptr:
      out.priority = in.u16();
      out.weight = in.u16();
      out.flags = in.text();
      out.service = in.text();
      out.has_regexp = !in.text().empty();
      out.target = in.name();
      std::ranges::transform(out.flags, out.flags.begin(), lower);
      std::ranges::transform(out.service, out.service.begin(),
                             [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
      break;
  }
  return out;
}

std::uint32_t sane(std::uint32_t ttl) { return ttl > 0x7fffffffU ? 0 : std::min(ttl, kLongestTtl); }  // RFC 2181 §8

}  // namespace

std::string_view to_string(DnsType type) noexcept {
  switch (type) {
    case DnsType::A: return "A";
    case DnsType::Aaaa: return "AAAA";
    case DnsType::Srv: return "SRV";
    case DnsType::Naptr: return "NAPTR";
  }
  return "?";
}

std::optional<std::string> dns_name(std::string_view text) {
  if (text.ends_with('.')) text.remove_suffix(1);
  if (text.empty() || text.size() > kMaxDnsName) return std::nullopt;
  std::string out;
  std::size_t label = 0;
  for (const char c : text) {
    if (c == '.') {
      if (label == 0) return std::nullopt;
      label = 0;
    } else if ((std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '-' && c != '_') || ++label > 63) {
      return std::nullopt;
    }
    out += lower(c);
  }
  if (label == 0) return std::nullopt;
  return out;
}

Result<DnsReply> read_dns_answer(BytesView message, const DnsQuestion& question) {
  Reader in(message);
  (void)in.u16();  // id: matched where it was received
  const auto flags = in.u16();
  const auto questions = in.u16();
  const std::size_t answers = in.u16(), authorities = in.u16();
  (void)in.u16();
  if (!in.ok() || (flags & 0x8000U) == 0 || questions != 1) return fail(Errc::Corrupt, "no DNS answer");
  if (in.name() != question.name || in.u16() != static_cast<std::uint16_t>(question.type) || in.u16() != kInternet)
    return fail(in.ok() ? Errc::Invalid : Errc::Corrupt, "the answer to another question");
  if ((flags & 0x0200U) != 0) return fail(Errc::Invalid, "truncated DNS answer");
  const unsigned code = flags & 0x0fU;
  if (code != 0 && code != 3) return fail(Errc::Unavailable, "DNS server says " + std::to_string(code));

  std::vector<Owned> found;
  std::optional<std::uint32_t> negative_ttl;
  const auto sections = answers + authorities;
  for (std::size_t i = 0; i < std::min(sections, kMaxSections); ++i) {
    Owned one;
    one.owner = in.name();
    one.type = in.u16();
    const auto klass = in.u16();
    one.ttl = sane(in.u32());
    const auto length = in.u16();
    const auto end = in.at() + length;
    const bool ours = klass == kInternet && i < answers && found.size() < kMaxDnsRecords + kMaxAliases;
    if (ours && (one.type == static_cast<std::uint16_t>(question.type) || one.type == kCname)) {
      if (one.type == kCname) {
        one.record.target = in.name();
      } else {
        one.record = read_record(in, question.type);
      }
      if (!in.ok() || in.at() != end) return fail(Errc::Corrupt, "broken record in a DNS answer");
      found.push_back(std::move(one));
    } else if (klass == kInternet && one.type == kSoa && i >= answers) {
      (void)in.name();
      (void)in.name();
      for (int skipped = 0; skipped < 4; ++skipped) (void)in.u32();
      negative_ttl = std::min(one.ttl, sane(in.u32()));
    }
    in.seek(end);
    if (!in.ok()) return fail(Errc::Corrupt, "DNS answer ends within a record");
  }

  DnsReply out;
  std::string owner = question.name;
  std::uint32_t ttl = kLongestTtl;
  for (std::size_t hop = 0; hop <= kMaxAliases; ++hop) {
    const auto alias =
        std::ranges::find_if(found, [&](const Owned& o) { return o.type == kCname && o.owner == owner; });
    if (alias == found.end()) break;
    ttl = std::min(ttl, alias->ttl);
    owner = alias->record.target;
  }
  for (auto& one : found) {
    if (one.type != static_cast<std::uint16_t>(question.type) || one.owner != owner) continue;
    if (out.records.size() >= kMaxDnsRecords) break;
    ttl = std::min(ttl, one.ttl);
    out.records.push_back(std::move(one.record));
  }
  out.outcome = out.records.empty() ? DnsReply::Outcome::None : DnsReply::Outcome::Found;
  out.ttl = std::chrono::seconds(out.records.empty() ? negative_ttl.value_or(0) : ttl);
  return out;
}

}  // namespace parley::net
