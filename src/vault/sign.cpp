#include <openssl/evp.h>

#include <base/assert.hpp>
#include <vault/hash.hpp>
#include <vault/sign.hpp>

namespace parley::vault {
namespace {

void free_key(void* key) noexcept { EVP_PKEY_free(static_cast<EVP_PKEY*>(key)); }

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};

}  // namespace

SigningKey SigningKey::generate(Random& random) { return *from_seed(SecretBytes::random(32, random).view()); }

Result<SigningKey> SigningKey::from_seed(BytesView seed) {
  if (seed.size() != 32) return fail(Errc::Invalid, "an Ed25519 seed has 32 bytes");
  SigningKey out;
  out.seed_ = std::make_shared<const SecretBytes>(seed);
  out.key_ = std::shared_ptr<void>(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size()),
                                   free_key);
  PARLEY_ASSERT(out.key_ != nullptr);
  std::size_t size = out.public_key_.size();
  PARLEY_ASSERT(EVP_PKEY_get_raw_public_key(static_cast<EVP_PKEY*>(out.key_.get()), out.public_key_.data(), &size) ==
                1);
  return out;
}

Signature SigningKey::sign(BytesView message) const {
  const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
  Signature out;
  std::size_t size = out.size();
  PARLEY_ASSERT(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, static_cast<EVP_PKEY*>(key_.get())) == 1);
  PARLEY_ASSERT(EVP_DigestSign(context.get(), out.data(), &size, message.data(), message.size()) == 1);
  return out;
}

std::string SigningKey::key_id() const { return to_hex(BytesView(sha256(public_key_)).first(8)); }

bool verify(const PublicKey& key, BytesView message, BytesView signature) {
  const std::shared_ptr<void> handle(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.data(), key.size()),
                                     free_key);
  const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
  return handle != nullptr && signature.size() == 64 &&
         EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, static_cast<EVP_PKEY*>(handle.get())) == 1 &&
         EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size()) == 1;
}

}  // namespace parley::vault
