#include <pbx/refer.hpp>
#include <sip/dialog_headers.hpp>

namespace parley::pbx {

std::optional<DialogName> read_replaces(std::string_view text) {
  const auto parsed = sip::parse_replaces(text);
  if (!parsed) return std::nullopt;
  return DialogName{std::string(parsed->call_id), std::string(parsed->to_tag), std::string(parsed->from_tag),
                    parsed->early_only};
}

std::expected<ReferOrder, unsigned> read_refer(const sip::Message& refer) {
  std::size_t count = 0;
  refer.each_element(sip::Header::ReferTo, [&](std::string_view) { ++count; });
  if (count != 1) return std::unexpected(400U);  // RFC 3515 §2.4.2
  const auto parsed = sip::parse_refer_to(refer.value(sip::Header::ReferTo).value_or(""));
  if (!parsed) return std::unexpected(400U);
  const auto& uri = parsed->target.uri;
  if (!uri.is_sip() && uri.scheme != sip::Scheme::Tel) return std::unexpected(416U);
  if (parsed->method != sip::Method::Invite) return std::unexpected(403U);
  ReferOrder order;
  order.target = uri.text.substr(0, uri.text.find('?'));
  if (const auto replaces = sip::uri_header(uri, "Replaces")) {
    order.replaces = read_replaces(*replaces);
    if (!order.replaces) return std::unexpected(400U);
  }
  if (const auto sub = refer.value(sip::Header::ReferSub)) {
    const auto wanted = sip::parse_refer_sub(*sub);
    order.reports = !wanted || *wanted;
  }
  if (const auto by = refer.value(sip::Header::ReferredBy); by && sip::parse_referred_by(*by)) order.referred_by = *by;
  return order;
}

}  // namespace parley::pbx
