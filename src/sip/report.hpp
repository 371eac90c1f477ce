#pragma once
#include <string>
#include <vector>

#include <sip/check.hpp>

namespace parley::sip {

/// One thing that is wrong with a message, for people.
struct Finding {
  ParseError error;         // offset into the message's bytes
  std::string_view field;   // name of the header field as it stands there; "" in the start line or body
  std::string_view source;  // "RFC 3261 §20.10"
  bool refuses = false;     // no server may serve a message with this; otherwise the field counts as absent
};

enum class Reading : std::uint8_t {
  Accepted,  // well formed: every parser must take it, though this element may not serve it (verdict)
  Refused,   // malformed: no parser may take it
  NotSip,    // neither a start line nor a header of SIP is in it
};

/// What a message is worth, by the very checks that the server makes, and every fault that its fields have.
/// Lifetime: views into the message and into static text.
struct Report {
  Reading reading = Reading::Accepted;
  Verdict verdict;
  std::vector<Finding> findings;  // in the order of their offsets
};
[[nodiscard]] Report report_on(const Message& message, const CheckOptions& options);

/// "a number is out of range": what a code means, in a sentence's words.
[[nodiscard]] std::string_view explain(SipErrc code) noexcept;

}  // namespace parley::sip
