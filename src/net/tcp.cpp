#include <array>
#include <cerrno>
#include <cstring>
#include <span>
#include <string>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <net/reactor.hpp>
#include <net/reactor_impl.hpp>
#include <net/sip_identity.hpp>
#include <net/socket_errors.hpp>
#include <net/tcp.hpp>
#include <net/tls_channel.hpp>

namespace parley::net {

namespace asio = boost::asio;
using Failure = boost::system::error_code;

namespace {
constexpr std::size_t kReadBuffer = 16 * 1024;
constexpr int kReadsPerTurn = 8;  // then other sockets and timers have their turn

/// Where bytes are read into: one for all connections of a thread, since each reads and hands on at once.
std::span<std::uint8_t> read_buffer() {
  thread_local std::array<std::uint8_t, kReadBuffer> buffer;
  return buffer;
}

asio::ip::tcp protocol_of(const Endpoint& endpoint) {
  return endpoint.address.v6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4();
}

asio::ip::tcp::endpoint to_asio(const Endpoint& endpoint) {
  asio::ip::tcp::endpoint out(protocol_of(endpoint), 0);
  sockaddr_storage address{};
  const unsigned length = endpoint.to_sockaddr(reinterpret_cast<sockaddr&>(address));
  out.resize(length);
  std::memcpy(out.data(), &address, length);
  return out;
}

Endpoint from_asio(const asio::ip::tcp::endpoint& endpoint) {
  return Endpoint::from_sockaddr(*static_cast<const sockaddr*>(static_cast<const void*>(endpoint.data())));
}

void tune(int fd, Duration user_timeout) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  const int idle = 20, interval = 5, count = 2;  // a vanished peer is found within 30 s
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count);
  const auto limit = static_cast<unsigned>(std::chrono::duration_cast<std::chrono::milliseconds>(user_timeout).count());
  ::setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &limit, sizeof limit);
}
}  // namespace

struct TcpConnection::Impl : std::enable_shared_from_this<Impl> {
  using Want = TlsChannel::Want;

  Impl(Reactor& r, const Options& o, asio::ip::tcp::socket s) : reactor(r), options(o), socket(std::move(s)) {}

  void take_addresses() {
    Failure failure;
    if (const auto near = socket.local_endpoint(failure); !failure) local = from_asio(near);
    if (const auto far = socket.remote_endpoint(failure); !failure) remote = from_asio(far);
  }

  // ---- readiness ----

  void wait_readable() {
    if (std::exchange(reading, true)) return;
    socket.async_wait(asio::socket_base::wait_read, [self = shared_from_this()](const Failure& failure) {
      self->reading = false;
      if (!self->open) return;
      if (failure) return self->shut(failure.message());
      self->on_readable();
    });
  }

  void wait_writable() {
    if (std::exchange(writing, true)) return;
    socket.async_wait(asio::socket_base::wait_write, [self = shared_from_this()](const Failure& failure) {
      self->writing = false;
      if (!self->open) return;
      if (failure) return self->shut(failure.message());
      if (self->shaking) return self->shake_hands();
      self->flush();
    });
  }

  // ---- handshake ----

  void begin_handshake(UniqueFunction<void()> then) {
    awaits_handshake = false;
    shaking = true;
    shaken = std::move(then);
    alarm = reactor.after(options.connect_within, [weak = weak_from_this()] {
      if (const auto self = weak.lock(); self && self->shaking) self->shut("the TLS handshake took too long");
    });
    shake_hands();
  }

  void shake_hands() {
    switch (tls->handshake().want) {
      case Want::Read: return wait_readable();
      case Want::Write: return wait_writable();
      case Want::End: return shut("closed during the TLS handshake");
      case Want::Failure: return shut("TLS: " + tls->failure());
      case Want::Nothing: break;
    }
    shaking = false;
    reactor.cancel(alarm);
    if (auto then = std::exchange(shaken, nullptr); then) then();
    if (open) flush();
  }

  // ---- bytes ----

  void on_readable() {
    if (shaking) return shake_hands();
    if (!on_bytes) return;  // not started yet: start() reads
    for (int turn = 0; turn < kReadsPerTurn; ++turn) {
      const auto room = read_buffer();
      const auto got = take(room);
      if (got.want == Want::Nothing) {
        on_bytes({room.data(), got.bytes});
        if (!open) return;
        continue;
      }
      if (got.want == Want::End) return shut({});
      if (got.want == Want::Failure) return shut(tls ? "TLS: " + tls->failure() : std::strerror(errno));
      if (write_wants_read) flush();
      return got.want == Want::Write ? wait_writable() : wait_readable();
    }
    reactor.post([self = shared_from_this()] {  // TLS may hold bytes that no socket event would announce
      if (self->open) self->on_readable();
    });
  }

  TlsChannel::Step take(std::span<std::uint8_t> room) {
    if (tls) return tls->read(room);
    const auto count = ::recv(socket.native_handle(), room.data(), room.size(), MSG_DONTWAIT);
    if (count > 0) return {Want::Nothing, static_cast<std::size_t>(count)};
    if (count == 0) return {Want::End};
    return {errno == EAGAIN || errno == EINTR ? Want::Read : Want::Failure};
  }

