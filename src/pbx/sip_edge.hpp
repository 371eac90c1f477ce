#pragma once
#include <memory>
#include <optional>
#include <vector>

#include <base/clock.hpp>
#include <base/function.hpp>
#include <base/result.hpp>
#include <pbx/access_guard.hpp>
#include <pbx/wire.hpp>
#include <sip/message.hpp>

namespace parley::net {
class ReactorPool;
}
namespace parley::pbx {

struct SipEdgeOptions {
  IpAddress bind_address;
  std::uint16_t port = 5060;  // 0: any free one
  bool udp = true, tcp = true;
  std::optional<IpAddress> advertised_address;
  unsigned max_connections = 4096;  // TCP, of this process
  unsigned max_connections_per_address = 64;
  std::size_t max_message_bytes = 64 * 1024;
  Duration message_within = std::chrono::seconds(30);  // a stream must complete a message it has begun (slowloris)
  Duration idle_after = std::chrono::minutes(30);      // a stream without any byte, keep-alives included
};

/// The sockets of SIP: one UDP socket (SO_REUSEPORT) and one TCP listener per reactor. What arrives is parsed where
/// it arrives, and then handed to the reactor that owns its call or, for new calls, to that of its Call-ID
/// (sip/minted.hpp). Source: RFC 3261 §18, RFC 5626 §4.4.1 (keep-alive). Banned addresses get nothing, not even a
/// parser. Thread: start before the reactors run; wire(n) on reactor n. Lifetime: outlives what it delivers to;
/// destroyed after the reactors stopped.
class SipEdge {
 public:
  using Deliver = UniqueFunction<void(sip::Message)>;            // on the owning reactor
  using ConnectionClosed = UniqueFunction<void(std::uint64_t)>;  // on the connection's reactor

  [[nodiscard]] static Result<std::unique_ptr<SipEdge>> bind(const SipEdgeOptions& options, net::ReactorPool& reactors,
                                                             AccessGuard& guard);
  ~SipEdge();
  SipEdge(const SipEdge&) = delete;
  SipEdge& operator=(const SipEdge&) = delete;

  void on_message(unsigned reactor, Deliver deliver);
  void on_connection_closed(unsigned reactor, ConnectionClosed closed);
  [[nodiscard]] Wire& wire(unsigned reactor);
  [[nodiscard]] std::uint16_t port() const;

 private:
  struct Impl;
  explicit SipEdge(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace parley::pbx
