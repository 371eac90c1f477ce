#include <array>

#include <sip/header_name.hpp>
#include <sip/method.hpp>
#include <sip/parse_error.hpp>
#include <sip/scan.hpp>
#include <sip/transport.hpp>

namespace parley::sip {
namespace {

struct HeaderRow {
  Header id;
  std::string_view name;
  char compact;  // 0: none
  bool single;
};

// RFC 3261 §20 unless said otherwise. In the order of the enumeration.
constexpr HeaderRow kHeaders[] = {
    {Header::Accept, "Accept", 0, false},
    {Header::AcceptEncoding, "Accept-Encoding", 0, false},
    {Header::AcceptLanguage, "Accept-Language", 0, false},
    {Header::AlertInfo, "Alert-Info", 0, false},
    {Header::Allow, "Allow", 0, false},
    {Header::AllowEvents, "Allow-Events", 'u', false},  // RFC 6665
    {Header::Authorization, "Authorization", 0, false},
    {Header::AuthenticationInfo, "Authentication-Info", 0, false},
    {Header::CallId, "Call-ID", 'i', true},
    {Header::CallInfo, "Call-Info", 0, false},
    {Header::Contact, "Contact", 'm', false},
    {Header::ContentDisposition, "Content-Disposition", 0, true},
    {Header::ContentEncoding, "Content-Encoding", 'e', false},
    {Header::ContentLanguage, "Content-Language", 0, false},
    {Header::ContentLength, "Content-Length", 'l', true},
    {Header::ContentType, "Content-Type", 'c', true},
    {Header::CSeq, "CSeq", 0, true},
    {Header::Date, "Date", 0, true},
    {Header::Diversion, "Diversion", 0, false},  // RFC 5806
    {Header::ErrorInfo, "Error-Info", 0, false},
    {Header::Event, "Event", 'o', true},  // RFC 6665
    {Header::Expires, "Expires", 0, true},
    {Header::From, "From", 'f', true},
    {Header::HistoryInfo, "History-Info", 0, false},  // RFC 7044
    {Header::InReplyTo, "In-Reply-To", 0, false},
    {Header::MaxForwards, "Max-Forwards", 0, true},
    {Header::MimeVersion, "MIME-Version", 0, true},
    {Header::MinExpires, "Min-Expires", 0, true},
    {Header::MinSe, "Min-SE", 0, true},  // RFC 4028
    {Header::Organization, "Organization", 0, true},
    {Header::PAssertedIdentity, "P-Asserted-Identity", 0, false},  // RFC 3325
    {Header::Path, "Path", 0, false},                              // RFC 3327
    {Header::PPreferredIdentity, "P-Preferred-Identity", 0, false},
    {Header::Priority, "Priority", 0, true},
    {Header::Privacy, "Privacy", 0, false},  // RFC 3323
    {Header::ProxyAuthenticate, "Proxy-Authenticate", 0, false},
    {Header::ProxyAuthorization, "Proxy-Authorization", 0, false},
    {Header::ProxyRequire, "Proxy-Require", 0, false},
    {Header::Rack, "RAck", 0, true},       // RFC 3262
    {Header::Reason, "Reason", 0, false},  // RFC 3326
    {Header::RecordRoute, "Record-Route", 0, false},
    {Header::ReferredBy, "Referred-By", 'b', true},  // RFC 3892
    {Header::ReferTo, "Refer-To", 'r', true},        // RFC 3515
    {Header::Replaces, "Replaces", 0, true},         // RFC 3891
    {Header::ReplyTo, "Reply-To", 0, true},
    {Header::Require, "Require", 0, false},
    {Header::RetryAfter, "Retry-After", 0, true},
    {Header::Route, "Route", 0, false},
    {Header::Rseq, "RSeq", 0, true},
    {Header::Server, "Server", 0, true},
    {Header::ServiceRoute, "Service-Route", 0, false},       // RFC 3608
    {Header::SessionExpires, "Session-Expires", 'x', true},  // RFC 4028
    {Header::Subject, "Subject", 's', true},
    {Header::SubscriptionState, "Subscription-State", 0, true},
    {Header::Supported, "Supported", 'k', false},
    {Header::Timestamp, "Timestamp", 0, true},
    {Header::To, "To", 't', true},
    {Header::Unsupported, "Unsupported", 0, false},
    {Header::UserAgent, "User-Agent", 0, true},
    {Header::Via, "Via", 'v', false},
    {Header::Warning, "Warning", 0, false},
    {Header::WwwAuthenticate, "WWW-Authenticate", 0, false},
};
constexpr std::size_t kHeaderCount = std::size(kHeaders);
static_assert(kHeaderCount == static_cast<std::size_t>(Header::Other));
static_assert([] {
  for (std::size_t i = 0; i < kHeaderCount; ++i)
    if (kHeaders[i].id != static_cast<Header>(i)) return false;
  return true;
}());

// Length, first, middle and last letter tell the names apart nearly always; the slot then holds the row to compare
// with.
constexpr std::size_t kSlots = 256;
constexpr std::size_t slot_of(std::string_view name) {
  const auto at = [&](std::size_t i) {
    return static_cast<std::size_t>(static_cast<unsigned char>(scan::lower(name[i])));
  };
  return (name.size() * 29 + at(0) * 7 + at(name.size() / 2) * 3 + at(name.size() - 1) * 13) % kSlots;
}
constexpr std::uint8_t kFree = 0xff;
constexpr auto kNameSlots = [] {
  std::array<std::uint8_t, kSlots> slots{};
  slots.fill(kFree);
  for (std::size_t i = 0; i < kHeaderCount; ++i) {
    std::size_t slot = slot_of(kHeaders[i].name);
    while (slots[slot] != kFree) slot = (slot + 1) % kSlots;
    slots[slot] = static_cast<std::uint8_t>(i);
  }
  return slots;
}();
constexpr auto kCompact = [] {
  std::array<Header, 26> forms{};
  forms.fill(Header::Other);
  for (const auto& row : kHeaders)
    if (row.compact != 0) forms[static_cast<std::size_t>(row.compact - 'a')] = row.id;
  return forms;
}();

constexpr std::string_view kMethods[] = {"INVITE", "ACK",  "BYE",     "CANCEL", "OPTIONS",   "REGISTER", "PRACK",
                                         "UPDATE", "INFO", "MESSAGE", "REFER",  "SUBSCRIBE", "NOTIFY",   "PUBLISH"};
static_assert(std::size(kMethods) == static_cast<std::size_t>(Method::Other));

constexpr std::string_view kTransports[] = {"UDP", "TCP", "TLS", "WS", "WSS"};

}  // namespace

Header header_of(std::string_view name) noexcept {
  if (name.empty()) return Header::Other;
  if (name.size() == 1) {
    const char c = scan::lower(name.front());
    return c >= 'a' && c <= 'z' ? kCompact[static_cast<std::size_t>(c - 'a')] : Header::Other;
  }
  for (std::size_t slot = slot_of(name); kNameSlots[slot] != kFree; slot = (slot + 1) % kSlots)
    if (scan::iequals(kHeaders[kNameSlots[slot]].name, name)) return kHeaders[kNameSlots[slot]].id;
  return Header::Other;
}

std::string_view name_of(Header header) noexcept {
  return header == Header::Other ? std::string_view{} : kHeaders[static_cast<std::size_t>(header)].name;
}

bool is_single(Header header) noexcept {
  return header != Header::Other && kHeaders[static_cast<std::size_t>(header)].single;
}

Method method_of(std::string_view text) noexcept {
  for (std::size_t i = 0; i < std::size(kMethods); ++i)
    if (text == kMethods[i]) return static_cast<Method>(i);
  return Method::Other;
}

std::string_view to_string(Method method) noexcept {
  return method == Method::Other ? std::string_view{} : kMethods[static_cast<std::size_t>(method)];
}

Transport transport_of(std::string_view name) noexcept {
  for (std::size_t i = 0; i < std::size(kTransports); ++i)
    if (scan::iequals(name, kTransports[i])) return static_cast<Transport>(i);
  return Transport::Other;
}

std::string_view to_string(Transport transport) noexcept {
  return transport == Transport::Other ? std::string_view("OTHER") : kTransports[static_cast<std::size_t>(transport)];
}

std::string_view to_string(SipErrc code) noexcept {
  static constexpr std::string_view kNames[] = {
      "truncated",     "bad start line", "bad version",     "bad header",        "bad token",
      "bad number",    "bad uri",        "bad host",        "bad quoting",       "bad parameter",
      "trailing text", "missing header", "repeated header", "mismatch",          "too large",
      "too many",      "unknown scheme", "unknown method",  "unknown extension", "unknown media type"};
  static_assert(std::size(kNames) == static_cast<std::size_t>(SipErrc::UnknownMediaType) + 1);
  return kNames[static_cast<std::size_t>(code)];
}

}  // namespace parley::sip