  TlsChannel::Step give(BytesView bytes) {
    if (tls) return tls->write(bytes);
    const auto count = ::send(socket.native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count >= 0) return {Want::Nothing, static_cast<std::size_t>(count)};
    return {errno == EAGAIN || errno == EINTR ? Want::Write : Want::Failure};
  }

  [[nodiscard]] std::size_t pending() const { return queued.size() - sent; }

  void flush() {
    write_wants_read = false;
    while (pending() > 0) {
      const auto given = give(BytesView(queued).subspan(sent));
      if (given.want == Want::Write) return wait_writable();
      if (given.want == Want::Read) {
        write_wants_read = true;
        return wait_readable();
      }
      if (given.want != Want::Nothing) return shut(tls ? "TLS: " + tls->failure() : std::strerror(errno));
      sent += given.bytes;
      if (sent > kReadBuffer && sent * 2 > queued.size()) {  // what has gone is not kept
        queued.erase(queued.begin(), queued.begin() + static_cast<std::ptrdiff_t>(sent));
        sent = 0;
      }
    }
    queued = {};
    sent = 0;
    if (closing) shut({});
  }

  void shut(std::string reason) {
    if (!std::exchange(open, false)) return;
    reactor.cancel(alarm);
    if (tls) tls->finish();
    Failure ignored;
    socket.shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
    socket.close(ignored);
    why = std::move(reason);
    reactor.post([self = shared_from_this()] {
      auto told = std::move(self->on_closed);
      self->on_bytes = nullptr;
      self->on_closed = nullptr;
      self->shaken = nullptr;
      if (told) told(self->why);
    });
  }

  Reactor& reactor;
  const Options options;
  asio::ip::tcp::socket socket;
  std::unique_ptr<TlsChannel> tls;
  bool open = true;
  bool awaits_handshake = false;  // accepted, start() begins it
  bool shaking = false;
  bool reading = false, writing = false;  // waiting for the socket
  bool write_wants_read = false;
  bool closing = false;
  Reactor::TimerHandle alarm;
  Endpoint local;
  Endpoint remote;
  OnBytes on_bytes;
  OnClosed on_closed;
  UniqueFunction<void()> shaken;
  std::string why;
  Bytes queued;
  std::size_t sent = 0;  // of `queued`
};

