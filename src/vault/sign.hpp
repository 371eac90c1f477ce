#pragma once
#include <array>
#include <memory>
#include <string>

#include <base/bytes.hpp>
#include <base/random.hpp>
#include <base/result.hpp>
#include <vault/secret.hpp>

namespace parley::vault {

using PublicKey = std::array<std::uint8_t, 32>;
using Signature = std::array<std::uint8_t, 64>;

/// Ed25519 (RFC 8032) for receipts, audit checkpoints and prove reports.   Thread: any.
class SigningKey {
 public:
  [[nodiscard]] static SigningKey generate(Random& random);
  /// Errors: Invalid unless `seed` has 32 bytes.
  [[nodiscard]] static Result<SigningKey> from_seed(BytesView seed);

  [[nodiscard]] Signature sign(BytesView message) const;
  [[nodiscard]] const PublicKey& public_key() const noexcept { return public_key_; }
  /// The first eight bytes of the public key's SHA-256, in hex.
  [[nodiscard]] std::string key_id() const;
  [[nodiscard]] BytesView seed() const noexcept { return seed_->view(); }

 private:
  SigningKey() = default;
  std::shared_ptr<const SecretBytes> seed_;
  std::shared_ptr<void> key_;  // EVP_PKEY
  PublicKey public_key_{};
};

[[nodiscard]] bool verify(const PublicKey& key, BytesView message, BytesView signature);

}  // namespace parley::vault
