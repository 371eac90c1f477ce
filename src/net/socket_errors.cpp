#include <cerrno>
#include <cstring>
#include <system_error>

#include <fmt/format.h>

#include <net/socket_errors.hpp>

namespace parley::net {

Error socket_error(std::string_view what, const Endpoint& endpoint, int code) {
  Errc errc = Errc::Io;
  std::string_view remedy;
  switch (code) {
    case EADDRINUSE:
      errc = Errc::Conflict;
      remedy = "another program uses this port: stop it or choose another port";
      break;
    case EACCES:
    case EPERM:
      errc = Errc::Forbidden;
      remedy = "ports below 1024 need a right: choose a higher port";
      break;
    case EADDRNOTAVAIL:
      errc = Errc::Invalid;
      remedy = "not an address of this machine";
      break;
    case EMSGSIZE: errc = Errc::Limited; break;
    case EAGAIN:
    case ENOBUFS:
    case ENOMEM: errc = Errc::Full; break;
    case EMFILE:
    case ENFILE:
      errc = Errc::Full;
      remedy = "no file descriptors left: raise the limit (ulimit -n)";
      break;
    case ECONNREFUSED:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ENETDOWN: errc = Errc::Unavailable; break;
    case ETIMEDOUT: errc = Errc::Timeout; break;
    default: break;
  }
  auto text = fmt::format("{} {}: {}", what, endpoint.text(), std::generic_category().message(code));
  if (!remedy.empty()) text += fmt::format(" ({})", remedy);
  return {errc, std::move(text)};
}

}  // namespace parley::net
