#pragma once
#include <string_view>

#include <base/endpoint.hpp>
#include <base/result.hpp>

namespace parley::net {

/// An errno of a socket call as an Error that says what to do about it. `what`: "bind UDP", "listen TCP", ...
[[nodiscard]] Error socket_error(std::string_view what, const Endpoint& endpoint, int code);

}  // namespace parley::net
