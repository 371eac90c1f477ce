#include <algorithm>
#include <cstring>
#include <initializer_list>
#include <memory>

#include <openssl/evp.h>

#include <base/assert.hpp>
#include <sip/digest.hpp>
#include <sip/scan.hpp>

namespace parley::sip {
namespace {

const EVP_MD* md_of(DigestAlgorithm algorithm) {
  // Fetched once: a fetch per hash would cost more than the hash.
  using Owned = std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)>;
  static const Owned md5(EVP_MD_fetch(nullptr, "MD5", nullptr), &EVP_MD_free);
  static const Owned sha256(EVP_MD_fetch(nullptr, "SHA256", nullptr), &EVP_MD_free);
  static const Owned sha512_256(EVP_MD_fetch(nullptr, "SHA512-256", nullptr), &EVP_MD_free);
  const EVP_MD* md = md5.get();
  if (algorithm == DigestAlgorithm::Sha256) md = sha256.get();
  if (algorithm == DigestAlgorithm::Sha512_256) md = sha512_256.get();
  PARLEY_ASSERT(md != nullptr);
  return md;
}

struct Hash {
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> bytes{};
  unsigned size = 0;
  [[nodiscard]] BytesView view() const { return BytesView(bytes).first(size); }
};

/// The hash of the parts joined by ':'.
Hash raw_hash_of(DigestAlgorithm algorithm, std::initializer_list<std::string_view> parts) {
  thread_local const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                                     &EVP_MD_CTX_free);
  PARLEY_ASSERT(EVP_DigestInit_ex2(context.get(), md_of(algorithm), nullptr) == 1);
  bool first = true;
  for (const auto part : parts) {
    if (!first) EVP_DigestUpdate(context.get(), ":", 1);
    first = false;
    EVP_DigestUpdate(context.get(), part.data(), part.size());
  }
  Hash out;
  PARLEY_ASSERT(EVP_DigestFinal_ex(context.get(), out.bytes.data(), &out.size) == 1);
  return out;
}

/// A hash as digest speaks of it: small letters.
class HexHash {
 public:
  explicit HexHash(BytesView bytes) : size_(bytes.size() * 2) {
    static constexpr std::string_view kDigits = "0123456789abcdef";
    PARLEY_ASSERT(size_ <= text_.size());
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      text_[2 * i] = kDigits[bytes[i] >> 4];
      text_[2 * i + 1] = kDigits[bytes[i] & 15U];
    }
  }
  [[nodiscard]] std::string_view view() const { return std::string_view(text_.data(), size_); }

 private:
  std::array<char, 64> text_{};
  std::size_t size_;
};

HexHash hash_of(DigestAlgorithm algorithm, std::initializer_list<std::string_view> parts) {
  return HexHash(raw_hash_of(algorithm, parts).view());
}

std::optional<DigestAlgorithm> algorithm_of(std::string_view name) {
  if (name.empty() || scan::iequals(name, "MD5")) return DigestAlgorithm::Md5;
  if (scan::iequals(name, "SHA-256")) return DigestAlgorithm::Sha256;
  if (scan::iequals(name, "SHA-512-256")) return DigestAlgorithm::Sha512_256;
  return std::nullopt;
}

/// What credentials sign besides the password.
struct Signed {
  std::string_view nonce, count, cnonce, qop, method, uri, body;
};

HexHash response_of(DigestAlgorithm algorithm, std::string_view ha1, const Signed& what) {
  const auto ha2 = what.qop == "auth-int"
                       ? hash_of(algorithm, {what.method, what.uri, hash_of(algorithm, {what.body}).view()})
                       : hash_of(algorithm, {what.method, what.uri});
  return hash_of(algorithm, {ha1, what.nonce, what.count, what.cnonce, what.qop, ha2.view()});
}

// nonce = base64url of: 6 octets milliseconds since 1970, 4 octets serial number, 14 octets of the keyed hash of both
// and the class of the source. Short: what we say to a stranger must not be much longer than what it said (T-13).
constexpr std::size_t kTimeSize = 6;
constexpr std::size_t kStampSize = kTimeSize + 4;
constexpr std::size_t kTagSize = 14;
constexpr std::size_t kNonceText = (kStampSize + kTagSize) * 4 / 3;
using NonceBytes = std::array<std::uint8_t, kStampSize + kTagSize>;

