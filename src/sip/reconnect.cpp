#include <base/scope.hpp>
#include <sip/reconnect.hpp>

namespace parley::sip {
namespace {

bool can_be_opened(Transport transport) { return transport == Transport::Tcp || transport == Transport::Tls; }

std::optional<Flow> to_port(const Flow& gone, std::string_view host, std::uint16_t port) {
  const auto address = IpAddress::parse(host);
  if (!can_be_opened(gone.transport) || !address || !same_host(*address, gone.remote.address)) return std::nullopt;
  Flow flow = gone;
  flow.connection = 0;
  flow.remote.port = port != 0 ? port : default_port(gone.transport);
  return flow;
}

}  // namespace

std::optional<Flow> reconnect_to(const Uri& contact, const Flow& gone) {
  if (!contact.is_sip() || contact.params.has("ob")) return std::nullopt;
  return to_port(gone, contact.host, contact.port);
}

std::optional<Flow> reconnect_for(const Message& message, const Flow& gone) {
  if (message.is_response()) return to_port(gone, message.top_via().host, message.top_via().port);
  if (const auto route = message.first_name_addr(Header::Route)) return reconnect_to(route->uri, gone);
  return reconnect_to(message.request_uri(), gone);
}

}  // namespace parley::sip
