#include <algorithm>

#include <sip/grammar.hpp>
#include <sip/report.hpp>
#include <sip/scan.hpp>

namespace parley::sip {
namespace {

const Message::Field* field_at(const Message& message, std::uint32_t offset) {
  const auto found = std::ranges::find_if(message.fields(), [&](const Message::Field& field) {
    return field.name_at <= offset && offset <= field.value_at + field.value_size;
  });
  return found == message.fields().end() ? nullptr : &*found;
}

/// Where the rule stands that a fault outside a field's own grammar breaks.
std::string_view rule_for(const Message& message, const ParseError& error) {
  switch (error.code) {
    case SipErrc::BadHeader:
    case SipErrc::Repeated: return "RFC 3261 §7.3";
    case SipErrc::Missing: return "RFC 3261 §8.1.1";
    case SipErrc::Mismatch: return message.is_request() ? "RFC 3261 §8.1.1.5" : "RFC 3261 §8.1.3.3";
    case SipErrc::UnknownScheme: return "RFC 3261 §8.2.2.1";
    case SipErrc::UnknownMethod: return "RFC 3261 §8.2.1";
    case SipErrc::UnknownExtension: return "RFC 3261 §8.2.2.3";
    case SipErrc::UnknownMediaType: return "RFC 3261 §8.2.3";
    case SipErrc::TooManyHops: return "RFC 3261 §16.3";
    case SipErrc::OtherVersion: return "RFC 3261 §21.5.6";
    case SipErrc::BadBody: return message.sdp().empty() ? "RFC 2046 §5.1" : "RFC 8866 §9";
    case SipErrc::BadUri:
    case SipErrc::BadHost: return "RFC 3261 §19.1";
    case SipErrc::Truncated: return "RFC 3261 §18.3";
    case SipErrc::TooLarge:
    case SipErrc::TooMany: return "RFC 3261 §21.5.7";
    default: return message.is_request() ? "RFC 3261 §7.1" : "RFC 3261 §7.2";
  }
}

Finding finding(const Message& message, const ParseError& error, bool refuses) {
  Finding out{error, {}, {}, refuses};
  const auto* const field = field_at(message, error.offset);
  const bool of_grammar = error.code < SipErrc::Missing && error.code != SipErrc::BadHeader;
  if (field != nullptr) {
    out.field = message.name_of_field(*field);
    if (of_grammar) out.source = rule_of(field->id).source;
  }
  if (out.source.empty()) out.source = rule_for(message, error);
  return out;
}

/// Whether anything of it looks like SIP: the version in its first line, or a header that every message has.
bool is_sip(const Message& message) {
  const auto bytes = message.bytes();
  const auto start = std::min(bytes.find_first_not_of("\r\n"), bytes.size());
  const auto line = bytes.substr(start, bytes.find('\n', start) - start);
  for (std::size_t at = 0; at + 4 <= line.size(); ++at)
    if (scan::iequals(line.substr(at, 4), "SIP/")) return true;
  return message.has(Header::Via) && message.has(Header::CSeq);
}

}  // namespace

Report report_on(const Message& message, const CheckOptions& options) {
  Report out;
  out.verdict = check(message, options);
  if (!is_sip(message)) out.reading = Reading::NotSip;
  const bool refused = out.verdict.outcome != Outcome::Process;
  if (refused) {
    out.findings.push_back(finding(message, out.verdict.error, true));
    if (out.reading == Reading::Accepted && is_malformed(out.verdict.error.code)) out.reading = Reading::Refused;
  }
  if (out.verdict.error.code == SipErrc::OtherVersion) return out;  // what that means by its fields nobody here knows
  for (const auto& field : message.fields()) {
    const auto value = message.text_of(field);
    const auto wrong = grammar_fault(field.id, value);
    if (!wrong) continue;
    const ParseError error{wrong->code, message.offset_of(value) + wrong->offset, wrong->status};
    const bool told = std::ranges::any_of(out.findings, [&](const Finding& one) {
      return one.error.offset >= field.name_at && one.error.offset <= field.value_at + field.value_size;
    });
    if (told) continue;
    // Responses are taken as they come as long as they reach their transaction.
    const bool refuses = message.is_request() && rule_of(field.id).malformed == Malformed::Refused;
    out.findings.push_back(finding(message, error, refuses));
    if (refuses && out.reading == Reading::Accepted) out.reading = Reading::Refused;
  }
  std::ranges::sort(out.findings, {}, [](const Finding& one) { return one.error.offset; });
  return out;
}

std::string_view explain(SipErrc code) noexcept {
  switch (code) {
    case SipErrc::Truncated: return "it ends in the middle: something that was promised does not come";
    case SipErrc::BadStartLine: return "this is no start line of SIP: three parts with one space between";
    case SipErrc::BadVersion: return "the version is not SIP/2.0";
    case SipErrc::BadHeader: return "this is no header line: a name, a colon, and an end of line with CR and LF";
    case SipErrc::BadToken: return "a sign stands here that the grammar does not allow";
    case SipErrc::BadNumber: return "this is no number, or one that is out of range";
    case SipErrc::BadUri: return "this is no URI, or one that may not stand here so";
    case SipErrc::BadHost: return "this is no host: a name, an IPv4 address, or an IPv6 address in brackets";
    case SipErrc::BadQuoting: return "a quoted string, or a <URI>, has no end";
    case SipErrc::BadParameter: return "a parameter is broken";
    case SipErrc::TrailingText: return "something stands behind a complete value";
    case SipErrc::Missing: return "something mandatory is missing";
    case SipErrc::Repeated: return "this header may stand once only";
    case SipErrc::Mismatch: return "two fields that must agree do not";
    case SipErrc::OtherVersion: return "it is of another version than SIP/2.0";
    case SipErrc::TooLarge: return "it is larger than the server takes";
    case SipErrc::TooMany: return "there are more of these than the server takes";
    case SipErrc::TooManyHops: return "no hop is left";
    case SipErrc::UnknownScheme: return "a URI of this scheme is not served";
    case SipErrc::UnknownMethod: return "this method is not served";
    case SipErrc::UnknownExtension: return "an extension is required that is not supported";
    case SipErrc::UnknownMediaType:
      return "a body of this type is not understood, or none that is accepted can be given";
    case SipErrc::BadBody: return "the body breaks its own grammar";
  }
  return "";
}

}  // namespace parley::sip
