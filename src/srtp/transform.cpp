#include <algorithm>
#include <optional>

#include <srtp/cipher_context.hpp>
#include <srtp/hmac_sha1.hpp>
#include <srtp/transform.hpp>

#include <rtp/wire.hpp>

namespace parley::srtp {
namespace {

using rtp::get16;
using rtp::get32;
using rtp::put32;

constexpr std::size_t kRtcpClear = 8;  // header and the sender's SSRC
constexpr std::uint32_t kEncrypted = 0x8000'0000U;

SessionKeys derived(const MasterKey& master, bool rtcp) {
  const auto label = [rtcp](KeyLabel of_rtp) {
    return static_cast<KeyLabel>(static_cast<std::uint8_t>(of_rtp) + (rtcp ? 3 : 0));
  };
  const auto& sizes = info(master.profile());
  SessionKeys keys;
  derive(master, label(KeyLabel::RtpCipher), std::span(keys.cipher).first(sizes.key));
  derive(master, label(KeyLabel::RtpSalt), std::span(keys.salt).first(sizes.salt));
  if (!sizes.aead) derive(master, label(KeyLabel::RtpAuthentication), keys.authentication);
  return keys;
}

/// RFC 7714 §8.1 and §9.1: the index is 48 bits of SRTP, 31 of SRTCP.
std::array<std::uint8_t, 12> gcm_iv(const std::array<std::uint8_t, kMaxSalt>& salt, std::uint32_t ssrc,
                                    std::uint64_t index) noexcept {
  std::array<std::uint8_t, 12> iv;
  std::copy_n(salt.begin(), iv.size(), iv.begin());
  for (std::size_t i = 0; i < 4; ++i) iv[2 + i] ^= static_cast<std::uint8_t>(ssrc >> (24 - 8 * i));
  for (std::size_t i = 0; i < 6; ++i) iv[6 + i] ^= static_cast<std::uint8_t>(index >> (40 - 8 * i));
  return iv;
}

/// AES-GCM with one key, in one direction, in place.
class Gcm {
 public:
  Gcm(BytesView key, bool protects) : protects_(protects) {
    static const EVP_CIPHER* const k128 = EVP_CIPHER_fetch(nullptr, "AES-128-GCM", nullptr);
    static const EVP_CIPHER* const k256 = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
    PARLEY_ASSERT(EVP_CipherInit_ex2(context_.get(), key.size() == 16 ? k128 : k256, key.data(), nullptr,
                                     protects ? 1 : 0, nullptr) == 1);
  }

  /// The tag goes behind the text.
  void seal(const std::array<std::uint8_t, 12>& iv, BytesView associated, BytesView more,
            std::span<std::uint8_t> text) noexcept {
    run(iv, associated, more, text);
    int written = 0;
    PARLEY_ASSERT(EVP_EncryptFinal_ex(context_.get(), text.data() + text.size(), &written) == 1);
    PARLEY_ASSERT(EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_GCM_GET_TAG, kTag, text.data() + text.size()) == 1);
  }
  /// The tag lies behind the text.
  [[nodiscard]] bool open(const std::array<std::uint8_t, 12>& iv, BytesView associated, BytesView more,
                          std::span<std::uint8_t> text) noexcept {
    run(iv, associated, more, text);
    int written = 0;
    std::array<std::uint8_t, kTag> tag;
    std::copy_n(text.data() + text.size(), kTag, tag.begin());
    PARLEY_ASSERT(EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_GCM_SET_TAG, kTag, tag.data()) == 1);
    return EVP_DecryptFinal_ex(context_.get(), tag.data(), &written) == 1;
  }

 private:
  static constexpr int kTag = 16;

  void run(const std::array<std::uint8_t, 12>& iv, BytesView associated, BytesView more,
           std::span<std::uint8_t> text) noexcept {
    int written = 0;
    PARLEY_ASSERT(EVP_CipherInit_ex2(context_.get(), nullptr, nullptr, iv.data(), protects_ ? 1 : 0, nullptr) == 1);
    update(nullptr, associated);
    if (!more.empty()) update(nullptr, more);
    if (!text.empty())
      PARLEY_ASSERT(
          EVP_CipherUpdate(context_.get(), text.data(), &written, text.data(), static_cast<int>(text.size())) == 1);
  }
  void update(std::uint8_t* out, BytesView in) noexcept {
    int written = 0;
    PARLEY_ASSERT(EVP_CipherUpdate(context_.get(), out, &written, in.data(), static_cast<int>(in.size())) == 1);
  }

