#pragma once
#include <cstdint>

#include <base/bytes.hpp>

namespace parley::dtls {

/// What a datagram on a shared port is, by its first bytes alone.
enum class Kind : std::uint8_t { Stun, Dtls, Rtp, Rtcp, Other };

/// Source: RFC 7983 §7 (0-3 STUN, 20-63 DTLS, 128-191 RTP; ZRTP, TURN channels and QUIC are nothing that we speak),
/// RFC 5761 §4 (192-223 in the second byte: RTCP).   Pure. Never reads past the end.
[[nodiscard]] constexpr Kind kind_of(BytesView datagram) noexcept {
  if (datagram.empty()) return Kind::Other;
  const auto first = datagram[0];
  if (first <= 3) return Kind::Stun;
  if (first >= 20 && first <= 63) return Kind::Dtls;
  if (first < 128 || first > 191 || datagram.size() < 2) return Kind::Other;
  return datagram[1] >= 192 && datagram[1] <= 223 ? Kind::Rtcp : Kind::Rtp;
}

}  // namespace parley::dtls
