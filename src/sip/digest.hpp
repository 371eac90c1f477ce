#pragma once
#include <array>
#include <deque>
#include <string>
#include <unordered_map>

#include <base/bytes.hpp>
#include <base/clock.hpp>
#include <base/random.hpp>
#include <sip/headers.hpp>
#include <sip/message.hpp>

namespace parley::sip {

enum class DigestAlgorithm : std::uint8_t { Md5, Sha256 };  // RFC 8760 §2.2
[[nodiscard]] std::string_view to_string(DigestAlgorithm algorithm) noexcept;

/// H(user:realm:password) in lower-case hex, for both algorithms: what a server keeps instead of the password. As
/// secret as the password within its realm.
struct Ha1 {
  std::string md5;
  std::string sha256;
  [[nodiscard]] static Ha1 of(std::string_view user, std::string_view realm, std::string_view password);
};

enum class AuthOutcome : std::uint8_t {
  Ok,
  Stale,      // right, but the nonce is too old, used up, not ours or not for this address: challenge again, stale=true
  Wrong,      // wrong response, or without qop=auth
  Malformed,  // 400: a needed part is missing or twice, or uri is not the Request-URI
};

/// Server side. Nonces are stateless: time of making and HMAC(secret, time | source address); so any reactor or node
/// with the secret can verify them. Uses are counted, within bounds, so that a captured request cannot be played again.
/// Source:   RFC 7616, RFC 8760, RFC 3261 §22; qop=auth is demanded (a 2069-style response is Wrong).
/// Thread:   one at a time. One for the whole server, behind a lock: a captured request played again with another
/// Call-ID lands
///           on another reactor, and must be found there too.
class DigestServer {
 public:
  struct Options {
    std::chrono::seconds nonce_lifetime{300};
    std::size_t max_tracked_nonces = 50'000;
  };
  DigestServer(std::array<std::uint8_t, 32> secret, Options options);
  explicit DigestServer(std::array<std::uint8_t, 32> secret) : DigestServer(secret, Options{}) {}

  /// The value of one WWW-Authenticate/Proxy-Authenticate field. Send the SHA-256 one first, then MD5 (RFC 8760 §2.4).
  [[nodiscard]] std::string challenge(std::string_view realm, DigestAlgorithm algorithm, const IpAddress& source,
                                      WallTime now, bool stale = false);

  /// The Digest credentials for `realm` in a request (Authorization or Proxy-Authorization); nullopt: none, so
  /// challenge.
  [[nodiscard]] static std::optional<AuthParams> credentials(const Message& request, Header header,
                                                             std::string_view realm);
  [[nodiscard]] static std::string username(const AuthParams& credentials);  // unescaped

  /// `ha1`: that of the user named, or of nobody (Ha1::of with random) so that unknown users cost the same time.
  [[nodiscard]] AuthOutcome verify(const AuthParams& credentials, const Message& request, const Ha1& ha1, WallTime now);

 private:
  struct Use {
    std::uint32_t highest = 0;
    std::uint64_t window = 0;  // bit i: highest - i was seen
  };
  [[nodiscard]] std::string make_nonce(std::uint64_t made, const IpAddress& source) const;
  [[nodiscard]] bool accept_count(std::uint64_t nonce_id, std::uint64_t made, std::uint32_t count, WallTime now);

  std::array<std::uint8_t, 32> secret_;
  Options options_;
  std::unordered_map<std::uint64_t, Use> uses_;
  std::deque<std::pair<std::uint64_t, std::uint64_t>> order_;  // (made, nonce id), oldest use first
  std::uint64_t forgotten_before_ = 0;  // nonces made up to here may have lost their count: stale
  std::uint64_t serial_ = 0;
};

/// Client side: answers a challenge.
struct DigestAccount {
  std::string_view user;
  std::string_view
      realm;  // answered only if the challenge names this realm; "" any: only for a peer that is trusted so
  std::string_view password;
};
/// The value for Authorization (or Proxy-Authorization). nullopt: no challenge that we can or may answer. Of several
/// the strongest is taken. `nonce_count`: 1 for the first use of a nonce.
[[nodiscard]] std::optional<std::string> answer_challenge(const Message& response, const DigestAccount& account,
                                                          Method method, std::string_view uri,
                                                          std::uint32_t nonce_count, Random& random);

}  // namespace parley::sip