  CipherContext context_ = make_cipher_context();
  bool protects_;
};

/// One kind of packet, RTP or RTCP.
struct Kind {
  Kind(Profile profile, bool protects, const SessionKeys& keys) : salt(keys.salt) {
    const BytesView cipher = BytesView(keys.cipher).first(info(profile).key);
    if (info(profile).aead) {
      gcm.emplace(cipher, protects);
    } else {
      counter.emplace(cipher);
      hmac.emplace(keys.authentication);
    }
  }
  ~Kind() { wipe(salt); }
  Kind(const Kind&) = delete;
  Kind& operator=(const Kind&) = delete;

  std::array<std::uint8_t, kMaxSalt> salt;
  std::optional<Gcm> gcm;
  std::optional<AesCounter> counter;
  std::optional<HmacSha1> hmac;
};

}  // namespace

struct Transform::Ciphers {
  Ciphers(Profile used, bool protects, const SessionKeys& of_rtp, const SessionKeys& of_rtcp)
      : profile(used), rtp(used, protects, of_rtp), rtcp(used, protects, of_rtcp) {}
  Profile profile;
  Kind rtp, rtcp;
};

Transform::Transform(const MasterKey& master, Use use)
    : Transform(master.profile(), use, derived(master, false), derived(master, true)) {}
Transform::Transform(Profile profile, Use use, const SessionKeys& rtp, const SessionKeys& rtcp)
    : ciphers_(std::make_unique<Ciphers>(profile, use == Use::Protect, rtp, rtcp)) {}
Transform::~Transform() = default;
Transform::Transform(Transform&&) noexcept = default;
Transform& Transform::operator=(Transform&&) noexcept = default;

Profile Transform::profile() const noexcept { return ciphers_->profile; }

std::size_t clear_part(BytesView packet) noexcept {
  if (packet.size() < 12 || packet[0] >> 6U != 2) return 0;
  std::size_t size = 12 + 4UL * (packet[0] & 0x0FU);
  if ((packet[0] & 0x10U) != 0) {
    if (packet.size() < size + 4) return 0;
    size += 4 + 4UL * get16(&packet[size + 2]);
  }
  return size <= packet.size() ? size : 0;
}

Result<std::size_t, SrtpErrc> Transform::protect_rtp(std::span<std::uint8_t> buffer, std::size_t size,
                                                     std::uint64_t index) noexcept {
  PARLEY_ASSERT(size <= buffer.size());
  const std::size_t clear = clear_part(buffer.first(size)), tag = info(ciphers_->profile).rtp_tag;
  if (clear == 0) return std::unexpected(SrtpErrc::Malformed);
  if (buffer.size() - size < tag) return std::unexpected(SrtpErrc::NoRoom);
  auto& kind = ciphers_->rtp;
  const std::uint32_t ssrc = get32(&buffer[8]);
  if (kind.gcm) {
    kind.gcm->seal(gcm_iv(kind.salt, ssrc, index), buffer.first(clear), {}, buffer.subspan(clear, size - clear));
    return size + tag;
  }
  kind.counter->apply(counter_iv(kind.salt, ssrc, index), buffer.subspan(clear, size - clear));
  std::array<std::uint8_t, 4> roll_over;
  put32(roll_over.data(), static_cast<std::uint32_t>(index >> 16U));
  kind.hmac->begin();
  kind.hmac->add(buffer.first(size));
  kind.hmac->add(roll_over);
  const auto proof = kind.hmac->finish();
  std::copy_n(proof.begin(), tag, buffer.begin() + static_cast<std::ptrdiff_t>(size));
  return size + tag;
}

