#include <store/media_encryption.hpp>

namespace parley::store {

std::string_view to_string(MediaEncryption value) noexcept {
  switch (value) {
    case MediaEncryption::Off: return "off";
    case MediaEncryption::Optional: return "optional";
    case MediaEncryption::Required: break;
  }
  return "required";
}

std::optional<MediaEncryption> media_encryption_of(std::string_view text) noexcept {
  for (const auto value : {MediaEncryption::Off, MediaEncryption::Optional, MediaEncryption::Required})
    if (to_string(value) == text) return value;
  return std::nullopt;
}

std::string_view to_string(std::optional<MediaEncryption> value) noexcept {
  return value ? to_string(*value) : "organisation";
}

}  // namespace parley::store
