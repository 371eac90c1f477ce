#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <net/reactor.hpp>
#include <net/reactor_impl.hpp>
#include <net/socket_errors.hpp>
#include <net/tcp.hpp>

namespace parley::net {

namespace asio = boost::asio;
using Failure = boost::system::error_code;

namespace {
constexpr std::size_t kReadBuffer = 16 * 1024;

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
  Impl(Reactor& r, const Options& o, asio::ip::tcp::socket s) : reactor(r), options(o), socket(std::move(s)) {}

  void take_addresses() {
    Failure failure;
    if (const auto near = socket.local_endpoint(failure); !failure) local = from_asio(near);
    if (const auto far = socket.remote_endpoint(failure); !failure) remote = from_asio(far);
  }

  void read() {
    socket.async_read_some(asio::buffer(input), [self = shared_from_this()](const Failure& failure, std::size_t count) {
      if (!self->open) return;
      if (failure) return self->shut(failure == asio::error::eof ? std::string{} : failure.message());
      self->on_bytes({self->input.data(), count});
      if (self->open) self->read();
    });
  }

  void write() {
    if (writing || queued.empty() || !open) return;
    writing = true;
    in_flight.swap(queued);
    sent = 0;
    write_more();
  }

  void write_more() {
    socket.async_write_some(asio::buffer(in_flight.data() + sent, in_flight.size() - sent),
                            [self = shared_from_this()](const Failure& failure, std::size_t count) {
                              if (!self->open) return;
                              if (failure) return self->shut(failure.message());
                              self->sent += count;
                              if (self->sent < self->in_flight.size()) return self->write_more();
                              self->writing = false;
                              self->in_flight.clear();
                              self->sent = 0;
                              if (self->queued.empty() && self->closing) return self->shut({});
                              self->write();
                            });
  }

  void shut(std::string reason) {
    if (!std::exchange(open, false)) return;
    Failure ignored;
    socket.shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
    socket.close(ignored);
    reactor.post([self = shared_from_this(), reason = std::move(reason)] {
      auto told = std::move(self->on_closed);
      self->on_bytes = nullptr;
      self->on_closed = nullptr;
      if (told) told(reason);
    });
  }

  Reactor& reactor;
  const Options options;
  asio::ip::tcp::socket socket;
  bool open = true;
  bool writing = false;
  bool closing = false;
  Endpoint local;
  Endpoint remote;
  OnBytes on_bytes;
  OnClosed on_closed;
  std::array<std::uint8_t, kReadBuffer> input{};
  Bytes queued;  // waits for the write in flight
  Bytes in_flight;
  std::size_t sent = 0;
};

TcpConnection::TcpConnection(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
TcpConnection::~TcpConnection() {
  impl_->on_closed = nullptr;
  if (impl_->closing && impl_->open) return;  // close_after_send goes on without its handle
  impl_->shut({});
}

void TcpConnection::connect(Reactor& reactor, const Endpoint& to, const Options& options, OnConnect done) {
  reactor.assert_current();
  struct Attempt {
    std::shared_ptr<Impl> impl;
    OnConnect done;
    Reactor::TimerHandle timer;
    bool timed_out = false;
  };
  auto attempt = std::make_shared<Attempt>();
  attempt->impl = std::make_shared<Impl>(reactor, options, asio::ip::tcp::socket(reactor.impl().io));
  attempt->done = std::move(done);
  Failure failure;
  attempt->impl->socket.open(protocol_of(to), failure);
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
  attempt->impl->socket.async_connect(to_asio(to), [attempt, to](const Failure& refused) {
    attempt->impl->reactor.cancel(attempt->timer);
    if (refused || attempt->timed_out) {
      return attempt->done(
          std::unexpected(socket_error("connect TCP", to, attempt->timed_out ? ETIMEDOUT : refused.value())));
    }
    tune(attempt->impl->socket.native_handle(), attempt->impl->options.write_within);
    attempt->impl->take_addresses();
    attempt->done(std::make_shared<TcpConnection>(attempt->impl));
  });
}

void TcpConnection::start(OnBytes on_bytes, OnClosed on_closed) {
  impl_->on_bytes = std::move(on_bytes);
  impl_->on_closed = std::move(on_closed);
  impl_->read();
}

Result<void> TcpConnection::send(BytesView bytes) {
  impl_->reactor.assert_current();
  if (!impl_->open || impl_->closing) return fail(Errc::Unavailable, "the connection is closed");
  if (impl_->queued.size() + (impl_->in_flight.size() - impl_->sent) + bytes.size() > impl_->options.max_queued) {
    return fail(Errc::Full, "the peer does not read: send queue full");
  }
  impl_->queued.insert(impl_->queued.end(), bytes.begin(), bytes.end());
  impl_->write();
  return {};
}

void TcpConnection::close_after_send() {
  impl_->closing = true;
  if (!impl_->writing && impl_->queued.empty()) impl_->shut({});
}

void TcpConnection::close() { impl_->shut({}); }
bool TcpConnection::is_open() const noexcept { return impl_->open && !impl_->closing; }
const Endpoint& TcpConnection::local() const noexcept { return impl_->local; }
const Endpoint& TcpConnection::remote() const noexcept { return impl_->remote; }
Reactor& TcpConnection::reactor() const noexcept { return impl_->reactor; }

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
