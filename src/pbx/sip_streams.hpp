#pragma once
#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include <base/clock.hpp>
#include <base/guarded.hpp>
#include <base/metrics.hpp>
#include <net/http_server.hpp>
#include <net/tcp.hpp>
#include <pbx/sip_edge.hpp>
#include <pbx/source_guard.hpp>
#include <sip/framer.hpp>
#include <sip/message.hpp>

namespace parley::net {
class Reactor;
}
namespace parley::pbx {

inline constexpr std::size_t kTransports = 5;  // those of sip::Transport but Other
[[nodiscard]] constexpr std::size_t index_of(sip::Transport transport) { return static_cast<std::size_t>(transport); }

/// What the edge counts. Thread: any.
struct EdgeCounters {
  EdgeCounters();
  std::array<metrics::Counter*, kTransports> in{}, out{};
  std::array<metrics::Gauge*, kTransports> connections{};
  metrics::Counter &handed_over, &banned, &malformed, &oversized, &no_way, &refused, &connect_failures, &by_stream,
      &stun_answered, &stun_limited;
};

/// What all reactors of one edge share. Thread: any.
struct EdgeShared {
  EdgeShared(const SipEdgeOptions& o, SourceGuard& g) : options(o), guard(g) {}
  const SipEdgeOptions options;
  SourceGuard& guard;
  EdgeCounters counters;
  std::uint16_t port = 0, tls_port = 0;
  std::atomic<std::uint16_t> web_port = 0;
  std::atomic<unsigned> connections = 0;
  Guarded<std::unordered_map<IpAddress, unsigned>> by_address;  // accepted ones
  using Way = std::pair<sip::Transport, Endpoint>;
  /// Connections that peers want their requests to come by (RFC 5923), of all reactors.
  Guarded<std::map<Way, std::uint64_t>> aliases;
};

/// A connection's number carries its reactor's, plus one.
inline constexpr std::uint64_t kReactorShift = 40;
[[nodiscard]] constexpr unsigned reactor_of_connection(std::uint64_t connection) {
  return static_cast<unsigned>(connection >> kReactorShift) - 1;
}

/// The stream connections of one reactor: TCP, TLS, and WebSockets that the HTTP server has accepted. Cuts what comes
/// into messages, opens what is needed, ends what stalls, idles or sends rubbish.
/// Source: RFC 3261 §18, RFC 5626 §4.4.1, RFC 5923, RFC 7118.   Thread: the reactor's.   Lifetime: its SipEdge.
class SipStreams {
 public:
  struct Owner {
    virtual void receive(sip::Message&& message) = 0;
    /// A connection has ended (flow.connection), or none could be opened to flow.remote (0).
    virtual void lost(const sip::Flow& flow) = 0;

   protected:
    ~Owner() = default;
  };

  SipStreams(EdgeShared& shared, net::Reactor& reactor, unsigned number, Owner& owner)
      : shared_(shared), reactor_(reactor), number_(number), owner_(owner) {}

  void accept(std::shared_ptr<net::TcpConnection> socket, sip::Transport transport);
  /// False: over a limit, or banned. The number of the new connection goes to `web_message` and `web_closed`.
  [[nodiscard]] std::uint64_t adopt(const std::shared_ptr<net::WebSocketSession>& web, const sip::Flow& flow);
  void web_message(std::uint64_t id, std::string bytes);
  void web_closed(std::uint64_t id);

  /// Over this open connection. False: it is gone, or its queue is full.
  bool send(std::uint64_t id, std::string_view bytes);
  /// Over any connection to flow.remote, opened if there is none. False: known at once to fail. Later failures: lost(),
  /// also of `instead_of`, the connection that is gone and whose transactions wait for this one.
  bool send_to(const sip::Flow& flow, std::string_view bytes, const sip::Flow* instead_of = nullptr);
  /// A connection whose peer was proven to be `identity` (TLS, RFC 5922), for requests of ours.
  using Opened = UniqueFunction<void(Result<sip::Flow>)>;
  void open(const sip::Flow& to, const std::string& identity, Opened done);
  /// Over a new connection to the same peer, proven to be the same, for what was to go over one that open() gave and
  /// that is gone. False: it gave none. Later failures: lost(`gone`).
  bool send_again(const sip::Flow& gone, std::string_view bytes);
  /// An open connection that we opened.
  [[nodiscard]] bool opened(std::uint64_t id) const {
    const auto found = streams_.find(id);
    return found != streams_.end() && !found->second.counted;
  }
  /// Ends the connection if nothing comes for so long (RFC 5626 Flow-Timer).
  void expect_within(std::uint64_t id, Duration limit);
  void sweep();

 private:
  struct Stream {
    sip::Flow flow;
    std::shared_ptr<net::TcpConnection> socket;
    std::weak_ptr<net::WebSocketSession> web;
    sip::StreamFramer framer;
    TimePoint last_byte{};
    TimePoint began{};     // of the message that is incomplete, or of the connection
    Duration idle{};       // zero: the usual limit
    bool spoke = false;    // one whole message has come
    bool broken = false;   // can no longer be cut: nothing is read any more, it will be closed
    bool counted = false;  // in the limits (accepted ones)
    std::vector<EdgeShared::Way> aliases;
    void close(bool after_send) const;
  };
  struct Opening {
    std::deque<std::string> queue;
    std::vector<sip::Flow> instead_of;
    std::vector<Opened> asked;
  };
  using Way = EdgeShared::Way;
  /// Where to, and who must be there: what is proven to be one is no way to the other.
  struct Goal {
    Way way;
    std::string identity;  // "": in clear
    friend auto operator<=>(const Goal&, const Goal&) = default;
  };
  struct Given {
    sip::Flow to;
    std::string identity;
  };

  [[nodiscard]] bool admit(const IpAddress& address);
  Stream& keep(std::uint64_t& id, const sip::Flow& flow, bool counted);
  void adopt_socket(std::shared_ptr<net::TcpConnection> socket, sip::Transport transport, bool counted,
                    std::uint64_t& id);
  void on_bytes(std::uint64_t id, BytesView bytes);
  void on_closed(std::uint64_t id);
  void remember(std::uint64_t id, const sip::Flow& to, const std::string& identity);
  void begin_opening(const Goal& goal, const sip::Flow& flow);
  void take_alias(std::uint64_t id, const sip::Message& request);
  void deliver(std::uint64_t id, sip::Message message);

  EdgeShared& shared_;
  net::Reactor& reactor_;
  const unsigned number_;
  Owner& owner_;
  std::unordered_map<std::uint64_t, Stream> streams_;
  std::map<Goal, Opening> opening_;
  std::map<Goal, std::uint64_t> opened_;  // connections that we opened
  std::map<std::uint64_t, Given> given_;  // what open() gave, the newest of them, also when it is gone
  std::uint64_t next_ = 1;
};

}  // namespace parley::pbx
