#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <base/clock.hpp>
#include <base/random.hpp>
#include <base/result.hpp>
#include <sip/builder.hpp>
#include <sip/check.hpp>
#include <sip/message.hpp>

namespace parley::sip {

/// Names a transaction over time: a slot and its generation. Stale ids are recognised and refused.
template <class Tag>
struct TransactionId {
  std::uint32_t slot = 0xffffffffU;
  std::uint32_t generation = 0;
  explicit operator bool() const noexcept { return slot != 0xffffffffU; }
  friend auto operator<=>(const TransactionId&, const TransactionId&) = default;
};
using ClientId = TransactionId<struct ClientTag>;
using ServerId = TransactionId<struct ServerTag>;

enum class TransactionFailure : std::uint8_t { Timeout, Transport };

/// What the layer tells its user. Calls come from within receive(), on_time(), on_transport_error() and (for errors
/// known at once) never from within the user's own calls: those return them. The user may call the layer from any of
/// these.
class TransactionUser {
 public:
  virtual ~TransactionUser() = default;
  /// A request that belongs to no transaction yet, nor is it an ACK or CANCEL: whether one is made for it. What is
  /// turned away is answered without memory (RFC 3261 §8.2.7) or not at all, so that strangers cost nothing.
  struct Screening {
    enum class Kind : std::uint8_t { Serve, Answer, Ignore } kind = Kind::Serve;
    Outgoing answer{};  // made with stateless_tag() (sip/derived.hpp)
  };
  [[nodiscard]] virtual Screening screen(const Message&, TimePoint) { return {}; }
  /// What goes out, as it goes out, retransmissions as well: for whoever traces.
  virtual void on_sent(std::string_view, const Flow&) {}
  /// A new request but ACK and CANCEL. Answer with respond(id, ...), now or later. layer.request(id) gives it again.
  virtual void on_request(ServerId id, const Message& request) = 0;
  /// The INVITE was cancelled before its final response: answer it with 487. The CANCEL itself has been answered.
  virtual void on_cancel(ServerId invite, const Message& cancel) = 0;
  /// An ACK that belongs to no final response other than 2xx: to a dialog, or stray.
  virtual void on_ack(const Message& ack) = 0;
  /// Provisional and final responses. An INVITE may give several 2xx (forking, retransmission): each comes
  /// here.
  virtual void on_response(ClientId id, const Message& response) = 0;
  /// No final response came or can come: as if it were a 408 (Timeout) or a 503 (Transport). The id is gone.
  virtual void on_client_failure(ClientId id, TransactionFailure failure) = 0;
  /// The final response of an INVITE was never acknowledged, or could not be sent. The id is gone.
  virtual void on_server_failure(ServerId id, TransactionFailure failure) = 0;
};

/// Takes bytes towards the network. False: it failed and is known to have (connection refused, socket error).
class Wire {
 public:
  virtual ~Wire() = default;
  virtual bool send(std::string_view bytes, const Flow& flow) = 0;
  /// Whether a request of so many bytes must not go as a datagram of this flow but by TCP to the same place, as far as
  /// is known (RFC 3261 §18.1.1).
  [[nodiscard]] virtual bool wants_stream(std::size_t bytes, const Flow& flow) {
    (void)bytes, (void)flow;
    return false;
  }
};

/// All transactions of one reactor: matches messages, retransmits, times out, answers what no user needs to see (100,
/// CANCEL, malformed, unserved and merged requests). Source:   RFC 3261 §17, §9, §18.2; RFC 6026; RFC 3581; RFC 2543
/// matching where the magic cookie is missing (§17.2.3). Thread:   the owning reactor's only.   Lifetime: the
/// reactor's; user and wire outlive it. Time comes in as `now`; arm a timer for next_deadline() after every call and
/// call on_time() when it is due. Errors:   of the world by the user's callbacks and counters; ids that are gone:
/// Errc::NotFound.
class TransactionLayer {
 public:
  struct Timers {  // RFC 3261 table 4
    std::chrono::milliseconds t1{500}, t2{4'000}, t4{5'000}, trying{200};
    [[nodiscard]] std::chrono::milliseconds t64() const { return 64 * t1; }
  };
  struct Options {
    unsigned reactor = 0;
    Timers timers{};
    /// Client and server together. Beyond, those that only wait for repetitions end early, the oldest first; when
    /// there are none, new requests get 503 with Retry-After.
    std::size_t max_transactions = 100'000;
    CheckOptions check{};
    std::string server{};  // "Server:" of the responses made here; "" for none
  };
  struct Counters {
    std::uint64_t received = 0, sent = 0, retransmitted = 0;
    std::uint64_t dropped = 0;   // malformed beyond an answer
    std::uint64_t refused = 0;   // answered by check()
    std::uint64_t screened = 0;  // answered or ignored by the user's screen()
    std::uint64_t absorbed = 0;  // retransmissions that came in
    std::uint64_t unmatched_responses = 0, unmatched_cancels = 0;
    std::uint64_t ignored = 0;    // pairs of state and input that the tables do not list
    std::uint64_t forgotten = 0;  // ended early to make room
    std::uint64_t overloaded = 0, timeouts = 0, transport_errors = 0;
    std::uint64_t merged = 0;  // the same request by another way: 482 (RFC 3261 §8.2.2.2)
  };

