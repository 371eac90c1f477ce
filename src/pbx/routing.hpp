#pragma once
#include <string>

#include <pbx/authenticator.hpp>
#include <sip/uri.hpp>

namespace parley::pbx {

/// What a dialled number means to this caller.
struct Route {
  enum class Kind : std::uint8_t { Extension, EchoTest, Refuse };
  Kind kind = Kind::Refuse;
  const DirectoryExtension* extension = nullptr;  // Kind::Extension; lives in the identity's directory
  unsigned status = 404;                          // Kind::Refuse
  std::string cause;
};

inline constexpr std::string_view kEchoTestNumber = "600";  // an extension of that number takes precedence

/// The dialled number as the caller meant it: the URI's user without escapes and separators.
[[nodiscard]] std::string dialled_number(const sip::Uri& target);
/// Only inside the caller's own organisation; anything else is not found. Pure.
[[nodiscard]] Route route(const Identity& caller, const sip::Uri& target);

}  // namespace parley::pbx
