#include <climits>

#include <openssl/evp.h>

#include <base/assert.hpp>
#include <vault/aead.hpp>

namespace parley::vault {
namespace {

const EVP_CIPHER* aes_256_gcm() {
  static const EVP_CIPHER* const method = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  PARLEY_ASSERT(method != nullptr);
  return method;
}

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

Context make_context() {
  Context context(EVP_CIPHER_CTX_new());
  PARLEY_ASSERT(context != nullptr);
  return context;
}

int length_of(BytesView bytes) {
  PARLEY_ASSERT(bytes.size() <= INT_MAX);
  return static_cast<int>(bytes.size());
}

// OpenSSL treats a null pointer as "no more data", so that an empty view must still point somewhere.
const std::uint8_t* data_of(BytesView bytes) {
  static const std::uint8_t nothing = 0;
  return bytes.empty() ? &nothing : bytes.data();
}

/// `key` is null to keep the schedule that the context already holds.
void seal_with(EVP_CIPHER_CTX* context, const std::uint8_t* key, BytesView nonce, BytesView associated, BytesView plain,
               std::span<std::uint8_t> out) {
  PARLEY_ASSERT(nonce.size() == kNonceSize && out.size() == plain.size() + kTagSize);
  int written = 0;
  PARLEY_ASSERT(EVP_EncryptInit_ex2(context, key != nullptr ? aes_256_gcm() : nullptr, key, nonce.data(), nullptr) ==
                1);
  PARLEY_ASSERT(EVP_EncryptUpdate(context, nullptr, &written, data_of(associated), length_of(associated)) == 1);
  PARLEY_ASSERT(EVP_EncryptUpdate(context, out.data(), &written, data_of(plain), length_of(plain)) == 1);
  PARLEY_ASSERT(EVP_EncryptFinal_ex(context, out.data() + plain.size(), &written) == 1);
  PARLEY_ASSERT(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, kTagSize, out.data() + plain.size()) == 1);
}

bool open_with(EVP_CIPHER_CTX* context, const std::uint8_t* key, BytesView nonce, BytesView associated,
               BytesView sealed, std::span<std::uint8_t> out) {
  if (sealed.size() < kTagSize || nonce.size() != kNonceSize) return false;
  const BytesView text = sealed.first(sealed.size() - kTagSize);
  PARLEY_ASSERT(out.size() == text.size());
  std::uint8_t spare = 0;
  std::uint8_t* const target = out.empty() ? &spare : out.data();
  int written = 0;
  PARLEY_ASSERT(EVP_DecryptInit_ex2(context, key != nullptr ? aes_256_gcm() : nullptr, key, nonce.data(), nullptr) ==
                1);
  // The tag lies outside the text, so that decrypting in place does not overwrite it before it is checked.
  PARLEY_ASSERT(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, kTagSize,
                                    const_cast<std::uint8_t*>(sealed.data() + text.size())) == 1);
  PARLEY_ASSERT(EVP_DecryptUpdate(context, nullptr, &written, data_of(associated), length_of(associated)) == 1);
  PARLEY_ASSERT(EVP_DecryptUpdate(context, target, &written, data_of(text), length_of(text)) == 1);
  if (EVP_DecryptFinal_ex(context, target, &written) == 1) return true;
  wipe(out);
  return false;
}

EVP_CIPHER_CTX* shared_context() {
  thread_local const Context context = make_context();
  return context.get();
}

std::unexpected<Error> wrong_tag() { return fail(Errc::Corrupt, "sealed bytes fail their authentication"); }

}  // namespace

struct Aead::Contexts {
  Context seal = make_context();
  Context open = make_context();
};

Aead::Aead(BytesView key) : contexts_(std::make_unique<Contexts>()) {
  PARLEY_ASSERT(key.size() == kKeySize);
  PARLEY_ASSERT(EVP_EncryptInit_ex2(contexts_->seal.get(), aes_256_gcm(), key.data(), nullptr, nullptr) == 1);
  PARLEY_ASSERT(EVP_DecryptInit_ex2(contexts_->open.get(), aes_256_gcm(), key.data(), nullptr, nullptr) == 1);
}
Aead::~Aead() = default;
Aead::Aead(Aead&&) noexcept = default;
Aead& Aead::operator=(Aead&&) noexcept = default;

void Aead::seal_into(BytesView nonce, BytesView associated, BytesView plain, std::span<std::uint8_t> out) {
  seal_with(contexts_->seal.get(), nullptr, nonce, associated, plain, out);
}

Result<void> Aead::open_into(BytesView nonce, BytesView associated, BytesView sealed, std::span<std::uint8_t> out) {
  if (!open_with(contexts_->open.get(), nullptr, nonce, associated, sealed, out)) return wrong_tag();
  return {};
}

Bytes seal(BytesView key, BytesView nonce, BytesView associated, BytesView plain) {
  PARLEY_ASSERT(key.size() == kKeySize);
  Bytes out(plain.size() + kTagSize);
  seal_with(shared_context(), key.data(), nonce, associated, plain, out);
  return out;
}

Result<Bytes> open(BytesView key, BytesView nonce, BytesView associated, BytesView sealed) {
  PARLEY_ASSERT(key.size() == kKeySize);
  if (sealed.size() < kTagSize) return wrong_tag();
  Bytes out(sealed.size() - kTagSize);
  if (!open_with(shared_context(), key.data(), nonce, associated, sealed, out)) return wrong_tag();
  return out;
}

}  // namespace parley::vault
