#include <array>

#include <sip/header_name.hpp>
#include <sip/method.hpp>
#include <sip/parse_error.hpp>
#include <sip/scan.hpp>
#include <sip/transport.hpp>

namespace parley::sip {
namespace {

struct HeaderRow {
  std::string_view name;
  Header id;
  char compact;  // 0: none
  bool single;
};

// RFC 3261 §20 unless said otherwise. In the order of the enumeration.
constexpr HeaderRow kHeaders[] = {
    {"Accept", Header::Accept, 0, false},
    {"Accept-Contact", Header::AcceptContact, 'a', false},  // RFC 3841
    {"Accept-Encoding", Header::AcceptEncoding, 0, false},
    {"Accept-Language", Header::AcceptLanguage, 0, false},
    {"Alert-Info", Header::AlertInfo, 0, false},
    {"Allow", Header::Allow, 0, false},
    {"Allow-Events", Header::AllowEvents, 'u', false},  // RFC 6665
    {"Answer-Mode", Header::AnswerMode, 0, true},       // RFC 5373
    {"Authentication-Info", Header::AuthenticationInfo, 0, false},
    {"Authorization", Header::Authorization, 0, false},
    {"Call-ID", Header::CallId, 'i', true},
    {"Call-Info", Header::CallInfo, 0, false},
    {"Contact", Header::Contact, 'm', false},
    {"Content-Disposition", Header::ContentDisposition, 0, true},
    {"Content-Encoding", Header::ContentEncoding, 'e', false},
    {"Content-Language", Header::ContentLanguage, 0, false},
    {"Content-Length", Header::ContentLength, 'l', true},
    {"Content-Type", Header::ContentType, 'c', true},
    {"CSeq", Header::CSeq, 0, true},
    {"Date", Header::Date, 0, true},
    {"Diversion", Header::Diversion, 0, false},  // RFC 5806
    {"Error-Info", Header::ErrorInfo, 0, false},
    {"Event", Header::Event, 'o', true},  // RFC 6665
    {"Expires", Header::Expires, 0, true},
    {"Flow-Timer", Header::FlowTimer, 0, true},  // RFC 5626
    {"From", Header::From, 'f', true},
    {"Geolocation", Header::Geolocation, 0, false},                // RFC 6442
    {"Geolocation-Error", Header::GeolocationError, 0, true},      // RFC 6442
    {"Geolocation-Routing", Header::GeolocationRouting, 0, true},  // RFC 6442
    {"History-Info", Header::HistoryInfo, 0, false},               // RFC 7044
    {"Identity", Header::Identity, 'y', false},                    // RFC 8224
    {"In-Reply-To", Header::InReplyTo, 0, false},
    {"Join", Header::Join, 0, true},               // RFC 3911
    {"Max-Breadth", Header::MaxBreadth, 0, true},  // RFC 5393
    {"Max-Forwards", Header::MaxForwards, 0, true},
    {"MIME-Version", Header::MimeVersion, 0, true},
    {"Min-Expires", Header::MinExpires, 0, true},
    {"Min-SE", Header::MinSe, 0, true},  // RFC 4028
    {"Organization", Header::Organization, 0, true},
    {"P-Asserted-Identity", Header::PAssertedIdentity, 0, false},    // RFC 3325
    {"Path", Header::Path, 0, false},                                // RFC 3327
    {"P-Preferred-Identity", Header::PPreferredIdentity, 0, false},  // RFC 3325
    {"Priority", Header::Priority, 0, true},
    {"Privacy", Header::Privacy, 0, false},                 // RFC 3323
    {"Priv-Answer-Mode", Header::PrivAnswerMode, 0, true},  // RFC 5373
    {"Proxy-Authenticate", Header::ProxyAuthenticate, 0, false},
    {"Proxy-Authentication-Info", Header::ProxyAuthenticationInfo, 0, true},  // RFC 7615
    {"Proxy-Authorization", Header::ProxyAuthorization, 0, false},
    {"Proxy-Require", Header::ProxyRequire, 0, false},
    {"RAck", Header::Rack, 0, true},       // RFC 3262
    {"Reason", Header::Reason, 0, false},  // RFC 3326
    {"Record-Route", Header::RecordRoute, 0, false},
    {"Recv-Info", Header::RecvInfo, 0, false},              // RFC 6086
    {"Info-Package", Header::InfoPackage, 0, true},         // RFC 6086
    {"Referred-By", Header::ReferredBy, 'b', true},         // RFC 3892
    {"Refer-Sub", Header::ReferSub, 0, true},               // RFC 4488
    {"Refer-To", Header::ReferTo, 'r', true},               // RFC 3515
    {"Reject-Contact", Header::RejectContact, 'j', false},  // RFC 3841
    {"Remote-Party-ID", Header::RemotePartyId, 0, false},
    {"Replaces", Header::Replaces, 0, true},  // RFC 3891
    {"Reply-To", Header::ReplyTo, 0, true},
    {"Request-Disposition", Header::RequestDisposition, 'd', false},  // RFC 3841
    {"Require", Header::Require, 0, false},
    {"Retry-After", Header::RetryAfter, 0, true},
    {"Route", Header::Route, 0, false},
    {"RSeq", Header::Rseq, 0, true},  // RFC 3262
    {"Server", Header::Server, 0, true},
    {"Service-Route", Header::ServiceRoute, 0, false},       // RFC 3608
    {"Session-Expires", Header::SessionExpires, 'x', true},  // RFC 4028
    {"SIP-ETag", Header::SipEtag, 0, true},                  // RFC 3903
    {"SIP-If-Match", Header::SipIfMatch, 0, true},           // RFC 3903
    {"Subject", Header::Subject, 's', true},
    {"Subscription-State", Header::SubscriptionState, 0, true},  // RFC 6665
    {"Supported", Header::Supported, 'k', false},
    {"Suppress-If-Match", Header::SuppressIfMatch, 0, true},  // RFC 5839
    {"Target-Dialog", Header::TargetDialog, 0, true},         // RFC 4538
    {"Timestamp", Header::Timestamp, 0, true},
    {"To", Header::To, 't', true},
    {"Unsupported", Header::Unsupported, 0, false},
    {"User-Agent", Header::UserAgent, 0, true},
    {"User-to-User", Header::UserToUser, 0, false},  // RFC 7433
    {"Via", Header::Via, 'v', false},
    {"Warning", Header::Warning, 0, false},
    {"WWW-Authenticate", Header::WwwAuthenticate, 0, false},
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
constexpr std::size_t kSlots = 512;
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
      "truncated",       "bad start line", "bad version",       "bad header",         "bad token",     "bad number",
      "bad uri",         "bad host",       "bad quoting",       "bad parameter",      "trailing text", "missing header",
      "repeated header", "mismatch",       "other version",     "too large",          "too many",      "too many hops",
      "unknown scheme",  "unknown method", "unknown extension", "unknown media type", "bad body"};
  static_assert(std::size(kNames) == static_cast<std::size_t>(SipErrc::BadBody) + 1);
  return kNames[static_cast<std::size_t>(code)];
}

}  // namespace parley::sip
