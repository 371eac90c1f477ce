#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <base/clock.hpp>
#include <base/function.hpp>
#include <base/result.hpp>
#include <pbx/source_guard.hpp>
#include <pbx/wire.hpp>
#include <sip/message.hpp>

namespace parley::net {
class ReactorPool;
class TlsContext;
class WebSocketSession;
struct HttpRequest;
struct HttpResponse;
}  // namespace parley::net
namespace parley::pbx {

struct SipEdgeOptions {
  std::vector<IpAddress> bind;  // empty: all v4 addresses and, where the host has IPv6, all of its
  std::uint16_t port = 5060;    // UDP and TCP; 0: any free one
  std::uint16_t tls_port = 0;   // 0: port + 1, or any free one if `port` is 0
  bool udp = true, tcp = true;
  std::shared_ptr<net::TlsContext> tls;         // what phones see; nullptr: no TLS
  std::shared_ptr<net::TlsContext> tls_client;  // for connections that we open; nullptr: none under TLS
  std::vector<IpAddress> advertised;            // what we call ourselves: the first of the peer's family
  std::vector<std::string> web_origins;         // of pages that may connect, beside our own; "*": any
  std::string public_url;                       // an origin that is ours beside the Host that was asked for
  unsigned max_connections = 4096;              // streams of all kinds, of this process
  unsigned max_connections_per_address = 64;
  std::size_t max_message_bytes = 64 * 1024;
  Duration message_within = std::chrono::seconds(30);  // a stream must complete a message it has begun (slowloris)
  Duration idle_after = std::chrono::minutes(30);      // a stream without any byte, keep-alives included
};

/// The sockets of SIP: for each reactor and address one UDP socket and one listener each for TCP and TLS
/// (SO_REUSEPORT); WebSockets come from the HTTP server. What arrives is parsed where it arrives, and then handed to
/// the reactor that owns its call or, for new calls, to that of its Call-ID (sip/minted.hpp). What goes out goes along
/// its flow; if that connection is gone, by a new one where the peer can be reached by one (sip/reconnect.hpp), else
/// its transaction fails at once. Source: RFC 3261 §18, RFC 5626 §4.4.1, RFC 5923, RFC 7118. Banned addresses get
/// nothing, not even a parser. Thread: start before the reactors run; wire(n) on reactor n; upgrade() any. Lifetime:
/// outlives what it delivers to; destroyed after the reactors stopped.
class SipEdge {
 public:
  using Deliver = UniqueFunction<void(sip::Message&&)>;     // on the owning reactor
  using FlowLost = UniqueFunction<void(const sip::Flow&)>;  // `connection`: that one ended; 0: none leads there

  /// Errors: Conflict, Forbidden, Invalid of the sockets.
  [[nodiscard]] static Result<std::unique_ptr<SipEdge>> bind(const SipEdgeOptions& options, net::ReactorPool& reactors,
                                                             SourceGuard& guard);
  ~SipEdge();
  SipEdge(const SipEdge&) = delete;
  SipEdge& operator=(const SipEdge&) = delete;

  void on_message(unsigned reactor, Deliver deliver);
  /// Told on the reactor that the connection belonged to, or that wanted one.
  void on_flow_lost(unsigned reactor, FlowLost lost);
  [[nodiscard]] Wire& wire(unsigned reactor);
  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] std::uint16_t tls_port() const;  // 0: none
  /// Decides about a WebSocket (RFC 7118): takes it, or says why not.
  [[nodiscard]] std::optional<net::HttpResponse> upgrade(net::HttpRequest& request,
                                                         const std::shared_ptr<net::WebSocketSession>& session);
  /// The port that WebSocket clients come to, for our Contacts.
  void web_port(std::uint16_t port);
  /// How full that reactor's UDP buffer is, 0 to 1. Thread: the reactor's.
  [[nodiscard]] double occupancy(unsigned reactor) const;

  struct Impl;

 private:
  explicit SipEdge(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace parley::pbx
