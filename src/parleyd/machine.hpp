#pragma once
#include <string>
#include <string_view>
#include <vector>

#include <base/endpoint.hpp>

namespace parley::server {

/// This machine's addresses that are up, without link-local ones, loopback last.
[[nodiscard]] std::vector<IpAddress> own_addresses();
[[nodiscard]] std::string host_name();
/// The address that people on the network reach us at; loopback when there is no other.
[[nodiscard]] IpAddress primary_address();

/// Processors that this process may run on (its affinity), not those that the machine has.
[[nodiscard]] unsigned usable_cores();

/// Tells the service manager (sd_notify protocol); does nothing without $NOTIFY_SOCKET. `state`: "READY=1", ...
void notify(std::string_view state);

/// No core dumps (they would hold keys and speech: T-37), and as many descriptors as we may have.
void prepare_process();

}  // namespace parley::server
