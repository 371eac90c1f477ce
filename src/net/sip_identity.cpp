#include <algorithm>

#include <base/endpoint.hpp>
#include <net/sip_identity.hpp>

namespace parley::net {
namespace {

/// Lower case, without a final dot; addresses in their one spelling.
std::string normal(std::string_view host) {
  if (const auto address = IpAddress::parse(host)) return address->text();
  if (host.ends_with('.')) host.remove_suffix(1);
  std::string out(host);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

/// "" if it is no SIP URI, or one with a user: that names a person, not a domain.
std::string domain_of_uri(std::string_view uri) {
  const auto scheme = normal(uri.substr(0, uri.find(':')));
  if ((scheme != "sip" && scheme != "sips") || uri.size() <= scheme.size()) return {};
  uri.remove_prefix(scheme.size() + 1);
  uri = uri.substr(0, uri.find_first_of(";?"));
  if (uri.find('@') != std::string_view::npos) return {};
  if (!uri.starts_with('[')) uri = uri.substr(0, uri.find(':'));
  return normal(uri);
}

bool is_sip_uri(std::string_view uri) {
  const auto scheme = normal(uri.substr(0, uri.find(':')));
  return scheme == "sip" || scheme == "sips";
}

}  // namespace

std::vector<std::string> sip_identities(const CertificateNames& names) {
  std::vector<std::string> out;
  bool has_sip_uri = false;
  for (const auto& uri : names.uris) {
    has_sip_uri = has_sip_uri || is_sip_uri(uri);
    if (auto domain = domain_of_uri(uri); !domain.empty()) out.push_back(std::move(domain));
  }
  if (!has_sip_uri) {
    for (const auto& name : names.dns) out.push_back(normal(name));
    if (names.dns.empty() && names.addresses.empty() && names.uris.empty() && !names.common_name.empty())
      out.push_back(normal(names.common_name));
  }
  for (const auto& address : names.addresses) out.push_back(normal(address));
  return out;
}

bool is_identity(std::span<const std::string> identities, std::string_view host) {
  const auto wanted = normal(host);
  return !wanted.empty() && std::ranges::any_of(identities, [&](const std::string& one) {
    return one == wanted && one.find('*') == std::string::npos;
  });
}

}  // namespace parley::net
