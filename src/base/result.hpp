#pragma once
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace parley {

/// What went wrong, coarse enough to act on. Layers with richer errors have enums of their own (sip::ParseError).
enum class Errc : unsigned char {
  Invalid,       // the input breaks a rule that its sender should have kept
  NotFound,      // no such thing, or not this organisation's: the two look the same on purpose
  Conflict,      // exists already, or changed meanwhile
  Forbidden,     // known, but not allowed
  Unauthorized,  // not known: wrong or missing credentials
  Limited,       // over a limit of rate, size or count
  Unavailable,   // a part that we need is away; try again later
  Timeout,
  Full,     // no room: disk, queue, port range
  Corrupt,  // stored bytes fail their check
  Unsupported,
  Io,
  Internal,
};

[[nodiscard]] std::string_view to_string(Errc code) noexcept;

/// `text` is for people, in English, without personal data: it may be logged at the default level.
struct Error {
  Errc code = Errc::Internal;
  std::string text;
};

template <class T, class E = Error>
using Result = std::expected<T, E>;

[[nodiscard]] inline std::unexpected<Error> fail(Errc code, std::string text) {
  return std::unexpected(Error{code, std::move(text)});
}

}  // namespace parley
