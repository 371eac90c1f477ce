#include <openssl/ec.h>
#include <openssl/rand.h>

#include <dtls/openssl.hpp>

namespace parley::dtls {
namespace {

constexpr auto kValidity = std::chrono::hours(24 * 30);

Cert self_signed(EVP_PKEY* key, WallTime now) {
  Cert made(X509_new());
  if (!made) return nullptr;
  std::uint64_t serial = 0;
  if (RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) != 1) return nullptr;
  const auto at = [&](WallTime time) {
    return static_cast<time_t>(std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count());
  };
  auto* const name = X509_get_subject_name(made.get());
  constexpr unsigned char kName[] = "WebRTC";
  const bool fine = X509_set_version(made.get(), 2) == 1 &&
                    ASN1_INTEGER_set_uint64(X509_get_serialNumber(made.get()), serial >> 1U) == 1 &&
                    ASN1_TIME_set(X509_getm_notBefore(made.get()), at(now - std::chrono::hours(24))) != nullptr &&
                    ASN1_TIME_set(X509_getm_notAfter(made.get()), at(now + kValidity)) != nullptr &&
                    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, kName, -1, -1, 0) == 1 &&
                    X509_set_issuer_name(made.get(), name) == 1 && X509_set_pubkey(made.get(), key) == 1 &&
                    X509_sign(made.get(), key, EVP_sha256()) != 0;
  return fine ? std::move(made) : nullptr;
}

}  // namespace

Bytes der_of(X509* certificate) {
  const int size = i2d_X509(certificate, nullptr);
  if (size <= 0) return {};
  Bytes out(static_cast<std::size_t>(size));
  auto* at = out.data();
  (void)i2d_X509(certificate, &at);
  return out;
}

Identity::Identity(std::unique_ptr<Impl> impl)
    : impl_(std::move(impl)), fingerprint_(Fingerprint::of(Hash::Sha256, der_of(impl_->certificate.get()))) {}
Identity::~Identity() = default;

Result<std::shared_ptr<const Identity>> Identity::make(WallTime now) {
  auto impl = std::make_unique<Impl>();
  impl->key.reset(EVP_EC_gen("P-256"));
  if (impl->key) impl->certificate = self_signed(impl->key.get(), now);
  if (impl->certificate) impl->context = make_context(impl->key.get(), impl->certificate.get());
  if (!impl->context) return fail(Errc::Internal, "dtls: no certificate could be made");
  return std::shared_ptr<const Identity>(new Identity(std::move(impl)));
}

Result<std::shared_ptr<const Identity>> IdentityKeeper::current(WallTime now) {
  return made_.with([&](Made& made) -> Result<std::shared_ptr<const Identity>> {
    if (made.identity && now >= made.at && now - made.at < kRotation) return made.identity;
    auto fresh = Identity::make(now);
    if (fresh) made = {*fresh, now};
    return fresh;
  });
}

}  // namespace parley::dtls
