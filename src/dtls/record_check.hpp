#pragma once
#include <cstdint>

#include <base/bytes.hpp>

namespace parley::dtls {

inline constexpr std::size_t kMaxHandshakeMessage = 16'384;  // certificates are small: what is longer is an attack
inline constexpr std::size_t kMaxRecords = 16;               // in one datagram

enum class RecordVerdict : std::uint8_t {
  Fine,
  Truncated,    // a header or body that is not there
  BadType,      // no content type of DTLS 1.2
  BadVersion,   // neither 1.0 (which a first ClientHello may say) nor 1.2
  BadFragment,  // a handshake fragment beyond its message, or a message beyond the bound
  BadHello,     // a ClientHello that offers nothing
  ClearAlert,   // an alert that nobody vouches for
  TooMany,
};

/// Looks at a datagram before the TLS library does: whole records, sane fragments, no forged alert. One bad record
/// refuses the datagram, which is as if it were lost; a handshake does not end by it.
/// Source: RFC 6347 §4.1 (records), §4.1.2.7 (invalid ones are dropped silently), §4.2.2 (fragments).
/// Pure. Records of epoch 1 and above are encrypted: their length is all that can be seen.
[[nodiscard]] RecordVerdict check_records(BytesView datagram) noexcept;

}  // namespace parley::dtls
