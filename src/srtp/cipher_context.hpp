#pragma once
#include <memory>

#include <openssl/evp.h>

#include <base/assert.hpp>

namespace parley::srtp {

struct FreeCipherContext {
  void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }  // wipes its key schedule
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, FreeCipherContext>;

[[nodiscard]] inline CipherContext make_cipher_context() {
  CipherContext context(EVP_CIPHER_CTX_new());
  PARLEY_ASSERT(context != nullptr);
  return context;
}

}  // namespace parley::srtp
