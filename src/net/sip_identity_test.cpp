#include <gtest/gtest.h>

#include <net/sip_identity.hpp>

namespace parley::net {
namespace {

using Names = std::vector<std::string>;

struct Case {
  const char* name;
  Names uris, dns, addresses;
  std::string common;
  Names wanted;
};

TEST(SipIdentity, AreReadAsRfc5922Orders) {
  const Case cases[] = {
      {"a SIP URI stands above the DNS names", {"sip:Example.COM"}, {"host.example.com"}, {}, "cn", {"example.com"}},
      {"one with a user names a person", {"sip:ann@example.com"}, {"host.example.com"}, {}, "", {}},
      {"other schemes do not count", {"https://example.com"}, {"host.example.com"}, {}, "", {"host.example.com"}},
      {"port and parameters are no part of it", {"sips:example.com:5061;x=y"}, {}, {}, "", {"example.com"}},
      {"the common name only without any other", {}, {}, {}, "old.example.com", {"old.example.com"}},
      {"and not beside a DNS name", {}, {"a.example"}, {}, "old.example.com", {"a.example"}},
      {"addresses", {}, {}, {"192.0.2.1", "2001:DB8::1"}, "cn", {"192.0.2.1", "2001:db8::1"}},
  };
  for (const auto& one : cases)
    EXPECT_EQ(sip_identities({one.uris, one.dns, one.addresses, one.common}), one.wanted) << one.name;
}

TEST(SipIdentity, IsComparedWithoutCaseAndWithoutWildcards) {
  const Names identities{"example.com", "*.example.org", "2001:db8::1"};
  EXPECT_TRUE(is_identity(identities, "EXAMPLE.com."));
  EXPECT_TRUE(is_identity(identities, "[2001:DB8::1]"));
  EXPECT_FALSE(is_identity(identities, "sip.example.com"));  // §7.2: a sub-domain is another domain
  EXPECT_FALSE(is_identity(identities, "a.example.org"));
  EXPECT_FALSE(is_identity(identities, "*.example.org"));
  EXPECT_FALSE(is_identity(identities, ""));
}

}  // namespace
}  // namespace parley::net
