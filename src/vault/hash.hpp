#pragma once
#include <array>
#include <memory>
#include <string_view>

#include <base/bytes.hpp>
#include <vault/secret.hpp>

namespace parley::vault {

using Digest = std::array<std::uint8_t, 32>;

/// SHA-256, FIPS 180-4.   Thread: any.
[[nodiscard]] Digest sha256(BytesView data);
/// HMAC with SHA-256, RFC 2104.
[[nodiscard]] Digest hmac_sha256(BytesView key, BytesView data);
/// SipHash-2-4 with 128 bits (Aumasson, Bernstein 2012): a tag for what we hand out and must only know again for
/// minutes, as the nonces of SIP. A tenth of what HMAC costs for a short text; nothing at rest is sealed with it.
using ShortKey = std::array<std::uint8_t, 16>;
[[nodiscard]] std::array<std::uint8_t, 16> short_tag(const ShortKey& key, BytesView data);
/// HKDF with SHA-256, RFC 5869: `length` bytes (at most 8160) bound to `info`.
[[nodiscard]] SecretBytes hkdf_sha256(BytesView key, BytesView salt, std::string_view info, std::size_t length);

/// SHA-256 over pieces.   Thread: one at a time.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  void update(BytesView data);
  [[nodiscard]] Digest finish();  // once

 private:
  struct Free {
    void operator()(void* context) const noexcept;
  };
  std::unique_ptr<void, Free> context_;
};

}  // namespace parley::vault
