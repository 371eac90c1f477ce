#include <fmt/format.h>

#include <sip/derived.hpp>

namespace parley::sip {
namespace {

constexpr std::string_view kStatelessMark = "pyz-";

std::uint64_t mix(std::uint64_t hash, std::string_view text) noexcept {
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  return (hash ^ 0xffU) * 1099511628211U;
}

}  // namespace

std::string derived_request(Method method, const Message& invite, std::string_view to, std::string_view header_line) {
  std::string out;
  out.reserve(640);
  const auto line = [&out](std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value).append("\r\n");
  };
  out.append(to_string(method)).append(" ").append(invite.request_uri_text()).append(" SIP/2.0\r\n");
  line("Via", invite.top_via().text);
  line("Max-Forwards", "70");
  invite.each_field(Header::Route, [&](std::string_view value) { line("Route", value); });
  line("From", invite.from().text);
  line("To", to);
  line("Call-ID", invite.call_id());
  out.append("CSeq: ")
      .append(std::to_string(invite.cseq().number))
      .append(" ")
      .append(to_string(method))
      .append("\r\n");
  if (!header_line.empty() && header_line.find_first_of("\r\n") == std::string_view::npos)
    out.append(header_line).append("\r\n");
  out += "Content-Length: 0\r\n\r\n";
  return out;
}

std::string stateless_tag(const Message& request) {
  auto hash = mix(14695981039346656037U, request.top_via().text);
  hash = mix(mix(hash, request.call_id()), request.from().tag());
  return fmt::format("{}{:016x}", kStatelessMark, mix(hash, std::to_string(request.cseq().number)));
}

bool is_stateless_tag(std::string_view tag) noexcept { return tag.starts_with(kStatelessMark); }

bool switch_transport(std::string& request, Flow& flow, Transport to) {
  constexpr std::string_view kTop = "\r\nVia: SIP/2.0/";
  const auto name = to_string(to);
  const auto at = request.find(kTop);
  if (at == std::string::npos || (to != Transport::Udp && to != Transport::Tcp) || flow.transport == to) return false;
  const auto before = std::string_view(request).substr(at + kTop.size(), name.size() + 1);
  if (before != "UDP " && before != "TCP ") return false;
  request.replace(at + kTop.size(), name.size(), name);
  flow.transport = to;
  return true;
}

}  // namespace parley::sip
