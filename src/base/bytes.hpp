#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace parley {

using Bytes = std::vector<std::uint8_t>;
using BytesView = std::span<const std::uint8_t>;

[[nodiscard]] BytesView as_bytes(std::string_view text) noexcept;
[[nodiscard]] std::string_view as_text(BytesView bytes) noexcept;
[[nodiscard]] Bytes to_bytes(std::string_view text);

[[nodiscard]] std::string to_hex(BytesView bytes);
[[nodiscard]] std::optional<Bytes> from_hex(std::string_view text);  // either case; nullopt: odd length or other signs
[[nodiscard]] std::string to_base64(BytesView bytes);                // RFC 4648 §4, padded
[[nodiscard]] std::string to_base64url(BytesView bytes);             // RFC 4648 §5, unpadded
/// Accepts both alphabets, with or without padding; nullopt on anything else.
[[nodiscard]] std::optional<Bytes> from_base64(std::string_view text);
/// The same into memory of the caller's: how many bytes it filled; nullopt also when they do not fit.
[[nodiscard]] std::optional<std::size_t> from_base64(std::string_view text, std::span<std::uint8_t> out);

/// Compares in time that depends on the lengths alone.
[[nodiscard]] bool equal_constant_time(BytesView a, BytesView b) noexcept;
/// Overwrites memory in a way that the optimiser keeps.
void wipe(std::span<std::uint8_t> bytes) noexcept;
void wipe(std::string& text) noexcept;

}  // namespace parley
