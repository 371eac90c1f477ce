#pragma once
// Tests only: DNS messages as a name server writes them.
#include <string>
#include <string_view>

#include <net/dns.hpp>

namespace parley::net {

class DnsMessage {
 public:
  static std::string number(unsigned value, unsigned bytes) {
    std::string out;
    for (unsigned i = bytes; i-- > 0;) out += static_cast<char>(value >> (8 * i) & 0xffU);
    return out;
  }
  static std::string name(std::string_view text) {
    std::string out;
    while (!text.empty()) {
      const auto label = text.substr(0, text.find('.'));
      out += static_cast<char>(label.size());
      out += label;
      text.remove_prefix(std::min(text.size(), label.size() + 1));
    }
    return out + '\0';
  }
  static std::string text(std::string_view value) { return static_cast<char>(value.size()) + std::string(value); }
  static std::string a(std::string_view address) {
    const auto ip = IpAddress::parse(address).value();
    return {reinterpret_cast<const char*>(ip.bytes.data()), ip.v6 ? 16U : 4U};
  }
  static std::string srv(unsigned priority, unsigned weight, unsigned port, std::string_view target) {
    return number(priority, 2) + number(weight, 2) + number(port, 2) + name(target);
  }
  static std::string naptr(unsigned order, unsigned preference, std::string_view flags, std::string_view service,
                           std::string_view replacement) {
    return number(order, 2) + number(preference, 2) + text(flags) + text(service) + text("") + name(replacement);
  }

  DnsMessage(std::string_view question, DnsType type, unsigned code = 0)
      : question_(name(question) + number(static_cast<unsigned>(type), 2) + number(1, 2)), code_(code) {}
  DnsMessage& answer(std::string_view owner, unsigned type, unsigned ttl, const std::string& data) {
    ++answers_;
    records_ += record(owner, type, ttl, data);
    return *this;
  }
  DnsMessage& soa(unsigned ttl, unsigned minimum) {
    ++authorities_;
    authority_ += record("example", 6, ttl,
                         name("ns.example") + name("root.example") + number(1, 4) + number(2, 4) + number(3, 4) +
                             number(4, 4) + number(minimum, 4));
    return *this;
  }
  [[nodiscard]] std::string bytes(std::string_view id = {"\x12\x34", 2}) const {
    return std::string(id) + number(0x8180U | code_, 2) + number(1, 2) + number(answers_, 2) + number(authorities_, 2) +
           number(0, 2) + question_ + records_ + authority_;
  }

 private:
  static std::string record(std::string_view owner, unsigned type, unsigned ttl, const std::string& data) {
    return name(owner) + number(type, 2) + number(1, 2) + number(ttl, 4) +
           number(static_cast<unsigned>(data.size()), 2) + data;
  }
  std::string question_, records_, authority_;
  unsigned code_, answers_ = 0, authorities_ = 0;
};

}  // namespace parley::net
