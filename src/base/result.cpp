#include <base/result.hpp>

namespace parley {

std::string_view to_string(Errc code) noexcept {
  switch (code) {
    case Errc::Invalid: return "invalid";
    case Errc::NotFound: return "not_found";
    case Errc::Conflict: return "conflict";
    case Errc::Forbidden: return "forbidden";
    case Errc::Unauthorized: return "unauthorized";
    case Errc::Limited: return "limited";
    case Errc::Unavailable: return "unavailable";
    case Errc::Timeout: return "timeout";
    case Errc::Full: return "full";
    case Errc::Corrupt: return "corrupt";
    case Errc::Unsupported: return "unsupported";
    case Errc::Io: return "io";
    case Errc::Internal: return "internal";
  }
  return "internal";
}

}  // namespace parley
