#pragma once
#include <array>
#include <deque>
#include <string>
#include <unordered_map>

#include <base/bytes.hpp>
#include <base/clock.hpp>
#include <base/random.hpp>
#include <sip/digest_credentials.hpp>
#include <sip/headers.hpp>
#include <sip/message.hpp>
#include <vault/hash.hpp>

namespace parley::sip {

enum class DigestAlgorithm : std::uint8_t { Md5, Sha256, Sha512_256 };  // RFC 8760 §2.2; the weakest first
[[nodiscard]] std::string_view to_string(DigestAlgorithm algorithm) noexcept;

/// H(user:realm:password) for each algorithm: what a server keeps instead of the password. As secret as the password
/// within its realm.
struct Ha1 {
  std::array<std::uint8_t, 16> md5{};
  std::array<std::uint8_t, 32> sha256{};
  std::array<std::uint8_t, 32> sha512_256{};
  [[nodiscard]] static Ha1 of(std::string_view user, std::string_view realm, std::string_view password);
  [[nodiscard]] BytesView operator[](DigestAlgorithm algorithm) const noexcept;
};

enum class AuthOutcome : std::uint8_t {
  Ok,
  Stale,      // right, but the nonce is too old, used up, not ours or not for this address: challenge again, stale=true
  Wrong,      // wrong response, or without qop
  Malformed,  // 400: a needed part is missing or twice, or uri names another user or server than the Request-URI
};

/// One use of a nonce, to be counted once.
struct NonceUse {
  std::uint64_t nonce = 0;
  std::uint64_t made = 0;  // milliseconds since 1970
  std::uint32_t count = 0;
};

/// Server side, without state: a nonce is its time of making and a keyed hash of that and the class of the source
/// address, so that any reactor or node with the secret can verify it. What verify() calls Ok must still pass
/// NonceUses. Source:   RFC 7616, RFC 8760, RFC 3261 §22; qop is demanded (a 2069-style response is Wrong): auth is
/// offered, auth-int accepted as well. Thread: any.
class DigestServer {
 public:
  static constexpr std::chrono::seconds kNonceLifetime{300};
  explicit DigestServer(const vault::ShortKey& secret) : secret_(secret) {}

  /// `serial` makes nonces of one millisecond differ.
  [[nodiscard]] std::string nonce(const IpAddress& source, WallTime now, std::uint32_t serial) const;
  /// The value of one WWW-Authenticate/Proxy-Authenticate field; one nonce serves all algorithms of a response.
  [[nodiscard]] static std::string challenge(std::string_view realm, DigestAlgorithm algorithm, std::string_view nonce,
                                             bool stale = false);

  /// The Digest credentials for `realm` in a request (Authorization or Proxy-Authorization); nullopt: none, so
  /// challenge.
  [[nodiscard]] static std::optional<DigestCredentials> credentials(const Message& request, Header header,
                                                                    std::string_view realm);
  [[nodiscard]] static std::string username(const DigestCredentials& credentials);  // unescaped

  /// `ha1`: that of the user named, or of nobody (Ha1::of with random) so that unknown users cost the same time.
  /// `use` is filled in when the outcome is Ok.
  [[nodiscard]] AuthOutcome verify(const DigestCredentials& credentials, const Message& request, const Ha1& ha1,
                                   WallTime now, NonceUse& use) const;
  /// Whether the credentials carry a nonce that this source got from us: its address is then no forgery.
  [[nodiscard]] bool is_ours(const DigestCredentials& credentials, const IpAddress& source) const;

 private:
  vault::ShortKey secret_;
};

/// Which uses of nonces were seen, within bounds, so that a captured request cannot be played again (RFC 7616 §3.4.5).
/// Thread: one at a time. One for the whole server: a captured request played again with another Call-ID lands on
/// another reactor, and must be found there too.
class NonceUses {
 public:
  explicit NonceUses(std::size_t most = 50'000) : most_(most) {}
  /// False: seen before, or too far behind to tell: stale.
  [[nodiscard]] bool accept(const NonceUse& use, WallTime now);

 private:
  struct Seen {
    std::uint32_t highest = 0;
    std::uint64_t window = 0;  // bit i: highest - i was seen
  };
  std::size_t most_;
  std::unordered_map<std::uint64_t, Seen> seen_;
  std::deque<std::pair<std::uint64_t, std::uint64_t>> order_;  // (made, nonce), oldest use first
  std::uint64_t forgotten_before_ = 0;  // nonces made up to here may have lost their count: stale
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
