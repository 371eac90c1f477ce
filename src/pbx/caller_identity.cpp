#include <pbx/caller_identity.hpp>
#include <pbx/routing.hpp>
#include <sip/builder.hpp>
#include <sip/identity_headers.hpp>
#include <sip/scan.hpp>

namespace parley::pbx {
namespace {

constexpr std::string_view kNobody = "anonymous", kNowhere = "anonymous.invalid";

}  // namespace

PrivacyWish privacy_of(const sip::Message& message) {
  using enum sip::PrivacyValue;
  PrivacyWish out;
  if (message.is_request()) out.anonymous = sip::scan::iequals(message.from().uri.host, kNowhere);
  const auto text = message.value(sip::Header::Privacy);
  if (!text) return out;
  const auto wanted = sip::parse_privacy(*text);
  if (!wanted) {
    out.refusal = 400;
    return out;
  }
  if (wanted->has(Critical) && wanted->unknown > 0) out.refusal = 500;  // RFC 3323 §5
  out.anonymous = out.anonymous || wanted->has(Id) || wanted->has(User) || wanted->has(sip::PrivacyValue::Header);
  out.without_story = wanted->has(History) || wanted->has(Session) || wanted->has(sip::PrivacyValue::Header);
  return out;
}

Shown nobody() { return {std::string(kNobody), "Anonymous", std::string(kNowhere)}; }

Shown shown_as(const DirectoryExtension& extension, bool by_number) {
  return {by_number ? extension.number : shown_number(extension), extension.display_name,
          extension.organisation->sip_domain};
}

bool asks_for_number(const DirectoryExtension& extension, const sip::Message& message) {
  bool asks = false;
  message.each_element(sip::Header::PPreferredIdentity, [&](std::string_view element) {
    const auto who = sip::parse_name_addr(element);
    if (!who) return;
    const bool here =
        !who->uri.is_sip() || sip::scan::iequals(who->uri.host, std::string_view(extension.organisation->sip_domain));
    asks = asks || (here && dialled_number(who->uri) == extension.number);
  });
  return asks;
}

std::string uri_of(const Shown& who) { return "sip:" + sip::escape_user(who.number) + "@" + who.domain; }

std::optional<HeaderText> asserted_identity(const Shown& who) {
  if (who.domain == kNowhere || who.number.empty()) return std::nullopt;
  return HeaderText{"P-Asserted-Identity", sip::name_addr(who.name, uri_of(who))};
}

}  // namespace parley::pbx
