#include <algorithm>
#include <cstring>
#include <initializer_list>
#include <memory>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <base/assert.hpp>
#include <sip/digest.hpp>
#include <sip/scan.hpp>

namespace parley::sip {
namespace {

const EVP_MD* md_of(DigestAlgorithm algorithm) {
  // Fetched once: a fetch per hash would cost more than the hash.
  static const std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> md5(EVP_MD_fetch(nullptr, "MD5", nullptr), &EVP_MD_free);
  static const std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> sha256(EVP_MD_fetch(nullptr, "SHA256", nullptr),
                                                                      &EVP_MD_free);
  const EVP_MD* const md = algorithm == DigestAlgorithm::Md5 ? md5.get() : sha256.get();
  PARLEY_ASSERT(md != nullptr);
  return md;
}

/// Hex of the hash of the parts joined by ':'.
std::string hash_of(DigestAlgorithm algorithm, std::initializer_list<std::string_view> parts) {
  thread_local const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                                     &EVP_MD_CTX_free);
  PARLEY_ASSERT(EVP_DigestInit_ex2(context.get(), md_of(algorithm), nullptr) == 1);
  bool first = true;
  for (const auto part : parts) {
    if (!first) EVP_DigestUpdate(context.get(), ":", 1);
    first = false;
    EVP_DigestUpdate(context.get(), part.data(), part.size());
  }
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> out{};
  unsigned size = 0;
  PARLEY_ASSERT(EVP_DigestFinal_ex(context.get(), out.data(), &size) == 1);
  return to_hex(BytesView(out).first(size));
}

std::optional<DigestAlgorithm> algorithm_of(std::string_view name) {
  if (name.empty() || scan::iequals(name, "MD5")) return DigestAlgorithm::Md5;
  if (scan::iequals(name, "SHA-256")) return DigestAlgorithm::Sha256;
  return std::nullopt;
}

std::string response_of(DigestAlgorithm algorithm, std::string_view ha1, std::string_view nonce, std::string_view count,
                        std::string_view cnonce, std::string_view method, std::string_view uri) {
  const auto ha2 = hash_of(algorithm, {method, uri});
  return hash_of(algorithm, {ha1, nonce, count, cnonce, "auth", ha2});
}

// nonce = hex of: 8 octets milliseconds since 1970, 4 octets serial number, 16 octets of the HMAC over both and the
// source.
constexpr std::size_t kStampSize = 12;
constexpr std::size_t kTagSize = 16;
constexpr std::size_t kNonceSize = (kStampSize + kTagSize) * 2;

std::array<std::uint8_t, kTagSize> nonce_tag(const std::array<std::uint8_t, 32>& secret, BytesView stamp,
                                             const IpAddress& source) {
  std::array<std::uint8_t, kStampSize + 17> text{};
  std::ranges::copy(stamp, text.begin());
  std::ranges::copy(source.bytes, text.begin() + kStampSize);
  text.back() = source.v6 ? 1 : 0;
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> full{};
  unsigned size = 0;
  PARLEY_ASSERT(HMAC(md_of(DigestAlgorithm::Sha256), secret.data(), static_cast<int>(secret.size()), text.data(),
                     text.size(), full.data(), &size) != nullptr);
  std::array<std::uint8_t, kTagSize> tag{};
  std::copy_n(full.begin(), kTagSize, tag.begin());
  return tag;
}

std::uint64_t milliseconds(WallTime time) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, time.time_since_epoch().count()));
}

std::uint64_t read_big_endian(BytesView bytes) {
  std::uint64_t value = 0;
  for (const auto byte : bytes) value = value << 8 | byte;
  return value;
}