  TransactionLayer(Options options, TransactionUser& user, Wire& wire, Random& random);
  ~TransactionLayer();
  TransactionLayer(const TransactionLayer&) = delete;
  TransactionLayer& operator=(const TransactionLayer&) = delete;

  /// A received message, its `source` set.
  void receive(Message&& message, TimePoint now);

  [[nodiscard]] std::string mint_branch();
  /// Starts a client transaction: the request has our Via with a branch from mint_branch() on top. Not for ACK.
  /// One that is too large for a datagram goes by TCP, and by UDP after all if nobody takes the connection (§18.1.1).
  /// Errors: Limited (too many), Unavailable (could not be sent at once), Conflict (branch used already).
  [[nodiscard]] Result<ClientId> send_request(Outgoing request, const Flow& flow, TimePoint now);
  /// Cancels an INVITE as soon as a provisional response allows it; `header_lines`: e.g. `Reason:
  /// SIP;cause=200;text="..."`. No effect after a final response. Without a final response within 64*T1:
  /// on_client_failure(Timeout).
  Result<void> cancel(ClientId id, TimePoint now, std::string_view header_line = {});
  /// For ACKs to 2xx and anything else without a transaction.
  bool send_stateless(std::string_view bytes, const Flow& flow);

  /// Sends a response that ResponseBuilder made from request(id). 2xx to an INVITE: the dialog retransmits it by
  /// calling this again (RFC 6026 §7.1) until the ACK came. Errors: NotFound, Unavailable (transport), Conflict (final
  /// already sent).
  Result<void> respond(ServerId id, Outgoing response, TimePoint now);
  /// Short form without body. `header_line` may be "".
  Result<void> respond(ServerId id, unsigned status, std::string_view to_tag, TimePoint now,
                       std::string_view header_line = {});
  /// Answers once and forgets the request, as if without state (RFC 3261 §8.2.7): a stranger's request then costs no
  /// memory, and its answer is never sent again by itself. The request's retransmission is a new request.
  /// For what is refused before it is known who asks; build the response with stateless_tag().
  Result<void> respond_once(ServerId id, const Outgoing& response);
  /// The To tag for such an answer: the same for a request and its retransmission, known again in the ACK.
  [[nodiscard]] static std::string stateless_tag(const Message& request);
  /// The dialog has the ACK of this INVITE's 2xx, which the layer cannot tell from the ACK's own branch: what is left
  /// of the transaction may go when room is needed.
  void acknowledged(ServerId id);
  /// The request of a live server transaction; nullptr: gone. That of an answered REGISTER or
  /// of an answered request in a dialog (but INVITE) is gone with the final response. It stays readable until the next
  /// receive() or on_time() from outside a callback, even if the answer ended its transaction.
  [[nodiscard]] const Message* request(ServerId id) const;
  /// Whether a final response is still owed.
  [[nodiscard]] bool is_open(ServerId id) const;
  [[nodiscard]] bool is_open(ClientId id) const;

  /// A connection ended (`flow.connection`), or none can be opened to `flow.remote` (0), or ICMP said no: every client
  /// transaction that waits on it fails now. A server's does not: its response may go by another connection (§18.2.2),
  /// but for WebSockets, which only their clients can open.
  void on_transport_error(const Flow& flow, TimePoint now);

  [[nodiscard]] std::optional<TimePoint> next_deadline() const;
  void on_time(TimePoint now);

  [[nodiscard]] const Counters& counters() const;
  [[nodiscard]] std::size_t size() const;  // live transactions

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace parley::sip

template <class Tag>
struct std::hash<parley::sip::TransactionId<Tag>> {
  std::size_t operator()(const parley::sip::TransactionId<Tag>& id) const noexcept {
    return (static_cast<std::size_t>(id.generation) << 32 | id.slot) * 0x9e3779b97f4a7c15U;
  }
};
