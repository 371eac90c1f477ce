#pragma once
#include <span>
#include <string_view>

#include <sip/digest.hpp>

namespace parley::pbx {

/// Which digest algorithms a challenge names, in order. RFC 8760 §2.4: SHA-256 first, then MD5; a client takes the
/// first that it knows. Some do not: libre before 2 (baresip 1.0, the one of Debian 12) gives up as soon as any
/// challenge is not MD5, and SIPp 3.6 looks at the first only. They are known by their User-Agent, or by having none,
/// and get what they can read. Both algorithms are accepted from everybody. Pure.
[[nodiscard]] std::span<const sip::DigestAlgorithm> digest_offer(std::string_view user_agent) noexcept;

}  // namespace parley::pbx
