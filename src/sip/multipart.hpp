#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <base/result.hpp>
#include <sip/parse_error.hpp>

namespace parley::sip {

class Message;

inline constexpr std::size_t kMaxBodyParts = 16;
inline constexpr std::size_t kMaxBodyDepth = 4;

/// One leaf of a body: the body itself, or a part of a multipart, however deep.
struct BodyPart {
  std::string type;         // "application/sdp", lower case, without parameters
  std::string disposition;  // lower case; as RFC 3261 §20.11 has it where none is given: session for SDP, else render
  std::string content_id;   // without <>
  std::string encoding;   // Content-Encoding or Content-Transfer-Encoding that is not the identity; "" for plain bytes
  bool optional = false;  // handling=optional, its own or an enclosing body's: may be ignored if not understood
  unsigned alternatives = 0;  // of multipart/alternative: parts with the same number say the same thing, the last one
                              // best; 0: it stands for itself
  std::string_view content;   // into the message
};

/// The parts of a message's body in their order; one for a body that is no multipart, none for no body.
/// Source: RFC 2046 §5.1, RFC 5621.   Bounds: 16 parts, 4 deep.   Lifetime: `content` as long as the message.
/// Errors: a multipart without a boundary, with one that never ends, or over a bound; offset into the message.
[[nodiscard]] Result<std::vector<BodyPart>, ParseError> body_parts(const Message& message);

}  // namespace parley::sip
