#pragma once
#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>

#include <base/bytes.hpp>
#include <base/endpoint.hpp>

namespace parley::ice {

inline constexpr std::size_t kStunHeader = 20;
inline constexpr std::size_t kMaxStun = 1280;  // a check may carry what a browser adds; more fits no path for sure
inline constexpr std::size_t kMaxStunAttributes = 32;
inline constexpr std::size_t kMaxStunWritten = 256;  // all that we ever say

enum StunType : std::uint16_t {
  kBindingRequest = 0x0001,
  kBindingIndication = 0x0011,
  kBindingResponse = 0x0101,
  kBindingError = 0x0111,
};
enum StunAttributeType : std::uint16_t {  // RFC 8489 §18.3, RFC 8445 §16.1
  kUsername = 0x0006,
  kMessageIntegrity = 0x0008,
  kErrorCode = 0x0009,
  kUnknownAttributes = 0x000a,
  kMessageIntegritySha256 = 0x001c,
  kXorMappedAddress = 0x0020,
  kPriority = 0x0024,
  kUseCandidate = 0x0025,
  kFirstOptional = 0x8000,  // from here on: skipped by who does not know it
  kFingerprint = 0x8028,
  kIceControlled = 0x8029,
  kIceControlling = 0x802a,
};
using StunId = std::array<std::uint8_t, 12>;

enum class StunErrc : std::uint8_t { NotStun, Truncated, BadAttribute, TooMany };

/// Whether a datagram is meant as STUN at all: two zero bits, the cookie, a length that fits.
[[nodiscard]] bool is_stun(BytesView datagram) noexcept;

/// A STUN message as it came.   Source: RFC 8489 §5, §14.   Pure; thread: any. Lifetime: views into the datagram.
/// What follows MESSAGE-INTEGRITY is left out but for FINGERPRINT, which has to be the last (§14.5, §14.7).
class StunMessage {
 public:
  struct Attribute {
    std::uint16_t type = 0;
    BytesView value;
  };
  [[nodiscard]] static std::expected<StunMessage, StunErrc> parse(BytesView datagram) noexcept;

  [[nodiscard]] std::uint16_t type() const noexcept { return type_; }
  [[nodiscard]] const StunId& id() const noexcept { return id_; }
  [[nodiscard]] std::span<const Attribute> attributes() const noexcept { return {attributes_.data(), count_}; }
  [[nodiscard]] const Attribute* find(std::uint16_t type) const noexcept;  // the first
  [[nodiscard]] std::string_view text(std::uint16_t type) const noexcept;  // "" if absent
  /// Present and right. nullopt: absent.
  [[nodiscard]] std::optional<bool> fingerprint() const noexcept;
  /// Whether MESSAGE-INTEGRITY is there and was made with this key (short-term credentials: the password, §9.1).
  [[nodiscard]] bool proves(std::string_view key) const;
  [[nodiscard]] bool has_integrity() const noexcept { return integrity_at_ != 0; }
  /// XOR-MAPPED-ADDRESS.
  [[nodiscard]] std::optional<Endpoint> mapped_address() const noexcept;

 private:
  BytesView bytes_;
  std::uint16_t type_ = 0;
  StunId id_{};
  std::array<Attribute, kMaxStunAttributes> attributes_{};
  std::size_t count_ = 0;
  std::size_t integrity_at_ = 0, fingerprint_at_ = 0;  // of the attribute's head; 0: absent
};

/// Writes one message.   Errors: none; what does not fit into kMaxStunWritten is our bug.
class StunWriter {
 public:
  StunWriter(std::uint16_t type, const StunId& id);
  StunWriter& attribute(std::uint16_t type, BytesView value = {});
  StunWriter& number(std::uint16_t type, std::uint32_t value);
  StunWriter& xor_address(const Endpoint& address);
  StunWriter& error(unsigned code, std::string_view reason);
  StunWriter& unknown(std::span<const std::uint16_t> types);
  StunWriter& integrity(std::string_view key);  // nothing but fingerprint() after it
  StunWriter& fingerprint();                    // last
  /// Lives as long as the writer.
  [[nodiscard]] BytesView bytes() const noexcept { return BytesView(out_).first(size_); }

 private:
  void head(std::uint16_t type, std::size_t size);
  void put16(std::uint16_t value);
  void set_length(std::size_t message_size);
  std::array<std::uint8_t, kMaxStunWritten> out_;
  std::size_t size_ = 0;
};

}  // namespace parley::ice
