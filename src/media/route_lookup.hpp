#pragma once
#include <base/endpoint.hpp>
#include <base/result.hpp>

namespace parley::media {

/// The interface by which packets from `source` to `target` leave.
struct Route {
  unsigned interface = 0;  // index
  bool loopback = false;
};

/// Asks the kernel (rtnetlink RTM_GETROUTE). A system call or three, no waiting. Thread: any.
/// Errors: NotFound without a route; Unsupported for interfaces that are neither Ethernet nor loopback; Io.
[[nodiscard]] Result<Route> find_route(const IpAddress& source, const IpAddress& target);

}  // namespace parley::media
