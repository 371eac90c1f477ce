#include <pbx/own_contact.hpp>
#include <sip/uri.hpp>

namespace parley::pbx {

std::string own_contact(Wire& wire, const sip::Flow& flow, std::string_view user) {
  std::string text = "<sip:";
  if (!user.empty()) text += sip::escape_user(user) + "@";
  text += sip::host_port(wire.own_endpoint(flow));
  switch (flow.transport) {
    case sip::Transport::Tcp: text += ";transport=tcp"; break;
    case sip::Transport::Tls: text += ";transport=tls"; break;
    case sip::Transport::Ws:
    case sip::Transport::Wss: text += ";transport=ws"; break;  // RFC 7118 §5.2.2
    default: break;
  }
  return text + ">";
}

}  // namespace parley::pbx
