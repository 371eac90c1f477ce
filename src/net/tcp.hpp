#pragma once
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include <base/bytes.hpp>
#include <base/clock.hpp>
#include <base/endpoint.hpp>
#include <base/function.hpp>
#include <base/result.hpp>

namespace parley::net {

class Reactor;
class TlsContext;

/// One TCP connection on a reactor, in clear or under TLS: bytes in as they come, bytes out through a bounded queue.
/// An idle one holds no buffers.
/// Thread: the owning reactor's only. Lifetime: shared; the connection keeps itself alive while the socket is open and
/// drops its callbacks once closed, so capturing a shared_ptr of its owner makes no cycle that lasts.
class TcpConnection {
 public:
  struct Options {
    std::size_t max_queued = 256 * 1024;                 // bytes waiting to be sent; over it send() says Full
    Duration connect_within = std::chrono::seconds(10);  // TLS handshake included; of accepted ones the handshake alone
    Duration write_within = std::chrono::seconds(30);    // no progress for so long: the peer is gone
    std::shared_ptr<TlsContext> tls{};                   // nullptr: in clear
    /// connect() under TLS: whom the peer's certificate must name, a domain or an address (RFC 5922 §7.3).
    std::string identity{};
    /// connect(): the address to come from; its port is not used. Unspecified: the kernel's choice.
    Endpoint from{};
  };
  using OnConnect = UniqueFunction<void(Result<std::shared_ptr<TcpConnection>>)>;
  using OnBytes = UniqueFunction<void(BytesView)>;
  /// Once, with the reason: "" when the peer closed in order or close() was called.
  using OnClosed = UniqueFunction<void(const std::string& reason)>;

  /// `done` runs on the reactor, never inside this call, and after the handshake. Errors: Timeout, Unavailable, Full,
  /// Io, Forbidden (the peer's certificate is not trusted, or another's).
  static void connect(Reactor& reactor, const Endpoint& to, const Options& options, OnConnect done);
  ~TcpConnection();
  TcpConnection(const TcpConnection&) = delete;
  TcpConnection& operator=(const TcpConnection&) = delete;

  /// Starts the handshake (of an accepted TLS connection), then reading. Set once, right after the connection was
  /// handed over.
  void start(OnBytes on_bytes, OnClosed on_closed);
  /// Sends what the kernel takes and queues the rest. Errors: Full (nothing was queued), Unavailable (closed).
  [[nodiscard]] Result<void> send(BytesView bytes);
  /// Sends what is queued, then closes.
  void close_after_send();
  /// Closes now; on_closed runs later, from the reactor.
  void close();
  [[nodiscard]] bool is_open() const noexcept;
  [[nodiscard]] const Endpoint& local() const noexcept;
  [[nodiscard]] const Endpoint& remote() const noexcept;
  [[nodiscard]] Reactor& reactor() const noexcept;
  /// Whom the peer's verified certificate names (net/sip_identity.hpp); empty in clear, without one, and before the
  /// handshake.
  [[nodiscard]] std::vector<std::string> peer_identities() const;

  struct Impl;
  explicit TcpConnection(std::shared_ptr<Impl> impl);  // for net/tcp.cpp

 private:
  std::shared_ptr<Impl> impl_;
};

/// Accepts on a reactor. When descriptors run out it pauses for a moment instead of spinning.
/// Thread: the reactor's only (listen may run before it starts).
class TcpListener {
 public:
  using OnAccept = UniqueFunction<void(std::shared_ptr<TcpConnection>)>;
  struct Options {
    bool reuse_port = false;
    int backlog = 1024;
    TcpConnection::Options connection;  // with `tls`: a TLS server
  };
  /// Errors: as UdpSocket::bind.
  [[nodiscard]] static Result<std::unique_ptr<TcpListener>> listen(Reactor& reactor, const Endpoint& local,
                                                                   const Options& options, OnAccept on_accept);
  ~TcpListener();
  TcpListener(const TcpListener&) = delete;
  TcpListener& operator=(const TcpListener&) = delete;
  [[nodiscard]] const Endpoint& local() const noexcept;

 private:
  struct Impl;
  explicit TcpListener(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace parley::net
