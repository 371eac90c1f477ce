#include <algorithm>

#include <pbx/sip_websocket.hpp>
#include <sip/headers.hpp>
#include <sip/scan.hpp>

namespace parley::pbx {
namespace {

using sip::scan::iequals;

/// "https://host:port" and "host:port" name the same place; a default port may be left out.
bool is_own(std::string_view origin, std::string_view host) {
  const auto scheme = origin.find("://");
  if (scheme == std::string_view::npos || host.empty()) return false;
  const auto place = origin.substr(scheme + 3);
  if (iequals(place, host)) return true;
  const auto port = iequals(origin.substr(0, scheme), "https") ? std::string_view(":443") : std::string_view(":80");
  return (host.ends_with(port) && iequals(place, host.substr(0, host.size() - port.size()))) ||
         (place.ends_with(port) && iequals(place.substr(0, place.size() - port.size()), host));
}

}  // namespace

bool is_origin_allowed(std::string_view origin, std::string_view host, std::string_view public_url,
                       std::span<const std::string> origins) {
  if (origin.empty() || is_own(origin, host) || (!public_url.empty() && iequals(origin, public_url))) return true;
  return std::ranges::any_of(origins, [&](const std::string& one) { return one == "*" || iequals(one, origin); });
}

std::optional<net::HttpResponse> refusal_of(const net::HttpRequest& request, std::string_view public_url,
                                            std::span<const std::string> origins) {
  if (!sip::list_has(request.header("sec-websocket-protocol"), kSipSubprotocol))
    return net::HttpResponse::text(400, "This address speaks SIP: offer the subprotocol \"sip\" (RFC 7118).\n");
  if (!is_origin_allowed(request.header("origin"), request.header("host"), public_url, origins))
    return net::HttpResponse::text(403, "Pages of this origin may not connect (sip.websocket_origins).\n");
  return std::nullopt;
}

bool is_utf8(std::string_view text) noexcept {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t more = lead < 0x80 ? 0 : lead >> 5 == 6 ? 1 : lead >> 4 == 14 ? 2 : lead >> 3 == 30 ? 3 : 9;
    if (more == 9 || text.size() - i <= more) return false;
    std::uint32_t code = more == 0 ? lead : lead & (0x3fU >> more);
    for (std::size_t k = 1; k <= more; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if (next >> 6 != 2) return false;
      code = code << 6 | (next & 0x3fU);
    }
    constexpr std::uint32_t kLeast[] = {0, 0x80, 0x800, 0x10000};
    if (code < kLeast[more] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return false;
    i += more + 1;
  }
  return true;
}

}  // namespace parley::pbx
