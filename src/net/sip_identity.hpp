#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Whose certificate is it? The SIP identities of a certificate and how they are compared. Source: RFC 5922 §7.
/// Pure; thread: any.
namespace parley::net {

/// A certificate's subjectAltName entries and common name, as read from it.
struct CertificateNames {
  std::span<const std::string> uris;       // uniformResourceIdentifier
  std::span<const std::string> dns;        // dNSName
  std::span<const std::string> addresses;  // iPAddress, as text
  std::string_view common_name;
};

/// The domains that a certificate stands for, lower case: of its sip: URIs (without user part) if it has one, else its
/// DNS names, else, without any alternative name, the common name (§7.1). Addresses are always added: a peer that is
/// reached by address has no domain.
[[nodiscard]] std::vector<std::string> sip_identities(const CertificateNames& names);

/// Exact but for case and a final dot; no wildcards (§7.2). IPv6 with or without brackets.
[[nodiscard]] bool is_identity(std::span<const std::string> identities, std::string_view host);

}  // namespace parley::net