/// Puts the tag behind what stands in front.
void sign_nonce(const vault::ShortKey& secret, NonceBytes& nonce, const IpAddress& source) {
  const auto who = source.source_class();
  std::array<std::uint8_t, kStampSize + 17> text{};
  std::copy_n(nonce.begin(), kStampSize, text.begin());
  std::ranges::copy(who.bytes, text.begin() + kStampSize);
  text.back() = who.v6 ? 1 : 0;
  const auto tag = vault::short_tag(secret, text);
  std::copy_n(tag.begin(), kTagSize, nonce.begin() + kStampSize);
}

/// The octets of a nonce that we made for this source; nullopt: it is not ours, or another's.
std::optional<NonceBytes> open_nonce(const vault::ShortKey& secret, std::string_view text, const IpAddress& source) {
  NonceBytes nonce{};
  if (text.size() != kNonceText || from_base64(text, nonce) != nonce.size()) return std::nullopt;
  NonceBytes expected = nonce;
  sign_nonce(secret, expected, source);
  return equal_constant_time(expected, nonce) ? std::optional(nonce) : std::nullopt;
}

std::uint64_t milliseconds(WallTime time) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, time.time_since_epoch().count()));
}

std::uint64_t read_big_endian(BytesView bytes) {
  std::uint64_t value = 0;
  for (const auto byte : bytes) value = value << 8 | byte;
  return value;
}

/// Eight hexadecimal digits (RFC 7616 §3.4); nullopt: anything else.
std::optional<std::uint32_t> count_of(std::string_view text) {
  if (text.size() != 8) return std::nullopt;
  std::uint32_t count = 0;
  for (const char c : text) {
    const int digit = scan::hex_value(c);
    if (digit < 0) return std::nullopt;
    count = count << 4 | static_cast<std::uint32_t>(digit);
  }
  return count;
}

bool has_escapes(std::string_view value) { return value.find('\\') != std::string_view::npos; }

/// Whether what was signed may stand for the Request-URI. RFC 3261 §22.4 (9) lets them differ, for proxies rewrite one
/// on the way and user agents that know their server by address alone (SIPp 3.6) sign that address. What an answer must
/// not be turned to is another user, or another server that has a name.
bool same_resource(std::string_view named, std::string_view requested) {
  if (named == requested) return true;
  const auto a = parse_uri(named);
  const auto b = parse_uri(requested);
  if (!a || !b) return false;
  if (!a->is_sip() || !b->is_sip()) return equivalent(*a, *b);
  const bool address = host_address(a->host) || host_address(b->host);
  const bool server = address || scan::iequals(a->host, b->host);
  return server && (a->user.empty() || a->user_text() == b->user_text());
}

}  // namespace

std::string_view to_string(DigestAlgorithm algorithm) noexcept {
  switch (algorithm) {
    case DigestAlgorithm::Md5: return "MD5";
    case DigestAlgorithm::Sha256: return "SHA-256";
    case DigestAlgorithm::Sha512_256: return "SHA-512-256";
  }
  return "";
}

Ha1 Ha1::of(std::string_view user, std::string_view realm, std::string_view password) {
  Ha1 out;
  const auto fill = [&](auto& bytes, DigestAlgorithm algorithm) {
    const auto hash = raw_hash_of(algorithm, {user, realm, password});
    PARLEY_ASSERT(hash.size == bytes.size());
    std::ranges::copy(hash.view(), bytes.begin());
  };
  fill(out.md5, DigestAlgorithm::Md5);
  fill(out.sha256, DigestAlgorithm::Sha256);
  fill(out.sha512_256, DigestAlgorithm::Sha512_256);
  return out;
}

BytesView Ha1::operator[](DigestAlgorithm algorithm) const noexcept {
  if (algorithm == DigestAlgorithm::Md5) return md5;
  return algorithm == DigestAlgorithm::Sha256 ? sha256 : sha512_256;
}