/// Each of these may stand once; find() would take the first, another reader the last.
bool has_repeated(const AuthParams& credentials) {
  constexpr std::string_view kOnce[] = {"username",  "realm",  "nonce", "uri", "response",
                                        "algorithm", "cnonce", "qop",   "nc",  "opaque"};
  unsigned seen = 0;
  std::string_view rest = credentials.text;
  std::string_view element;
  while (next_element(rest, element)) {
    const auto name = scan::trim(element.substr(0, element.find('=')));
    for (std::size_t i = 0; i < std::size(kOnce); ++i) {
      if (!scan::iequals(name, kOnce[i])) continue;
      if ((seen >> i & 1U) != 0) return true;
      seen |= 1U << i;
    }
  }
  return false;
}

bool same_uri(std::string_view named, std::string_view requested) {
  if (named == requested) return true;
  const auto a = parse_uri(named);
  const auto b = parse_uri(requested);
  return a && b && equivalent(*a, *b);
}

/// "sip:192.0.2.1:5060": what user agents that know their registrar by address alone (SIPp 3.6) sign in a REGISTER,
/// whose Request-URI names the domain. It aims the answer at no other resource than the registrar.
bool is_address_alone(std::string_view named) {
  const auto uri = parse_uri(named);
  return uri && uri->is_sip() && uri->user.empty() && IpAddress::parse(uri->host).has_value();
}

}  // namespace

std::string_view to_string(DigestAlgorithm algorithm) noexcept {
  return algorithm == DigestAlgorithm::Md5 ? "MD5" : "SHA-256";
}

Ha1 Ha1::of(std::string_view user, std::string_view realm, std::string_view password) {
  return {hash_of(DigestAlgorithm::Md5, {user, realm, password}),
          hash_of(DigestAlgorithm::Sha256, {user, realm, password})};
}

DigestServer::DigestServer(std::array<std::uint8_t, 32> secret, Options options) : secret_(secret), options_(options) {}

std::string DigestServer::make_nonce(std::uint64_t made, const IpAddress& source) const {
  std::array<std::uint8_t, kStampSize> stamp{};
  for (std::size_t i = 0; i < 8; ++i) stamp[i] = static_cast<std::uint8_t>(made >> (56 - 8 * i));
  for (std::size_t i = 0; i < 4; ++i) stamp[8 + i] = static_cast<std::uint8_t>(serial_ >> (24 - 8 * i));
  return to_hex(stamp) + to_hex(nonce_tag(secret_, stamp, source));
}

std::string DigestServer::challenge(std::string_view realm, DigestAlgorithm algorithm, const IpAddress& source,
                                    WallTime now, bool stale) {
  ++serial_;
  std::string out =
      "Digest realm=" + quote(realm) + ", nonce=\"" + make_nonce(milliseconds(now), source) + "\", algorithm=";
  out += to_string(algorithm);
  out += ", qop=\"auth\"";
  if (stale) out += ", stale=true";
  return out;
}

std::optional<AuthParams> DigestServer::credentials(const Message& request, Header header, std::string_view realm) {
  std::optional<AuthParams> found;
  request.each_field(header, [&](std::string_view value) {
    const auto auth = parse_auth(value);
    if (!found && auth && auth->is_digest() && unquote(auth->value("realm")) == realm) found = *auth;
  });
  return found;
}

std::string DigestServer::username(const AuthParams& credentials) { return unquote(credentials.value("username")); }

