#pragma once
#include <optional>

#include <sip/message.hpp>
#include <sip/transport.hpp>

namespace parley::sip {

/// Where a contact is reached if the connection that it came by is gone: by a new one to the port that it names, if it
/// names the address that it came from. nullopt: not at all (another address: NAT or a lie; WebSocket clients, which
/// nobody can connect to; `ob`: RFC 5626 §4.3, only its own flow leads there). Never a third address. Pure.
[[nodiscard]] std::optional<Flow> reconnect_to(const Uri& contact, const Flow& gone);

/// The same for a message of ours that was to go over a connection that is gone: a response goes to the sent-by of its
/// top Via (RFC 3261 §18.2.2), a request to its first Route, else to its Request-URI.
[[nodiscard]] std::optional<Flow> reconnect_for(const Message& message, const Flow& gone);

}  // namespace parley::sip
