#pragma once
#include <cstdint>
#include <memory>

#include <base/bytes.hpp>
#include <base/endpoint.hpp>
#include <base/function.hpp>
#include <base/result.hpp>

namespace parley::net {

class Reactor;

/// A bound datagram socket on a reactor. Input is drained in batches (recvmmsg), and looked for every millisecond
/// instead of waited for while much of it comes (pace.hpp); output never waits for the network.
/// Thread: the reactor's only (bind may also run before the reactor starts). Lifetime: may be destroyed inside its own
/// on_datagram; no callback comes after that.
class UdpSocket {
 public:
  struct Options {
    bool reuse_port = false;  // one socket per reactor on the same port
    int receive_buffer =
        4 << 20;  // bytes: a second of pause at full load; the kernel may grant less (net.core.rmem_max)
    int send_buffer = 1 << 20;
  };
  /// `from` and `bytes` live until the callback returns. An empty datagram is delivered too.
  using OnDatagram = UniqueFunction<void(BytesView bytes, const Endpoint& from)>;
  /// A datagram of send_soon() that could not leave; `bytes` live until the callback returns.
  using OnUnsent = UniqueFunction<void(BytesView bytes, const Endpoint& to)>;

  /// Errors: Conflict (address in use), Forbidden (port needs a right), Invalid (not an address of this host), Io.
  [[nodiscard]] static Result<std::unique_ptr<UdpSocket>> bind(Reactor& reactor, const Endpoint& local,
                                                               const Options& options);
  ~UdpSocket();
  UdpSocket(const UdpSocket&) = delete;
  UdpSocket& operator=(const UdpSocket&) = delete;

  /// Starts delivery; a later call replaces the function.
  void on_datagram(OnDatagram callback);
  /// Errors: Full (the kernel's buffer is full: as good as lost on the way), Limited (larger than a datagram may be),
  /// Unavailable (an earlier send was answered by ICMP, or no route).
  [[nodiscard]] Result<void> send(BytesView bytes, const Endpoint& to);
  /// Leaves with the others of this turn by one system call (sendmmsg): when the datagrams that were read together have
  /// been delivered, or a millisecond later while much comes; else at once. The order of what is sent stays. What
  /// cannot leave for a reason other than a full buffer is told to on_unsent(), perhaps within this call.
  void send_soon(BytesView bytes, const Endpoint& to);
  void on_unsent(OnUnsent callback);
  /// How full the kernel's receive buffer is, 0 to 1: what came and was not read yet. A system call.
  [[nodiscard]] double occupancy() const noexcept;
  /// With the actual port after a bind to port 0.
  [[nodiscard]] const Endpoint& local() const noexcept;

 private:
  struct Impl;
  explicit UdpSocket(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace parley::net
