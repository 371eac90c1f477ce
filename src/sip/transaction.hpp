#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include <base/clock.hpp>
#include <sip/message.hpp>
#include <sip/transaction_tables.hpp>
#include <sip/transport.hpp>

namespace parley::sip {

inline constexpr TimePoint kNever = TimePoint::max();

/// What the layer remembers of one transaction. Internal to sip/.   Source: RFC 3261 §17.
struct Transaction {
  TransactionKind kind = TransactionKind::InviteClient;
  State state = State::Terminated;
  std::uint32_t generation = 0;
  bool live = false;
  bool internal = false;   // a CANCEL of the layer's own: its user is the layer
  bool switched = false;   // to TCP for its size; back to UDP if no connection can be had
  bool quiet = false;      // its user is calling us: it gets the error as the result, not by a callback
  bool cancelled = false;  // CANCEL wanted (client) or seen (server)
  bool cancel_sent = false;
  bool settled = false;      // INVITE server: the dialog has its ACK
  std::uint64_t origin = 0;  // server, outside dialogs: names the request whatever way it came; 0: none
  Flow flow;                 // where what we send goes
  std::string key;
  std::string bytes;  // client: the request; server: the last response
  std::string ack;    // INVITE client: what acknowledged its final response
  std::string cancel_line;
  std::unique_ptr<Message> request;  // server
  TimePoint retransmit_at = kNever, expires_at = kNever;
  std::chrono::milliseconds interval{};

  [[nodiscard]] bool is_client() const {
    return kind == TransactionKind::InviteClient || kind == TransactionKind::NonInviteClient;
  }
  /// User agents exist that come again with the same CSeq then (RFC 3261 §22.2 asks for a new one).
  [[nodiscard]] bool was_challenged() const {
    return bytes.starts_with("SIP/2.0 401") || bytes.starts_with("SIP/2.0 407");
  }
  /// Only repetitions can still come. An INVITE server waits for its ACK: see TransactionLayer::acknowledged().
  [[nodiscard]] bool only_repeats() const {
    if (kind == TransactionKind::InviteServer) return state == State::Confirmed;
    return state == State::Completed || state == State::Accepted;
  }
};

template <class Id>
Id id_of(const Transaction& t, std::uint32_t slot) {
  return {slot, t.generation};
}

}  // namespace parley::sip