TcpConnection::TcpConnection(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
TcpConnection::~TcpConnection() {
  impl_->on_closed = nullptr;
  if (impl_->closing && impl_->open) return;  // close_after_send goes on without its handle
  impl_->shut({});
}

namespace {

/// connect() under way: TCP, then TLS, then whose certificate it is.
struct Attempt : std::enable_shared_from_this<Attempt> {
  Endpoint to;
  std::shared_ptr<TcpConnection::Impl> impl;
  TcpConnection::OnConnect done;
  Reactor::TimerHandle timer;
  bool timed_out = false;

  void refuse(Errc code, const std::string& text) { done(fail(code, "connect TLS " + to.text() + ": " + text)); }

  void connected() {
    impl->take_addresses();
    if (!impl->options.tls) return done(std::make_shared<TcpConnection>(impl));
    impl->tls = TlsChannel::client(*impl->options.tls, impl->socket.native_handle(), impl->options.identity);
    impl->on_closed = [self = shared_from_this()](const std::string& reason) { self->refuse(Errc::Forbidden, reason); };
    impl->begin_handshake([self = shared_from_this()] { self->authenticated(); });
  }

  void authenticated() {
    impl->on_closed = nullptr;
    if (!is_identity(impl->tls->peer_identities(), impl->options.identity)) {
      impl->shut({});
      return refuse(Errc::Forbidden, "the certificate is not that of " + impl->options.identity);
    }
    done(std::make_shared<TcpConnection>(impl));
  }
};

}  // namespace

void TcpConnection::connect(Reactor& reactor, const Endpoint& to, const Options& options, OnConnect done) {
  reactor.assert_current();
  auto attempt = std::make_shared<Attempt>();
  attempt->to = to;
  attempt->impl = std::make_shared<Impl>(reactor, options, asio::ip::tcp::socket(reactor.impl().io));
  attempt->done = std::move(done);
  auto& socket = attempt->impl->socket;
  Failure failure;
  socket.open(protocol_of(to), failure);
  if (!failure && !options.from.address.is_unspecified() && options.from.address.v6 == to.address.v6)
    socket.bind(to_asio({options.from.address, 0}), failure);
  if (failure) {
    reactor.post(
        [attempt, to, failure] { attempt->done(std::unexpected(socket_error("connect TCP", to, failure.value()))); });
    return;
  }
  attempt->timer = reactor.after(options.connect_within, [attempt] {
    attempt->timed_out = true;
    Failure ignored;
    attempt->impl->socket.close(ignored);
  });
  socket.async_connect(to_asio(to), [attempt, to](const Failure& refused) {
    attempt->impl->reactor.cancel(attempt->timer);
    if (refused || attempt->timed_out) {
      return attempt->done(
          std::unexpected(socket_error("connect TCP", to, attempt->timed_out ? ETIMEDOUT : refused.value())));
    }
    tune(attempt->impl->socket.native_handle(), attempt->impl->options.write_within);
    attempt->connected();
  });
}

void TcpConnection::start(OnBytes on_bytes, OnClosed on_closed) {
  impl_->on_bytes = std::move(on_bytes);
  impl_->on_closed = std::move(on_closed);
  if (impl_->tls && !impl_->shaking && impl_->awaits_handshake)
    return impl_->begin_handshake([raw = impl_.get()] { raw->wait_readable(); });
  // Under TLS bytes may have come with the end of the handshake.
  impl_->reactor.post([self = impl_] {
    if (self->open) self->on_readable();
  });
}

Result<void> TcpConnection::send(BytesView bytes) {
  auto& impl = *impl_;
  impl.reactor.assert_current();
  if (!impl.open || impl.closing) return fail(Errc::Unavailable, "the connection is closed");
  if (impl.pending() + bytes.size() > impl.options.max_queued)
    return fail(Errc::Full, "the peer does not read: send queue full");
  const bool waits = impl.pending() > 0 || impl.shaking || impl.awaits_handshake;
  impl.queued.insert(impl.queued.end(), bytes.begin(), bytes.end());
  if (!waits) impl.flush();
  if (!impl.open) return fail(Errc::Unavailable, impl.why);
  return {};
}

void TcpConnection::close_after_send() {
  impl_->closing = true;
  if (impl_->pending() == 0) impl_->shut({});
}

void TcpConnection::close() { impl_->shut({}); }
bool TcpConnection::is_open() const noexcept { return impl_->open && !impl_->closing; }
const Endpoint& TcpConnection::local() const noexcept { return impl_->local; }
const Endpoint& TcpConnection::remote() const noexcept { return impl_->remote; }
Reactor& TcpConnection::reactor() const noexcept { return impl_->reactor; }
std::vector<std::string> TcpConnection::peer_identities() const {
  return impl_->tls && !impl_->shaking && !impl_->awaits_handshake ? impl_->tls->peer_identities()
                                                                   : std::vector<std::string>{};
}

struct TcpListener::Impl : std::enable_shared_from_this<Impl> {
  Impl(Reactor& r, const Options& o) : reactor(r), options(o), acceptor(r.impl().io) {}

  void accept() {
    acceptor.async_accept([self = shared_from_this()](const Failure& failure, asio::ip::tcp::socket socket) {
      if (!self->open) return;
      if (failure) {
        // Out of descriptors or memory: what runs goes on, new ones wait.
        self->pause = self->reactor.after(std::chrono::milliseconds(100), [self] {
          if (self->open) self->accept();
        });
        return;
      }
      tune(socket.native_handle(), self->options.connection.write_within);
      auto impl = std::make_shared<TcpConnection::Impl>(self->reactor, self->options.connection, std::move(socket));
      impl->take_addresses();
      if (self->options.connection.tls) {
        impl->tls = TlsChannel::server(*self->options.connection.tls, impl->socket.native_handle());
        impl->awaits_handshake = true;
      }
      self->on_accept(std::make_shared<TcpConnection>(std::move(impl)));
      if (self->open) self->accept();
    });
  }

  Reactor& reactor;
  const Options options;
  asio::ip::tcp::acceptor acceptor;
  bool open = true;
  Endpoint local;
  OnAccept on_accept;
  Reactor::TimerHandle pause;
};

TcpListener::TcpListener(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

TcpListener::~TcpListener() {
  impl_->open = false;
  impl_->reactor.cancel(impl_->pause);
  Failure ignored;
  impl_->acceptor.close(ignored);
}

Result<std::unique_ptr<TcpListener>> TcpListener::listen(Reactor& reactor, const Endpoint& local,
                                                         const Options& options, OnAccept on_accept) {
  auto impl = std::make_shared<Impl>(reactor, options);
  impl->on_accept = std::move(on_accept);
  Failure failure;
  const auto failed = [&] { return std::unexpected(socket_error("listen TCP", local, failure.value())); };
  impl->acceptor.open(protocol_of(local), failure);
  if (failure) return failed();
  const int on = 1;
  ::setsockopt(impl->acceptor.native_handle(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (options.reuse_port) ::setsockopt(impl->acceptor.native_handle(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  if (local.address.v6) ::setsockopt(impl->acceptor.native_handle(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  impl->acceptor.bind(to_asio(local), failure);
  if (failure) return failed();
  impl->acceptor.listen(options.backlog, failure);
  if (failure) return failed();
  const auto bound = impl->acceptor.local_endpoint(failure);
  if (failure) return failed();
  impl->local = from_asio(bound);
  impl->accept();
  return std::unique_ptr<TcpListener>(new TcpListener(std::move(impl)));
}

const Endpoint& TcpListener::local() const noexcept { return impl_->local; }

}  // namespace parley::net
