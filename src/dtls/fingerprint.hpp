#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <base/bytes.hpp>

namespace parley::dtls {

/// Hash functions that a peer's certificate may be named with; SHA-1 and MD5 are refused. In rising strength.
enum class Hash : std::uint8_t { Sha256, Sha384, Sha512 };

/// A certificate's digest as a=fingerprint has it.   Source: RFC 8122 §5.   Pure; thread: any.
struct Fingerprint {
  Hash hash = Hash::Sha256;
  std::uint8_t size = 0;
  std::array<std::uint8_t, 64> bytes{};

  /// "sha-256 4A:AD:B9:…", either case. nullopt: another hash function, or not its length.
  [[nodiscard]] static std::optional<Fingerprint> parse(std::string_view text);
  [[nodiscard]] static Fingerprint of(Hash hash, BytesView certificate);  // DER
  [[nodiscard]] std::string text() const;
  friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
};

/// Whether the certificate is one that was signalled: with several fingerprints those of the strongest hash function
/// decide (RFC 8122 §5.1). None: never.
[[nodiscard]] bool is_signalled(BytesView certificate, std::span<const Fingerprint> fingerprints);

}  // namespace parley::dtls
