// Keys of a session from the master's, and the counter mode that both derivation and packets use.
#include <algorithm>

#include <openssl/evp.h>
#include <srtp/cipher_context.hpp>
#include <srtp/transform.hpp>

#include <base/assert.hpp>

namespace parley::srtp {

struct AesCounter::State {
  CipherContext context = make_cipher_context();
};

AesCounter::AesCounter(BytesView key) : state_(std::make_unique<State>()) {
  static const EVP_CIPHER* const k128 = EVP_CIPHER_fetch(nullptr, "AES-128-CTR", nullptr);
  static const EVP_CIPHER* const k256 = EVP_CIPHER_fetch(nullptr, "AES-256-CTR", nullptr);
  PARLEY_ASSERT(key.size() == 16 || key.size() == 32);
  const std::array<std::uint8_t, 16> iv{};
  PARLEY_ASSERT(
      EVP_EncryptInit_ex2(state_->context.get(), key.size() == 16 ? k128 : k256, key.data(), iv.data(), nullptr) == 1);
}

AesCounter::~AesCounter() = default;
AesCounter::AesCounter(AesCounter&&) noexcept = default;

void AesCounter::apply(const std::array<std::uint8_t, 16>& iv, std::span<std::uint8_t> data) noexcept {
  int written = 0;
  PARLEY_ASSERT(EVP_EncryptInit_ex2(state_->context.get(), nullptr, nullptr, iv.data(), nullptr) == 1);
  PARLEY_ASSERT(
      EVP_EncryptUpdate(state_->context.get(), data.data(), &written, data.data(), static_cast<int>(data.size())) == 1);
}

void derive(const MasterKey& master, KeyLabel label, std::span<std::uint8_t> out, std::uint64_t index_div_rate) {
  std::array<std::uint8_t, 16> x{};  // the master salt, on the left (RFC 7714 §11 pads its 96 bits), times 2^16
  std::ranges::copy(master.salt(), x.begin());
  x[7] ^= static_cast<std::uint8_t>(label);
  for (std::size_t i = 0; i < 6; ++i) x[8 + i] ^= static_cast<std::uint8_t>(index_div_rate >> (40 - 8 * i));
  std::ranges::fill(out, std::uint8_t{0});
  AesCounter(master.key()).apply(x, out);
  wipe(x);
}

std::array<std::uint8_t, 16> counter_iv(std::span<const std::uint8_t, 14> salt, std::uint32_t ssrc,
                                        std::uint64_t index) noexcept {
  std::array<std::uint8_t, 16> iv{};
  std::ranges::copy(salt, iv.begin());
  for (std::size_t i = 0; i < 4; ++i) iv[4 + i] ^= static_cast<std::uint8_t>(ssrc >> (24 - 8 * i));
  for (std::size_t i = 0; i < 6; ++i) iv[8 + i] ^= static_cast<std::uint8_t>(index >> (40 - 8 * i));
  return iv;
}

}  // namespace parley::srtp
