#include <sip/transaction_key.hpp>

namespace parley::sip {

void server_transaction_key(const Message& request, std::string& key) {
  const Via& via = request.top_via();
  const std::string_view method =
      request.method() == Method::Ack || request.method() == Method::Cancel ? "INVITE" : request.method_text();
  if (via.has_rfc3261_branch()) {
    key.assign(via.branch).append("|").append(via.host).append(":").append(std::to_string(via.port));
    key.append("|").append(method);
  } else {  // no branch to go by; To tags differ between INVITE and ACK and are compared apart
    key.assign("2543|").append(request.request_uri_text()).append("|").append(request.from().tag());
    key.append("|").append(request.call_id()).append("|").append(std::to_string(request.cseq().number));
    key.append("|").append(via.text).append("|").append(method);
    if (method != "INVITE") key.append("|").append(request.to().tag());
  }
  key.append("|").append(to_string(request.source.transport));
}

std::uint64_t origin_of(const Message& request) noexcept {
  const std::hash<std::string_view> hash;
  const auto number = std::uint64_t{request.cseq().number} << 8U | static_cast<std::uint8_t>(request.method());
  return (hash(request.call_id()) ^ hash(request.from().tag()) * 0x9e3779b97f4a7c15U ^ number * 0xff51afd7ed558ccdU) |
         1U;
}

bool same_origin(const Message& a, const Message& b) noexcept {
  return a.call_id() == b.call_id() && a.from().tag() == b.from().tag() && a.cseq().number == b.cseq().number &&
         a.method_text() == b.method_text();
}

}  // namespace parley::sip
