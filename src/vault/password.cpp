#include <array>
#include <new>

#include <sodium.h>

#include <base/assert.hpp>
#include <vault/password.hpp>

namespace parley::vault {
namespace {

void ready() {
  static const int state = sodium_init();
  PARLEY_ASSERT(state >= 0);
}

}  // namespace

std::string hash_password(std::string_view password, const PasswordCost& cost) {
  ready();
  std::array<char, crypto_pwhash_STRBYTES> out{};
  if (crypto_pwhash_str_alg(out.data(), password.data(), password.size(), cost.passes, cost.memory_bytes,
                            crypto_pwhash_ALG_ARGON2ID13) != 0) {
    throw std::bad_alloc();  // the only cause: no memory for the cost that was asked
  }
  return out.data();
}

bool verify_password(const std::string& hash, std::string_view password) {
  ready();
  return hash.size() < crypto_pwhash_STRBYTES &&
         crypto_pwhash_str_verify(hash.c_str(), password.data(), password.size()) == 0;
}

bool needs_rehash(const std::string& hash, const PasswordCost& cost) {
  ready();
  return crypto_pwhash_str_needs_rehash(hash.c_str(), cost.passes, cost.memory_bytes) != 0;
}

}  // namespace parley::vault
