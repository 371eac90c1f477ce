#pragma once
#include <span>
#include <string>

#include <sip/message.hpp>

namespace parley::sip {

/// What this element can serve; the rest gets the status that RFC 3261 §8.2 names.
struct CheckOptions {
  MethodSet methods{Method::Invite, Method::Ack, Method::Bye, Method::Cancel, Method::Options, Method::Register};
  std::span<const std::string_view> extensions{};  // option tags for Require and Proxy-Require
  /// What a body, or a part of it that must be understood, may be: "application/sdp"; empty: anything. Holds for the
  /// methods whose bodies are about sessions; what INFO, MESSAGE, NOTIFY... carry is for their users to judge.
  std::span<const std::string_view> body_types{};
  MethodSet body_methods{Method::Invite, Method::Options, Method::Prack, Method::Register, Method::Update};
  std::size_t max_body = 32'768;        // beyond: 413
  std::size_t max_request_uri = 2'048;  // beyond: 414
  bool forwards = true;                 // Max-Forwards 0 is then 483 (OPTIONS and REGISTER to us excepted)
};

enum class Outcome : std::uint8_t { Process, Reply, Drop };

struct Verdict {
  Outcome outcome = Outcome::Process;
  std::uint16_t status = 0;  // of the reply
  ParseError error;          // why; offset into the message
  std::string header;        // one whole header line that the reply must carry ("Unsupported: x"), or ""
};

/// Whether Accept lets a body of that type back (RFC 3261 §20.1); absent: yes, for it is what the request is about.
[[nodiscard]] bool accepts(const Message& message, std::string_view type, std::string_view subtype);

/// Decides what happens to a received message before any transaction or user sees it. A request that cannot be served
/// is answered (with the status of the first fault), unless it is an ACK or no way back can be read from it: dropped; a
/// broken response is dropped. Source: RFC 3261 §8.1.3.3, §8.2, §16.3; RFC 4475.
[[nodiscard]] Verdict check(const Message& message, const CheckOptions& options);

}  // namespace parley::sip
