#include <cstring>
#include <initializer_list>
#include <memory>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <sodium/crypto_shorthash_siphash24.h>

#include <base/assert.hpp>
#include <vault/hash.hpp>

namespace parley::vault {
namespace {

const EVP_MD* sha256_method() {
  static const EVP_MD* const method =
      EVP_MD_fetch(nullptr, "SHA256", nullptr);  // fetched once: a look-up costs more than a hash
  PARLEY_ASSERT(method != nullptr);
  return method;
}

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};

/// Beginning wipes what the hash before has left.
void begin(EVP_MD_CTX* context) { PARLEY_ASSERT(EVP_DigestInit_ex2(context, sha256_method(), nullptr) == 1); }

/// The hash of the parts in a row. The context is the thread's: to make one costs more than to hash a few words.
Digest hash_of(std::initializer_list<BytesView> parts) {
  thread_local const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
  PARLEY_ASSERT(context != nullptr);
  begin(context.get());
  for (const auto part : parts) PARLEY_ASSERT(EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1);
  Digest out;
  PARLEY_ASSERT(EVP_DigestFinal_ex(context.get(), out.data(), nullptr) == 1);
  begin(context.get());
  return out;
}

}  // namespace

Digest sha256(BytesView data) { return hash_of({data}); }

// Written over the plain hash, since OpenSSL 3's one-shot HMAC looks its provider up on every call.
Digest hmac_sha256(BytesView key, BytesView data) {
  constexpr std::size_t kBlock = 64;
  std::array<std::uint8_t, kBlock> inner_pad{};
  if (key.size() > kBlock) {
    const Digest shortened = sha256(key);
    std::memcpy(inner_pad.data(), shortened.data(), shortened.size());
  } else if (!key.empty()) {
    std::memcpy(inner_pad.data(), key.data(), key.size());
  }
  std::array<std::uint8_t, kBlock> outer_pad = inner_pad;
  for (auto& byte : inner_pad) byte ^= 0x36;
  for (auto& byte : outer_pad) byte ^= 0x5c;
  const Digest out = hash_of({outer_pad, hash_of({inner_pad, data})});
  wipe(inner_pad);
  wipe(outer_pad);
  return out;
}

std::array<std::uint8_t, 16> short_tag(const ShortKey& key, BytesView data) {
  static_assert(crypto_shorthash_siphashx24_BYTES == 16 && crypto_shorthash_siphashx24_KEYBYTES == 16);
  std::array<std::uint8_t, 16> out{};
  crypto_shorthash_siphashx24(out.data(), data.data(), data.size(), key.data());
  return out;
}

SecretBytes hkdf_sha256(BytesView key, BytesView salt, std::string_view info, std::size_t length) {
  PARLEY_ASSERT(length <= std::size_t{255} * 32);
  Digest extracted = hmac_sha256(salt, key);
  SecretBytes out(length);
  Bytes input;
  Digest block{};
  std::size_t done = 0;
  for (std::uint8_t counter = 1; done < length; ++counter) {
    input.clear();
    if (counter > 1) input.insert(input.end(), block.begin(), block.end());
    input.insert(input.end(), info.begin(), info.end());
    input.push_back(counter);
    block = hmac_sha256(extracted, input);
    const std::size_t part = std::min(block.size(), length - done);
    std::memcpy(out.writable().data() + done, block.data(), part);
    done += part;
  }
  wipe(extracted);
  wipe(block);
  wipe(input);
  return out;
}

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  PARLEY_ASSERT(context_ != nullptr);
  begin(static_cast<EVP_MD_CTX*>(context_.get()));
}
Sha256::~Sha256() = default;

void Sha256::update(BytesView data) {
  PARLEY_ASSERT(EVP_DigestUpdate(static_cast<EVP_MD_CTX*>(context_.get()), data.data(), data.size()) == 1);
}

Digest Sha256::finish() {
  Digest out;
  PARLEY_ASSERT(EVP_DigestFinal_ex(static_cast<EVP_MD_CTX*>(context_.get()), out.data(), nullptr) == 1);
  return out;
}

void Sha256::Free::operator()(void* context) const noexcept { EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(context)); }

}  // namespace parley::vault