Result<std::size_t, SrtpErrc> Transform::open_rtp(std::span<std::uint8_t> datagram, std::uint64_t index) noexcept {
  const std::size_t tag = info(ciphers_->profile).rtp_tag;
  if (datagram.size() < tag) return std::unexpected(SrtpErrc::Malformed);
  const std::size_t size = datagram.size() - tag, clear = clear_part(datagram.first(size));
  if (clear == 0) return std::unexpected(SrtpErrc::Malformed);
  auto& kind = ciphers_->rtp;
  const std::uint32_t ssrc = get32(&datagram[8]);
  if (kind.gcm) {
    if (!kind.gcm->open(gcm_iv(kind.salt, ssrc, index), datagram.first(clear), {},
                        datagram.subspan(clear, size - clear)))
      return std::unexpected(SrtpErrc::NotAuthentic);
    return size;
  }
  std::array<std::uint8_t, 4> roll_over;
  put32(roll_over.data(), static_cast<std::uint32_t>(index >> 16U));
  kind.hmac->begin();
  kind.hmac->add(datagram.first(size));
  kind.hmac->add(roll_over);
  const auto proof = kind.hmac->finish();
  if (!equal_constant_time(BytesView(proof).first(tag), datagram.subspan(size)))
    return std::unexpected(SrtpErrc::NotAuthentic);
  kind.counter->apply(counter_iv(kind.salt, ssrc, index), datagram.subspan(clear, size - clear));
  return size;
}

Result<std::size_t, SrtpErrc> Transform::protect_rtcp(std::span<std::uint8_t> buffer, std::size_t size,
                                                      std::uint32_t index) noexcept {
  PARLEY_ASSERT(size <= buffer.size());
  const std::size_t tag = info(ciphers_->profile).rtcp_tag;
  if (size < kRtcpClear || buffer[0] >> 6U != 2) return std::unexpected(SrtpErrc::Malformed);
  if (buffer.size() - size < tag + kIndexWord) return std::unexpected(SrtpErrc::NoRoom);
  auto& kind = ciphers_->rtcp;
  const std::uint32_t ssrc = get32(&buffer[4]);
  std::array<std::uint8_t, kIndexWord> word;
  put32(word.data(), kEncrypted | index);
  const auto text = buffer.subspan(kRtcpClear, size - kRtcpClear);
  auto* const end = buffer.data() + size;
  if (kind.gcm) {
    kind.gcm->seal(gcm_iv(kind.salt, ssrc, index), buffer.first(kRtcpClear), word, text);
    std::ranges::copy(word, end + tag);
    return size + tag + kIndexWord;
  }
  kind.counter->apply(counter_iv(kind.salt, ssrc, index), text);
  std::ranges::copy(word, end);
  kind.hmac->begin();
  kind.hmac->add(buffer.first(size + kIndexWord));
  const auto proof = kind.hmac->finish();
  std::copy_n(proof.begin(), tag, end + kIndexWord);
  return size + tag + kIndexWord;
}

Result<std::size_t, SrtpErrc> Transform::open_rtcp(std::span<std::uint8_t> datagram) noexcept {
  const std::size_t tag = info(ciphers_->profile).rtcp_tag;
  if (datagram.size() < kRtcpClear + tag + kIndexWord || datagram[0] >> 6U != 2)
    return std::unexpected(SrtpErrc::Malformed);
  auto& kind = ciphers_->rtcp;
  const std::size_t size = datagram.size() - tag - kIndexWord;
  const std::uint32_t ssrc = get32(&datagram[4]);
  const auto text = datagram.subspan(kRtcpClear, size - kRtcpClear);
  const auto word = datagram.subspan(kind.gcm ? size + tag : size, kIndexWord);
  const std::uint32_t index = get32(word.data()) & ~kEncrypted;
  const bool encrypted = (word[0] & 0x80U) != 0;
  if (kind.gcm) {
    if (!encrypted || !kind.gcm->open(gcm_iv(kind.salt, ssrc, index), datagram.first(kRtcpClear), word, text))
      return std::unexpected(SrtpErrc::NotAuthentic);
    return size;
  }
  kind.hmac->begin();
  kind.hmac->add(datagram.first(size + kIndexWord));
  const auto proof = kind.hmac->finish();
  // What is proven but not encrypted (E bit) was never agreed to.
  if (!equal_constant_time(BytesView(proof).first(tag), datagram.subspan(size + kIndexWord)) || !encrypted)
    return std::unexpected(SrtpErrc::NotAuthentic);
  kind.counter->apply(counter_iv(kind.salt, ssrc, index), text);
  return size;
}

}  // namespace parley::srtp
