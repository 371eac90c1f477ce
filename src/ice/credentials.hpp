#pragma once
#include <optional>
#include <string>
#include <string_view>

#include <base/random.hpp>

namespace parley::ice {

/// One end's short-term credentials for the checks that the other end sends to it.   Source: RFC 8445 §5.3, RFC 8839
/// §5.4. They go through signalling, never into a log.
struct Credentials {
  std::string ufrag;
  std::string password;
  friend bool operator==(const Credentials&, const Credentials&) = default;
};

/// New ones: the ufrag carries the number of the reactor that owns the call (as our branches and tags do, but in the
/// signs that ICE allows), 40 bits of chance; the password 130.
[[nodiscard]] Credentials mint_credentials(unsigned owner, Random& random);
/// nullopt: not of our making.
[[nodiscard]] std::optional<unsigned> owner_of_ufrag(std::string_view ufrag) noexcept;

/// ice-char of RFC 8839 §5.4 and its lengths: 4 to 256, 22 to 256.
[[nodiscard]] bool is_ufrag(std::string_view text) noexcept;
[[nodiscard]] bool is_password(std::string_view text) noexcept;

}  // namespace parley::ice
