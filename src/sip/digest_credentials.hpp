#pragma once
#include <string_view>

#include <base/result.hpp>
#include <sip/parse_error.hpp>

namespace parley::sip {

/// What a Digest Authorization says, all parts found in one walk over the text. Views into it; values stand without
/// their quotes and keep their escapes; "" for what is absent.
/// Source: RFC 7616 §3.4, RFC 3261 §25.1 (digest-response).
struct DigestCredentials {
  std::string_view username, realm, nonce, uri, response, algorithm, cnonce, qop, nonce_count, opaque;
  bool repeated = false;  // a part stands twice: this reader took the first, another may take the last
};

/// Errors: BadToken for another scheme; else as parse_auth().
[[nodiscard]] Result<DigestCredentials, ParseError> parse_digest_credentials(std::string_view text) noexcept;

}  // namespace parley::sip
