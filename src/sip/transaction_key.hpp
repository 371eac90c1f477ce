#pragma once
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <sip/slot_table.hpp>
#include <sip/transaction.hpp>

namespace parley::sip {

/// Transactions of one side by their keys, which they hold themselves.   Lifetime: that of the slots.
class TransactionKeys {
 public:
  explicit TransactionKeys(const std::deque<Transaction>& slots) : slots_(slots) {}
  [[nodiscard]] std::optional<std::uint32_t> find(std::string_view key) const {
    return table_.find(hash_of(key), [&](std::uint32_t slot) { return slots_[slot].key == key; });
  }
  [[nodiscard]] bool contains(std::string_view key) const { return find(key).has_value(); }
  void add(std::uint32_t slot) { table_.insert(hash_of(slots_[slot].key), slot); }
  void remove(std::uint32_t slot) noexcept { table_.erase(hash_of(slots_[slot].key), slot); }
  [[nodiscard]] std::size_t size() const noexcept { return table_.size(); }

 private:
  static std::uint64_t hash_of(std::string_view key) noexcept { return std::hash<std::string_view>{}(key); }
  const std::deque<Transaction>& slots_;
  SlotTable table_;
};

/// Writes what names a request's server transaction (RFC 3261 §17.2.3): branch, sent-by and method, or, where the magic
/// cookie is missing, all that RFC 2543 compared; and the transport that it came by: a retransmission comes the way
/// that the request came. ACK and CANCEL give the key of their INVITE.
void server_transaction_key(const Message& request, std::string& key);

/// What stays the same when a proxy sends one request by several ways (RFC 3261 §8.2.2.2). Never 0.
[[nodiscard]] std::uint64_t origin_of(const Message& request) noexcept;
[[nodiscard]] bool same_origin(const Message& a, const Message& b) noexcept;

}  // namespace parley::sip
