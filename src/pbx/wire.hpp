#pragma once
#include <string>

#include <base/clock.hpp>
#include <base/endpoint.hpp>
#include <base/function.hpp>
#include <base/result.hpp>
#include <sip/transaction_layer.hpp>

namespace parley::pbx {

/// How one reactor's calls reach the network: SipEdge in the server, a fake network in scenarios.
/// Thread: the reactor's.
class Wire : public sip::Wire {
 public:
  /// Our address as that peer sees us, for Via, Contact and SDP, with the port that we listen on for that transport.
  [[nodiscard]] virtual Endpoint own_endpoint(const sip::Flow& flow) = 0;

  /// A connection for requests of ours to a peer that a trunk or route names: `to` says transport and address (what DNS
  /// gave), `identity` the domain that the peer's certificate must stand for (RFC 5922; TLS only). The flow that comes
  /// is that connection; UDP gives `to` itself. `done` runs later, on the reactor.
  /// Errors: Timeout, Unavailable, Forbidden (certificate), Invalid (a transport that cannot be opened: WS, WSS).
  virtual void connect(const sip::Flow& to, const std::string& identity,
                       UniqueFunction<void(Result<sip::Flow>)> done) = 0;

  /// A connection that we opened, so that what its peer has to say to us may come by it (RFC 5923).
  [[nodiscard]] virtual bool opened(const sip::Flow& flow) = 0;

  /// The peer promised keep-alives on this connection (RFC 5626 §4.4, Flow-Timer): ends it when nothing comes for so
  /// long.
  virtual void expect_keep_alive(const sip::Flow& flow, Duration within) = 0;
};

}  // namespace parley::pbx
