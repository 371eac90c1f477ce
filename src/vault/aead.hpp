#pragma once
#include <cstddef>
#include <memory>
#include <span>

#include <base/bytes.hpp>
#include <base/result.hpp>

namespace parley::vault {

inline constexpr std::size_t kKeySize = 32;
inline constexpr std::size_t kNonceSize = 12;
inline constexpr std::size_t kTagSize = 16;

/// AES-256-GCM with the key schedule made once: for streams of frames (recordings) and for columns.
/// Source:   NIST SP 800-38D. A nonce is used once per key; the caller sees to that.
/// Thread:   one at a time.
/// Errors:   Corrupt when the tag does not fit key, nonce, associated data and text.
class Aead {
 public:
  explicit Aead(BytesView key);  // kKeySize bytes
  ~Aead();
  Aead(Aead&&) noexcept;
  Aead& operator=(Aead&&) noexcept;

  /// Writes ciphertext and tag: out.size() == plain.size() + kTagSize. `out` may begin where `plain` does.
  void seal_into(BytesView nonce, BytesView associated, BytesView plain, std::span<std::uint8_t> out);
  /// Writes the plain text: out.size() == sealed.size() - kTagSize; wiped when the tag is wrong.
  [[nodiscard]] Result<void> open_into(BytesView nonce, BytesView associated, BytesView sealed,
                                       std::span<std::uint8_t> out);

 private:
  struct Contexts;
  std::unique_ptr<Contexts> contexts_;
};

/// The same for one text. Returns ciphertext and tag (the nonce is the caller's to keep).
[[nodiscard]] Bytes seal(BytesView key, BytesView nonce, BytesView associated, BytesView plain);
[[nodiscard]] Result<Bytes> open(BytesView key, BytesView nonce, BytesView associated, BytesView sealed);

}  // namespace parley::vault
