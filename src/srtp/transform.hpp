#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include <srtp/keys.hpp>

#include <base/bytes.hpp>

namespace parley::srtp {

enum class SrtpErrc : std::uint8_t {
  Malformed,       // no RTP or RTCP packet with room for what its profile adds
  NotAuthentic,    // the tag is wrong: another key, or somebody changed it
  Replayed,        // it came before
  TooOld,          // behind the replay window, so that nobody knows whether it came before
  TooManySources,  // more SSRCs than kMaxSources under one key
  KeyUsedUp,       // as many packets as one key may protect
  NoRoom,          // the buffer ends before the packet would
};

/// Key and salt of one kind of packet, derived from the master's (RFC 3711 §4.3). Wiped when let go.
struct SessionKeys {
  std::array<std::uint8_t, kMaxKey> cipher{};
  std::array<std::uint8_t, kMaxSalt> salt{};
  std::array<std::uint8_t, 20> authentication{};  // of the SHA-1 profiles
  SessionKeys() = default;
  SessionKeys(const SessionKeys&) = default;
  SessionKeys& operator=(const SessionKeys&) = default;
  ~SessionKeys() { wipe(cipher), wipe(salt), wipe(authentication); }
};

enum class KeyLabel : std::uint8_t { RtpCipher, RtpAuthentication, RtpSalt, RtcpCipher, RtcpAuthentication, RtcpSalt };
/// The key derivation (RFC 3711 §4.3.1, RFC 7714 §11): fills `out`. Packets use key_derivation_rate 0, that is r = 0.
void derive(const MasterKey& master, KeyLabel label, std::span<std::uint8_t> out, std::uint64_t index_div_rate = 0);
/// RFC 3711 §4.1.1: SRTP's IV of the first block. `index`: roll-over counter and sequence number, or the SRTCP index.
[[nodiscard]] std::array<std::uint8_t, 16> counter_iv(std::span<const std::uint8_t, 14> salt, std::uint32_t ssrc,
                                                      std::uint64_t index) noexcept;

/// AES in counter mode with one key.   Thread: one at a time. Never allocates after construction.
class AesCounter {
 public:
  explicit AesCounter(BytesView key);  // 16 or 32 bytes
  ~AesCounter();
  AesCounter(AesCounter&&) noexcept;
  AesCounter& operator=(AesCounter&&) = delete;
  /// XORs the key stream over `data`.
  void apply(const std::array<std::uint8_t, 16>& iv, std::span<std::uint8_t> data) noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Encrypts and proves, or checks and opens, single packets in place: all that RFC 3711 and RFC 7714 say of one packet
/// whose index is known. Which index that is, is the business of session.hpp.
/// Source: RFC 3711 §3, §4 (AES_CM, HMAC-SHA1); RFC 7714 §8, §9 (AES-GCM); the E bit is demanded (§3.4).
/// Thread: one at a time.   Cost: nothing is allocated after construction.
class Transform {
 public:
  enum class Use : std::uint8_t { Protect, Open };
  Transform(const MasterKey& master, Use use);
  /// With keys that are session keys already: what the vectors of RFC 7714 have.
  Transform(Profile profile, Use use, const SessionKeys& rtp, const SessionKeys& rtcp);
  ~Transform();
  Transform(Transform&&) noexcept;
  Transform& operator=(Transform&&) noexcept;

  [[nodiscard]] Profile profile() const noexcept;

  /// `buffer` holds the packet in its first `size` bytes and room for the tag behind it. The size of the secured
  /// packet.
  [[nodiscard]] Result<std::size_t, SrtpErrc> protect_rtp(std::span<std::uint8_t> buffer, std::size_t size,
                                                          std::uint64_t index) noexcept;
  [[nodiscard]] Result<std::size_t, SrtpErrc> protect_rtcp(std::span<std::uint8_t> buffer, std::size_t size,
                                                           std::uint32_t index) noexcept;
  /// The size of the plain packet. After an error the datagram's content is nothing that may be used.
  /// The HMAC profiles leave it as it came then, so that another index can be tried.
  [[nodiscard]] Result<std::size_t, SrtpErrc> open_rtp(std::span<std::uint8_t> datagram, std::uint64_t index) noexcept;
  [[nodiscard]] Result<std::size_t, SrtpErrc> open_rtcp(std::span<std::uint8_t> datagram) noexcept;

 private:
  struct Ciphers;
  std::unique_ptr<Ciphers> ciphers_;
};

/// Bytes of an RTP packet that stay in the clear: header, CSRCs, header extension; 0: it is none (RFC 3711 §3.1).
[[nodiscard]] std::size_t clear_part(BytesView packet) noexcept;

}  // namespace parley::srtp