AuthOutcome DigestServer::verify(const AuthParams& credentials, const Message& request, const Ha1& ha1, WallTime now) {
  const auto nonce = credentials.value("nonce");
  const auto uri = credentials.value("uri");
  const auto response = credentials.value("response");
  const auto cnonce = credentials.value("cnonce");
  const auto count_text = credentials.value("nc");
  const auto algorithm = algorithm_of(credentials.value("algorithm"));
  const auto named = unquote(uri);
  const bool right_uri =
      same_uri(named, request.request_uri_text()) || (request.is(Method::Register) && is_address_alone(named));
  if (credentials.value("username").empty() || nonce.empty() || uri.empty() || response.empty() || !algorithm ||
      has_repeated(credentials) || !right_uri)
    return AuthOutcome::Malformed;
  if (!scan::iequals(credentials.value("qop"), "auth") || cnonce.empty()) return AuthOutcome::Wrong;
  const auto count_bytes = from_hex(count_text);
  if (!count_bytes || count_bytes->size() != 4) return AuthOutcome::Malformed;

  const bool md5 = *algorithm == DigestAlgorithm::Md5;
  const auto expected =
      response_of(*algorithm, md5 ? ha1.md5 : ha1.sha256, nonce, count_text, cnonce, request.method_text(), uri);
  std::string given(response);
  for (char& c : given) c = scan::lower(c);
  if (!equal_constant_time(as_bytes(expected), as_bytes(given))) return AuthOutcome::Wrong;

  // The password is right; from here on the answer tells nothing that its holder does not know.
  const auto raw = nonce.size() == kNonceSize ? from_hex(nonce) : std::nullopt;
  if (!raw) return AuthOutcome::Stale;
  const BytesView bytes = *raw;
  const auto stamp = bytes.first(kStampSize);
  if (!equal_constant_time(nonce_tag(secret_, stamp, request.source.remote.address), bytes.subspan(kStampSize)))
    return AuthOutcome::Stale;
  const auto made = read_big_endian(stamp.first(8));
  const auto lifetime = static_cast<std::uint64_t>(std::chrono::milliseconds(options_.nonce_lifetime).count());
  if (made + lifetime < milliseconds(now) || made > milliseconds(now) + 60'000) return AuthOutcome::Stale;
  const auto nonce_id = read_big_endian(bytes.subspan(kStampSize, 8));
  const auto count = static_cast<std::uint32_t>(read_big_endian(*count_bytes));
  return accept_count(nonce_id, made, count, now) ? AuthOutcome::Ok : AuthOutcome::Stale;
}

bool DigestServer::accept_count(std::uint64_t nonce_id, std::uint64_t made, std::uint32_t count, WallTime now) {
  if (count == 0) return false;
  const auto lifetime = static_cast<std::uint64_t>(std::chrono::milliseconds(options_.nonce_lifetime).count());
  const auto forget_oldest = [&] {
    uses_.erase(order_.front().second);
    order_.pop_front();
  };
  while (!order_.empty() && order_.front().first + lifetime < milliseconds(now)) forget_oldest();
  auto found = uses_.find(nonce_id);
  if (found == uses_.end()) {
    if (made <= forgotten_before_) return false;
    if (uses_.size() >= options_.max_tracked_nonces) {
      // Out of room: nonces up to the age of the forgotten one can no longer be told from replays.
      forgotten_before_ = std::max(forgotten_before_, order_.front().first);
      forget_oldest();
      if (made <= forgotten_before_) return false;
    }
    found = uses_.emplace(nonce_id, Use{}).first;
    order_.emplace_back(made, nonce_id);
  }
  Use& use = found->second;
  if (count > use.highest) {
    const std::uint32_t ahead = count - use.highest;
    use.window = ahead >= 64 ? 1 : use.window << ahead | 1U;
    use.highest = count;
    return true;
  }
  const std::uint32_t behind = use.highest - count;  // late by reordering is fine, twice is not
  if (behind >= 64 || (use.window >> behind & 1U) != 0) return false;
  use.window |= std::uint64_t{1} << behind;
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
    out += ", response=\"" + response_of(*algorithm, ha1, nonce, count_text, cnonce, to_string(method), uri) +
           "\", qop=auth, nc=" + count_text + ", cnonce=\"" + cnonce + '"';
  } else {  // RFC 2069 form, for old servers
    const auto ha2 = hash_of(*algorithm, {to_string(method), uri});
    out += ", response=\"" + hash_of(*algorithm, {ha1, nonce, ha2}) + '"';
  }
  if (const auto opaque = best->find("opaque")) out.append(", opaque=\"").append(opaque->value).append("\"");
  return out;
}

}  // namespace parley::sip
