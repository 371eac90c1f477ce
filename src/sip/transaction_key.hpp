#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include <sip/message.hpp>

namespace parley::sip {

/// Slots of transactions by their keys: views of what the transactions themselves hold.
using TransactionKeys = std::unordered_map<std::string_view, std::uint32_t>;

/// Writes what names a request's server transaction (RFC 3261 §17.2.3): branch, sent-by and method, or, where the magic
/// cookie is missing, all that RFC 2543 compared; and the transport that it came by: a retransmission comes the way
/// that the request came. ACK and CANCEL give the key of their INVITE.
void server_transaction_key(const Message& request, std::string& key);

/// What stays the same when a proxy sends one request by several ways (RFC 3261 §8.2.2.2). Never 0.
[[nodiscard]] std::uint64_t origin_of(const Message& request) noexcept;
[[nodiscard]] bool same_origin(const Message& a, const Message& b) noexcept;

}  // namespace parley::sip
