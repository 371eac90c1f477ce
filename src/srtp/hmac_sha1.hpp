#pragma once
#include <array>
#include <cstdint>
#include <memory>

#include <base/bytes.hpp>

namespace parley::srtp {

/// HMAC with SHA-1 (RFC 2104) under one key, whose two padded blocks are hashed once. Fed in pieces; begin() starts
/// anew. Wiped when let go.   Thread: one at a time.   Never allocates after construction: OpenSSL's own HMAC does,
/// with every message, so that this is made of its SHA-1.
class HmacSha1 {
 public:
  static constexpr std::size_t kSize = 20;
  explicit HmacSha1(BytesView key);  // at most 64 bytes
  ~HmacSha1();
  HmacSha1(const HmacSha1&) = delete;
  HmacSha1& operator=(const HmacSha1&) = delete;

  void begin() noexcept;
  void add(BytesView piece) noexcept;
  [[nodiscard]] std::array<std::uint8_t, kSize> finish() noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace parley::srtp
