#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <srtp/keys.hpp>

#include <base/result.hpp>
#include <sdp/session.hpp>

namespace parley::sdp {

inline constexpr std::size_t kMaxCrypto = 16;  // lines of one medium that are looked at

/// Why an a=crypto line cannot be used. The line is then as if it were not there (RFC 4568 §5.1.2).
enum class CryptoErrc : std::uint8_t {
  BadLine,       // not tag, suite, key parameters
  BadTag,        // one to nine digits
  UnknownSuite,  // none of srtp::Profile
  BadKey,        // no "inline:", no base64, or the wrong length for the suite
  SeveralKeys,   // they need an MKI
  BadLifetime,   // 0, or more than a key may protect (RFC 3711 §9.2)
  Mki,           // master key identifiers: we put none into packets and expect none
  BadParameter,  // a session parameter that would weaken it, or that we do not do
};
[[nodiscard]] std::string_view to_string(CryptoErrc code) noexcept;

/// One a=crypto line: an offered or accepted key of the end that wrote it.
struct CryptoLine {
  std::uint32_t tag = 1;
  srtp::MasterKey key;
  friend bool operator==(const CryptoLine&, const CryptoLine&) = default;
};

/// `tag suite inline:key[|lifetime][|MKI:length] [session-parameter…]`, what stands behind "a=crypto:".
/// Source: RFC 4568 §9.1, RFC 7714 §14.2. A lifetime is the sender's to keep and is only checked; KDR=0 and a valid WSH
/// change nothing and are taken, unknown parameters only with their '-' (RFC 4568 §6.3.7).
[[nodiscard]] Result<CryptoLine, CryptoErrc> parse_crypto(std::string_view value);
/// What parse_crypto reads. It contains the key: the text goes into a description and nowhere else.
[[nodiscard]] std::string write_crypto(const CryptoLine& line);
/// Those of a medium that can be used, in their order; of two with one tag the first.
[[nodiscard]] std::vector<CryptoLine> crypto_lines(const Media& medium);

}  // namespace parley::sdp