std::string DigestServer::nonce(const IpAddress& source, WallTime now, std::uint32_t serial) const {
  const auto made = milliseconds(now);
  NonceBytes bytes{};
  for (std::size_t i = 0; i < kTimeSize; ++i) bytes[i] = static_cast<std::uint8_t>(made >> (40 - 8 * i));
  for (std::size_t i = 0; i < 4; ++i) bytes[kTimeSize + i] = static_cast<std::uint8_t>(serial >> (24 - 8 * i));
  sign_nonce(secret_, bytes, source);
  return to_base64url(bytes);
}

std::string DigestServer::challenge(std::string_view realm, DigestAlgorithm algorithm, std::string_view nonce,
                                    bool stale) {
  std::string out = "Digest realm=" + quote(realm) + ", nonce=\"";
  out.append(nonce).append("\", algorithm=").append(to_string(algorithm)).append(", qop=\"auth\"");
  if (stale) out += ", stale=true";
  return out;
}

std::optional<DigestCredentials> DigestServer::credentials(const Message& request, Header header,
                                                           std::string_view realm) {
  std::optional<DigestCredentials> found;
  request.each_field(header, [&](std::string_view value) {
    if (found) return;
    const auto said = parse_digest_credentials(value);
    if (said && (said->realm == realm || (has_escapes(said->realm) && unquote(said->realm) == realm))) found = *said;
  });
  return found;
}

std::string DigestServer::username(const DigestCredentials& credentials) { return unquote(credentials.username); }

bool DigestServer::is_ours(const DigestCredentials& credentials, const IpAddress& source) const {
  return open_nonce(secret_, credentials.nonce, source).has_value();
}

