#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace parley::vault {

/// argon2id (RFC 9106) with 64 MiB and two passes: about 0.1 s of one core, on purpose. Never on a reactor.
struct PasswordCost {
  unsigned long long passes = 2;
  std::size_t memory_bytes = 64ULL * 1024 * 1024;
};

/// The encoded form ($argon2id$v=19$...) with its own random salt and the cost in it.   Thread: any.
[[nodiscard]] std::string hash_password(std::string_view password, const PasswordCost& cost = {});
[[nodiscard]] bool verify_password(const std::string& hash, std::string_view password);
[[nodiscard]] bool needs_rehash(const std::string& hash, const PasswordCost& cost = {});

}  // namespace parley::vault
