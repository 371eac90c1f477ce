#include <algorithm>

#include <sdp/session.hpp>
#include <sip/check.hpp>
#include <sip/grammar.hpp>
#include <sip/multipart.hpp>
#include <sip/negotiation_headers.hpp>
#include <sip/scan.hpp>

namespace parley::sip {
namespace {

Verdict refuse(std::uint16_t status, SipErrc code, std::uint32_t offset = 0, std::string header = {}) {
  return {Outcome::Reply, status, {code, offset, status}, std::move(header)};
}

/// The first fault in the lists of addresses; each must parse, within bounds.
std::optional<ParseError> address_fault(const Message& message) {
  std::optional<ParseError> fault;
  const auto look = [&](Header id, std::size_t max, bool star, bool bracketed) {
    std::size_t count = 0;
    bool has_star = false;
    message.each_element(id, [&](std::string_view element) {
      if (fault) return;
      const auto parsed = parse_name_addr(element);
      const auto offset = message.offset_of(element);
      if (!parsed) {
        fault = ParseError{parsed.error().code, offset + parsed.error().offset, 400};
      } else if (++count > max) {
        fault = ParseError{SipErrc::TooMany, offset, 400};
      } else if ((parsed->is_star && !star) || (bracketed && !parsed->bracketed)) {
        fault = ParseError{SipErrc::BadUri, offset, 400};
      }
      has_star = has_star || (parsed && parsed->is_star);
      if (!fault && has_star && count > 1) fault = ParseError{SipErrc::Repeated, offset, 400};
    });
  };
  look(Header::Contact, kMaxContacts, message.is(Method::Register), false);
  look(Header::Route, kMaxVias, false, true);
  look(Header::RecordRoute, kMaxVias, false, true);
  return fault;
}

std::string unknown_extensions(const Message& message, std::span<const std::string_view> known) {
  std::string unknown;
  const auto look = [&](std::string_view tag) {
    const bool fine = tag.empty() || std::ranges::any_of(known, [&](auto one) { return scan::iequals(one, tag); });
    if (fine || !scan::all(tag, scan::kToken)) return;
    unknown += unknown.empty() ? "" : ", ";
    unknown += tag;
  };
  message.each_element(Header::Require, look);
  message.each_element(Header::ProxyRequire, look);
  return unknown;
}

std::string joined(std::span<const std::string_view> list) {
  std::string out;
  for (const auto one : list) {
    out += out.empty() ? "" : ", ";
    out += one;
  }
  return out;
}

/// A field that decides what happens and cannot be read (RFC 3261 §8.2.2). What Message::parse and address_fault look
/// at is not looked at again.
std::optional<ParseError> field_fault(const Message& message) {
  for (const auto& field : message.fields()) {
    switch (field.id) {
      case Header::Via:
      case Header::From:
      case Header::To:
      case Header::CSeq:
      case Header::CallId:
      case Header::MaxForwards:
      case Header::ContentLength:
      case Header::Contact:
      case Header::Route:
      case Header::RecordRoute:
      case Header::Other: continue;
      default: break;
    }
    if (rule_of(field.id).malformed != Malformed::Refused) continue;
    const auto value = message.text_of(field);
    if (const auto wrong = grammar_fault(field.id, value))
      return ParseError{wrong->code, message.offset_of(value) + wrong->offset, 400};
  }
  return std::nullopt;
}

/// The first part that must be understood and is not, nor another one that says the same (RFC 5621 §7.4, §8.3).
const BodyPart* part_not_served(const std::vector<BodyPart>& parts, std::span<const std::string_view> served) {
  const auto fine = [&](const BodyPart& part) {
    return part.encoding.empty() && std::ranges::find(served, part.type) != served.end();
  };
  for (const auto& part : parts) {
    if (part.optional || fine(part)) continue;
    const bool replaced = part.alternatives != 0 && std::ranges::any_of(parts, [&](const BodyPart& other) {
                            return other.alternatives == part.alternatives && fine(other);
                          });
    if (!replaced) return &part;
  }
  return nullptr;
}

/// The body before any user sees it: whether it can be read, and whether it is what we understand.
Verdict judge_body(const Message& message, const CheckOptions& options) {
  const auto session_fault = [&](std::string_view sdp) -> Verdict {
    if (sdp.empty()) return {};
    const auto session = sdp::parse_session(sdp);
    if (session) return {};
    return refuse(488, SipErrc::BadBody, message.offset_of(sdp) + session.error().offset);
  };
  const auto whole = message.sdp();  // nearly every body is this, and nothing else
  const bool served = std::ranges::find(options.body_types, "application/sdp") != options.body_types.end();
  if (served && whole.size() == message.body().size() && !message.has(Header::ContentEncoding))
    return session_fault(whole);
  const auto parts = body_parts(message);
  if (!parts) return refuse(400, SipErrc::BadBody, parts.error().offset);
  const BodyPart* const unserved = part_not_served(*parts, options.body_types);
  if (unserved != nullptr) {
    const auto offset = message.offset_of(unserved->content);
    if (!unserved->encoding.empty()) return refuse(415, SipErrc::UnknownMediaType, offset, "Accept-Encoding: identity");
    return refuse(415, SipErrc::UnknownMediaType, offset, "Accept: " + joined(options.body_types));
  }
  return session_fault(whole);
}

std::string allow_line(const MethodSet& methods) {
  std::string line = "Allow: ";
  for (unsigned i = 0; i < static_cast<unsigned>(Method::Other); ++i) {
    if (!methods.has(static_cast<Method>(i))) continue;
    if (line.size() > 7) line += ", ";
    line += to_string(static_cast<Method>(i));
  }
  return line;
}

Verdict judge_request(const Message& message, const CheckOptions& options) {
  if (message.request_uri_text().size() > options.max_request_uri)
    return refuse(414, SipErrc::TooLarge, message.offset_of(message.request_uri_text()));
  if (const auto& fault = message.fault()) return refuse(fault->status, fault->code, fault->offset);
  if (message.body().size() > options.max_body)
    return refuse(413, SipErrc::TooLarge, message.offset_of(message.body()));
  if (!options.methods.has(message.method())) {
    // A method that we know but do not serve is 405, one that we do not know 501 (§8.2.1, §21.5.2).
    const std::uint16_t status = message.method() == Method::Other ? 501 : 405;
    return refuse(status, SipErrc::UnknownMethod, message.offset_of(message.method_text()),
                  allow_line(options.methods));
  }
  if (message.cseq().method_text != message.method_text())
    return refuse(400, SipErrc::Mismatch, message.offset_of(message.cseq().method_text));
  if (message.request_uri().scheme == Scheme::Other)
    return refuse(416, SipErrc::UnknownScheme, message.offset_of(message.request_uri_text()));
  // Nothing behind the magic cookie: every such request would match every other (RFC 4475 §3.2.1).
  if (scan::iequals(message.top_via().branch, kMagicCookie))
    return refuse(400, SipErrc::Missing, message.offset_of(message.top_via().branch));
  if (const auto fault = address_fault(message)) return refuse(400, fault->code, fault->offset);
  if (const auto fault = field_fault(message)) return refuse(400, fault->code, fault->offset);
  if (message.is(Method::Register) && message.to().uri.scheme == Scheme::Other)
    return refuse(400, SipErrc::UnknownScheme, message.offset_of(message.to().text));
  const bool ours = message.is(Method::Register) || message.is(Method::Ack) || message.is(Method::Cancel) ||
                    (message.is(Method::Options) && message.request_uri().user.empty());
  if (options.forwards && !ours && message.max_forwards() == 0U) return refuse(483, SipErrc::TooManyHops);
  if (message.is(Method::Ack) || message.is(Method::Cancel)) return {};  // no Require in them (§8.2.2.3)
  // They say what an INVITE is for, and nothing else (RFC 3891 §3, RFC 3911 §4).
  if (!message.is(Method::Invite) && (message.has(Header::Replaces) || message.has(Header::Join)))
    return refuse(400, SipErrc::Mismatch);
  if (const auto unknown = unknown_extensions(message, options.extensions); !unknown.empty())
    return refuse(420, SipErrc::UnknownExtension, 0, "Unsupported: " + unknown);
  if (!message.body().empty() && !options.body_types.empty() && options.body_methods.has(message.method()))
    if (auto verdict = judge_body(message, options); verdict.outcome != Outcome::Process) return verdict;
  if (message.is(Method::Invite) && !accepts(message, "application", "sdp"))
    return refuse(406, SipErrc::UnknownMediaType);
  return {};
}

}  // namespace

bool accepts(const Message& message, std::string_view type, std::string_view subtype) {
  bool any = false;
  bool fine = false;
  message.each_element(Header::Accept, [&](std::string_view element) {
    any = any || !element.empty();
    const auto range = parse_media_range(element);
    fine = fine || (range && range->covers(type, subtype));
  });
  return fine || !any;
}

Verdict check(const Message& message, const CheckOptions& options) {
  if (message.is_response()) {
    Verdict verdict;
    if (const auto& fault = message.fault()) {
      verdict.error = *fault;
    } else if (message.via_count() != 1) {
      verdict.error.code = SipErrc::Mismatch;  // §8.1.3.3: not for us, and nothing to forward
    } else if (const auto addresses = address_fault(message)) {
      verdict.error = *addresses;
    } else {
      return verdict;
    }
    verdict.outcome = Outcome::Drop;
    return verdict;
  }
  auto verdict = judge_request(message, options);
  const bool answerable = message.has(Header::Via) && message.method_text() != "ACK";
  if (verdict.outcome == Outcome::Reply && !answerable) verdict.outcome = Outcome::Drop;
  return verdict;
}

}  // namespace parley::sip
