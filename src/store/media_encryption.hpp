#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace parley::store {

/// Whether the media of a device, a carrier, an organisation is encrypted.
enum class MediaEncryption : std::uint8_t {
  Off,       // plain RTP, whatever is offered
  Optional,  // where the other end can do it
  Required,  // or there is no call: never plain
};
[[nodiscard]] std::string_view to_string(MediaEncryption value) noexcept;  // "off", "optional", "required"
[[nodiscard]] std::optional<MediaEncryption> media_encryption_of(std::string_view text) noexcept;

/// Of what may leave the choice to its organisation: "organisation" then.
[[nodiscard]] std::string_view to_string(std::optional<MediaEncryption> value) noexcept;

}  // namespace parley::store