AuthOutcome DigestServer::verify(const DigestCredentials& credentials, const Message& request, const Ha1& ha1,
                                 WallTime now, NonceUse& use) const {
  const auto& said = credentials;
  const auto algorithm = algorithm_of(said.algorithm);
  const auto same = [&] {
    return said.uri == request.request_uri_text() || same_resource(unquote(said.uri), request.request_uri_text());
  };
  if (said.username.empty() || said.nonce.empty() || said.uri.empty() || said.response.empty() || !algorithm ||
      said.repeated || !same())
    return AuthOutcome::Malformed;
  const bool whole = scan::iequals(said.qop, "auth-int");
  if ((!whole && !scan::iequals(said.qop, "auth")) || said.cnonce.empty()) return AuthOutcome::Wrong;
  const auto count = count_of(said.nonce_count);
  if (!count) return AuthOutcome::Malformed;

  const auto expected = response_of(*algorithm, HexHash(ha1[*algorithm]).view(),
                                    {.nonce = said.nonce,
                                     .count = said.nonce_count,
                                     .cnonce = said.cnonce,
                                     .qop = whole ? "auth-int" : "auth",
                                     .method = request.method_text(),
                                     .uri = said.uri,
                                     .body = request.body()});
  std::array<char, 64> given{};
  const auto size = std::min(given.size(), said.response.size());
  std::transform(said.response.begin(), said.response.begin() + static_cast<std::ptrdiff_t>(size), given.begin(),
                 scan::lower);
  if (said.response.size() != expected.view().size() ||
      !equal_constant_time(as_bytes(expected.view()), as_bytes({given.data(), size})))
    return AuthOutcome::Wrong;

  // The password is right; from here on the answer tells nothing that its holder does not know.
  const auto nonce = open_nonce(secret_, said.nonce, request.source.remote.address);
  if (!nonce) return AuthOutcome::Stale;
  const BytesView bytes = *nonce;
  const auto made = read_big_endian(bytes.first(kTimeSize));
  const auto lifetime = static_cast<std::uint64_t>(std::chrono::milliseconds(kNonceLifetime).count());
  if (made + lifetime < milliseconds(now) || made > milliseconds(now) + 60'000) return AuthOutcome::Stale;
  use = {read_big_endian(bytes.subspan(kStampSize, 8)), made, *count};
  return use.count == 0 ? AuthOutcome::Stale : AuthOutcome::Ok;
}

bool NonceUses::accept(const NonceUse& use, WallTime now) {
  const auto lifetime = static_cast<std::uint64_t>(std::chrono::milliseconds(DigestServer::kNonceLifetime).count());
  const auto forget_oldest = [&] {
    seen_.erase(order_.front().second);
    order_.pop_front();
  };
  while (!order_.empty() && order_.front().first + lifetime < milliseconds(now)) forget_oldest();
  auto found = seen_.find(use.nonce);
  if (found == seen_.end()) {
    if (use.made <= forgotten_before_) return false;
    if (seen_.size() >= most_) {
      // Out of room: nonces up to the age of the forgotten one can no longer be told from replays.
      forgotten_before_ = std::max(forgotten_before_, order_.front().first);
      forget_oldest();
      if (use.made <= forgotten_before_) return false;
    }
    found = seen_.emplace(use.nonce, Seen{}).first;
    order_.emplace_back(use.made, use.nonce);
  }
  Seen& seen = found->second;
  if (use.count > seen.highest) {
    const std::uint32_t ahead = use.count - seen.highest;
    seen.window = ahead >= 64 ? 1 : seen.window << ahead | 1U;
    seen.highest = use.count;
    return true;
  }
  const std::uint32_t behind = seen.highest - use.count;  // late by reordering is fine, twice is not
  if (behind >= 64 || (seen.window >> behind & 1U) != 0) return false;
  seen.window |= std::uint64_t{1} << behind;
  return true;
}

std::optional<std::string> answer_challenge(const Message& response, const DigestAccount& account, Method method,
                                            std::string_view uri, std::uint32_t nonce_count, Random& random) {
  const Header header = response.status() == 407 ? Header::ProxyAuthenticate : Header::WwwAuthenticate;
  std::optional<AuthParams> best;
  std::optional<DigestAlgorithm> algorithm;
  response.each_field(header, [&](std::string_view value) {
    const auto auth = parse_auth(value);
    if (!auth || !auth->is_digest() || auth->value("nonce").empty()) return;
    // A password never answers for a realm that it is not meant for: any peer may send us a challenge.
    if (!account.realm.empty() && unquote(auth->value("realm")) != account.realm) return;
    const auto offered = algorithm_of(auth->value("algorithm"));
    const auto qop = auth->find("qop");
    if (!offered || (qop && !list_has(qop->value, "auth"))) return;
    if (algorithm && *algorithm >= *offered) return;
    best = *auth;
    algorithm = offered;
  });
  if (!best) return std::nullopt;

  const auto realm = unquote(best->value("realm"));
  const auto ha1 = hash_of(*algorithm, {account.user, realm, account.password});
  const auto nonce = best->value("nonce");
  std::string out = "Digest username=" + quote(account.user) + ", realm=" + quote(realm) + ", nonce=\"";
  out.append(nonce).append("\", uri=\"").append(uri).append("\", algorithm=").append(to_string(*algorithm));
  if (best->find("qop")) {
    const std::array<std::uint8_t, 4> count{
        static_cast<std::uint8_t>(nonce_count >> 24), static_cast<std::uint8_t>(nonce_count >> 16),
        static_cast<std::uint8_t>(nonce_count >> 8), static_cast<std::uint8_t>(nonce_count)};
    const auto count_text = to_hex(count);
    const auto cnonce = random.token(24);
    const auto answer = response_of(*algorithm, ha1.view(),
                                    {.nonce = nonce,
                                     .count = count_text,
                                     .cnonce = cnonce,
                                     .qop = "auth",
                                     .method = to_string(method),
                                     .uri = uri,
                                     .body = {}});
    out.append(", response=\"").append(answer.view()).append("\", qop=auth, nc=").append(count_text);
    out.append(", cnonce=\"").append(cnonce).append("\"");
  } else {  // RFC 2069 form, for old servers
    const auto ha2 = hash_of(*algorithm, {to_string(method), uri});
    out.append(", response=\"").append(hash_of(*algorithm, {ha1.view(), nonce, ha2.view()}).view()).append("\"");
  }
  if (const auto opaque = best->find("opaque")) out.append(", opaque=\"").append(opaque->value).append("\"");
  return out;
}

}  // namespace parley::sip
