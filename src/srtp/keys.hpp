#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include <base/bytes.hpp>
#include <base/random.hpp>
#include <base/result.hpp>

namespace parley::srtp {

/// How packets are encrypted and proven, from the strongest to the weakest.
enum class Profile : std::uint8_t { AeadAes256Gcm, AeadAes128Gcm, AesCm128HmacSha1_80, AesCm128HmacSha1_32 };
inline constexpr std::array kProfiles{Profile::AeadAes256Gcm, Profile::AeadAes128Gcm, Profile::AesCm128HmacSha1_80,
                                      Profile::AesCm128HmacSha1_32};

/// Sizes in bytes.
struct ProfileInfo {
  std::string_view suite;  // in a=crypto (RFC 4568 §6.2, RFC 7714 §14.2)
  std::string_view dtls;   // as OpenSSL's SSL_CTX_set_tlsext_use_srtp names it
  std::uint16_t dtls_id;   // RFC 5764 §4.1.2, RFC 7714 §14.2
  std::uint8_t key, salt;  // of the master key; the session's are as long
  std::uint8_t rtp_tag;    // what SRTP adds to a packet
  std::uint8_t rtcp_tag;   // SRTCP adds this and kIndexWord
  bool aead;
};
[[nodiscard]] const ProfileInfo& info(Profile profile) noexcept;
[[nodiscard]] std::optional<Profile> profile_of_suite(std::string_view suite) noexcept;  // in any case
[[nodiscard]] std::optional<Profile> profile_of_dtls(std::uint16_t id) noexcept;

inline constexpr std::size_t kMaxKey = 32, kMaxSalt = 14;
inline constexpr std::size_t kMaxMaster = 46;                // 32 + 12, and 16 + 14: no profile has more
inline constexpr std::size_t kIndexWord = 4;                 // the E bit and the SRTCP index
inline constexpr std::size_t kMaxTrailer = 16 + kIndexWord;  // room that every buffer needs behind its packet

/// Master key and salt of one direction (RFC 3711 §3.2.1). Wiped when let go. Never printed.
class MasterKey {
 public:
  /// Key and salt behind each other, as a=crypto has them. Errors: Invalid if there are too many or too few bytes.
  [[nodiscard]] static Result<MasterKey> from(Profile profile, BytesView key_and_salt);
  [[nodiscard]] static MasterKey make(Profile profile, Random& random);
  MasterKey(const MasterKey&) = default;
  MasterKey& operator=(const MasterKey&) = default;
  ~MasterKey() { wipe(bytes_); }

  [[nodiscard]] Profile profile() const noexcept { return profile_; }
  [[nodiscard]] BytesView key() const noexcept { return BytesView(bytes_).first(info(profile_).key); }
  [[nodiscard]] BytesView salt() const noexcept { return both().subspan(info(profile_).key); }
  [[nodiscard]] BytesView both() const noexcept {
    return BytesView(bytes_).first(std::size_t{info(profile_).key} + info(profile_).salt);
  }
  friend bool operator==(const MasterKey& a, const MasterKey& b) noexcept {
    return a.profile_ == b.profile_ && equal_constant_time(a.bytes_, b.bytes_);
  }

 private:
  explicit MasterKey(Profile profile) noexcept : profile_(profile) {}
  Profile profile_;
  std::array<std::uint8_t, kMaxMaster> bytes_{};
};

/// What one end of a stream has agreed. The two directions may have different profiles with SDES, never with DTLS.
struct KeyPair {
  MasterKey ours;    // protects what we send
  MasterKey theirs;  // opens what comes
  friend bool operator==(const KeyPair&, const KeyPair&) = default;
};

/// How many bytes the exporter "EXTRACTOR-dtls_srtp" has to give (RFC 5764 §4.2).
[[nodiscard]] constexpr std::size_t exporter_size(const ProfileInfo& info) noexcept {
  return 2 * (std::size_t{info.key} + info.salt);
}
/// Splits what it gave: client key, server key, client salt, server salt. Pure; the caller wipes its bytes.
/// Errors: Invalid if the length is not exporter_size().
[[nodiscard]] Result<KeyPair> split_exporter(Profile profile, BytesView keying_material, bool we_are_client);

}  // namespace parley::srtp
