#pragma once
#include <base/endpoint.hpp>
#include <sip/transaction_layer.hpp>

namespace parley::pbx {

/// How one reactor's calls reach the network: SipEdge in the server, a fake network in scenarios.
/// Thread: the reactor's.
class Wire : public sip::Wire {
 public:
  /// Our address as that peer sees us, for Via, Contact and SDP, with the port that we listen on.
  [[nodiscard]] virtual Endpoint own_endpoint(const sip::Flow& flow) = 0;
};

}  // namespace parley::pbx
