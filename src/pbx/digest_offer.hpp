#pragma once
#include <span>
#include <string_view>

#include <sip/digest.hpp>

namespace parley::pbx {

/// Which digest algorithms a challenge names, in order. RFC 8760 §2.4: the one we like best first; a client takes the
/// first that it knows: SHA-256, then SHA-512-256, then MD5. Some do not: libre before 2 (baresip 1.0, the one of
/// Debian 12) gives up as soon as any challenge is not MD5, and SIPp 3.6 looks at the first only. They are known by
/// their User-Agent, or by having none, and get what they can read. All are accepted from everybody. Pure.
[[nodiscard]] std::span<const sip::DigestAlgorithm> digest_offer(std::string_view user_agent) noexcept;

}  // namespace parley::pbx
