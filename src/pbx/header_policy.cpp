#include <algorithm>

#include <pbx/header_policy.hpp>
#include <sip/scan.hpp>

namespace parley::pbx {
namespace {

using sip::Header;

constexpr std::size_t kMaxFields = 32, kMaxValue = 1024, kMaxAll = 4096;

/// One letter a class: D device, T trunk, I inner, P public.
struct Row {
  Header header;
  std::string_view name;  // of what has no Header of its own
  std::string_view in, out;
};
constexpr Row kRows[] = {
    // What a person sees or hears of a call.
    {Header::AlertInfo, {}, "DTI", "DTI"},
    {Header::CallInfo, {}, "TI", "DI"},
    {Header::Date, {}, "DTIP", "DTIP"},
    {Header::InReplyTo, {}, "DTI", "DTI"},
    {Header::Organization, {}, "TI", "DI"},
    {Header::Priority, {}, "DTIP", "DTIP"},
    {Header::Reason, {}, "DTIP", "DTIP"},
    {Header::Subject, {}, "DTIP", "DTIP"},
    {Header::Warning, {}, "TI", "DI"},
    {Header::AcceptLanguage, {}, "DTIP", "DTIP"},
    {Header::AnswerMode, {}, "DI", "DI"},             // RFC 5373: intercom, never from outside
    {Header::PrivAnswerMode, {}, "I", "I"},           //
    {Header::UserToUser, {}, "DTI", "DTI"},           // RFC 7433
    {Header::Geolocation, {}, "DTI", "TI"},           // RFC 6442: emergency calls; phones of others never learn it
    {Header::Other, "Resource-Priority", "I", "TI"},  // RFC 4412
    // Who calls, and who had been called. Devices only ask (Privacy, P-Preferred-Identity); what is asserted comes from
    // our own table of extensions, or over a trunk.
    {Header::Privacy, {}, "DTI", "TI"},
    {Header::PPreferredIdentity, {}, "DI", ""},
    {Header::PAssertedIdentity, {}, "TI", "TI"},
    {Header::Diversion, {}, "TI", "TI"},
    {Header::HistoryInfo, {}, "TI", "TI"},
    {Header::Identity, {}, "TIP", "TI"},  // RFC 8224
    {Header::ReferredBy, {}, "DTI", "DTI"},
    {Header::Other, "P-Charging-Vector", "I", "I"},
};

constexpr char letter(PeerClass peer) { return "DTIP"[static_cast<std::size_t>(peer)]; }

const Row* row_of(Header header, std::string_view name) {
  const auto* const found = std::ranges::find_if(kRows, [&](const Row& row) {
    return row.header == header && (header != Header::Other || sip::scan::iequals(row.name, name));
  });
  return found == std::end(kRows) ? nullptr : found;
}

}  // namespace

bool may_enter(PeerClass from, Header header, std::string_view name) noexcept {
  const auto* const row = row_of(header, name);
  return row != nullptr && row->in.find(letter(from)) != std::string_view::npos;
}

bool may_leave(PeerClass to, Header header, std::string_view name) noexcept {
  const auto* const row = row_of(header, name);
  return row != nullptr && row->out.find(letter(to)) != std::string_view::npos;
}

std::vector<HeaderText> passed_on(const sip::Message& message, PeerClass from, PeerClass to) {
  std::vector<HeaderText> out;
  std::size_t all = 0;
  for (const auto& field : message.fields()) {
    const auto name = message.name_of_field(field);
    const auto* const row = row_of(field.id, name);
    if (!row || !may_enter(from, field.id, name) || !may_leave(to, field.id, name)) continue;
    const auto value = message.text_of(field);
    const auto canonical = row->header == Header::Other ? row->name : sip::name_of(row->header);
    all += canonical.size() + value.size();
    if (value.size() > kMaxValue || all > kMaxAll || out.size() == kMaxFields) continue;
    if (sip::is_single(field.id) && std::ranges::any_of(out, [&](const auto& had) { return had.first == canonical; }))
      continue;
    out.emplace_back(canonical, value);
  }
  return out;
}

}  // namespace parley::pbx
