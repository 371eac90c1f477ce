// SHA1_Init and its like are what OpenSSL 3 offers without allocating; it calls them deprecated since they pass its
// providers by. They are the same code.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>
#include <srtp/hmac_sha1.hpp>

#include <base/assert.hpp>

namespace parley::srtp {

struct HmacSha1::State {
  SHA_CTX inner, outer, running;
};

HmacSha1::HmacSha1(BytesView key) : state_(std::make_unique<State>()) {
  std::array<std::uint8_t, SHA_CBLOCK> block{};
  PARLEY_ASSERT(key.size() <= block.size());
  const auto hash_padded = [&](SHA_CTX& into, std::uint8_t padding) {
    for (std::size_t i = 0; i < block.size(); ++i)
      block[i] = static_cast<std::uint8_t>((i < key.size() ? key[i] : 0U) ^ padding);
    SHA1_Init(&into);
    SHA1_Update(&into, block.data(), block.size());
  };
  hash_padded(state_->inner, 0x36);
  hash_padded(state_->outer, 0x5C);
  wipe(block);
  begin();
}

HmacSha1::~HmacSha1() { wipe({reinterpret_cast<std::uint8_t*>(state_.get()), sizeof(State)}); }

void HmacSha1::begin() noexcept { state_->running = state_->inner; }

void HmacSha1::add(BytesView piece) noexcept { SHA1_Update(&state_->running, piece.data(), piece.size()); }

std::array<std::uint8_t, HmacSha1::kSize> HmacSha1::finish() noexcept {
  std::array<std::uint8_t, kSize> out;
  SHA1_Final(out.data(), &state_->running);
  state_->running = state_->outer;
  SHA1_Update(&state_->running, out.data(), out.size());
  SHA1_Final(out.data(), &state_->running);
  return out;
}

}  // namespace parley::srtp
