#include <algorithm>
#include <array>
#include <cerrno>

#include <boost/asio/ip/udp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <net/outbox.hpp>
#include <net/pace.hpp>
#include <net/reactor.hpp>
#include <net/reactor_impl.hpp>
#include <net/socket_errors.hpp>
#include <net/udp_socket.hpp>

namespace parley::net {

namespace {
constexpr std::size_t kBatch = 32;
constexpr std::size_t kDatagram = 65536;  // the largest that UDP can carry
constexpr int kBatchesPerTurn = 4;        // then let timers and other sockets have their turn
}  // namespace

struct UdpSocket::Impl : std::enable_shared_from_this<Impl> {
  explicit Impl(Reactor& r)
      : reactor(r),
        socket(r.impl().io),
        look(r.impl().io),
        buffer(std::make_unique_for_overwrite<std::uint8_t[]>(kBatch * kDatagram)) {  // NOLINT: pages come when used
    for (std::size_t i = 0; i < kBatch; ++i) {
      parts[i] = {buffer.get() + i * kDatagram, kDatagram};
      headers[i].msg_hdr.msg_name = &names[i];
      headers[i].msg_hdr.msg_iov = &parts[i];
      headers[i].msg_hdr.msg_iovlen = 1;
    }
  }

  /// Ends everything; a handler that is under way keeps the object.
  void shut() {
    open = false;
    look.cancel();
    boost::system::error_code ignored;
    if (paced) {
      ::close(fd);
    } else {
      socket.close(ignored);
    }
  }

  void turn() {
    const unsigned found = drain();
    if (!open) return;
    const bool more = found == kBatchesPerTurn * kBatch;
    if (const bool busy = pace.after(reactor.now(), found); busy != paced) change(busy);
    if (more) return boost::asio::post(reactor.impl().io, [self = shared_from_this()] { self->turn_if_open(); });
    if (!paced) return wait();
    look.expires_after(Pace::kEvery);
    look.async_wait([self = shared_from_this()](const boost::system::error_code& failure) {
      if (!failure) self->turn_if_open();
    });
  }

  void turn_if_open() {
    if (open) turn();
  }

  /// While paced the reactor does not know the socket, or every datagram would wake it all the same.
  void change(bool busy) {
    boost::system::error_code failure;
    if (busy) {
      (void)socket.release(failure);
    } else {
      socket.assign(local.address.v6 ? boost::asio::ip::udp::v6() : boost::asio::ip::udp::v4(), fd, failure);
    }
    if (!failure) paced = busy;
  }

  void wait() {
    socket.async_wait(boost::asio::socket_base::wait_read,
                      [self = shared_from_this()](const boost::system::error_code& failure) {
                        if (!failure) self->turn_if_open();
                      });
  }

  /// Delivers what has come, within bounds, and sends what was said to it. How many there were.
  unsigned drain() {
    unsigned found = 0;
    for (int batch = 0; batch < kBatchesPerTurn && open; ++batch) {
      for (auto& header : headers) header.msg_hdr.msg_namelen = sizeof(sockaddr_storage);
      const int count = ::recvmmsg(fd, headers.data(), kBatch, MSG_DONTWAIT, nullptr);
      if (count <= 0) break;  // drained; or an ICMP error of an earlier send, which the sender hears about
      found += static_cast<unsigned>(count);
      delivering = true;
      for (int i = 0; i < count && open; ++i) {
        const auto& header = headers[static_cast<std::size_t>(i)];
        if (header.msg_hdr.msg_namelen == 0) continue;
        const auto from = Endpoint::from_sockaddr(*static_cast<const sockaddr*>(header.msg_hdr.msg_name));
        callback({static_cast<const std::uint8_t*>(header.msg_hdr.msg_iov->iov_base), header.msg_len}, from);
      }
      delivering = false;
      if (count < static_cast<int>(kBatch)) break;
      flush();
    }
    flush();
    return found;
  }

  void flush() {
    if (!open || outbox.empty()) return;
    outbox.flush(fd, [this](BytesView bytes, const Endpoint& to, int error) {
      const bool full = error == EAGAIN || error == ENOBUFS;
      if (!full && unsent) unsent(bytes, to);
    });
  }

  Reactor& reactor;
  boost::asio::ip::udp::socket socket;
  boost::asio::steady_timer look;
  int fd = -1;
  bool open = true;
  bool begun = false;       // delivery was asked for
  bool paced = false;       // looked at by the timer; `socket` is then empty
  bool delivering = false;  // what was read is being delivered
  Endpoint local;
  Pace pace;
  OnDatagram callback;
  OnUnsent unsent;
  Outbox outbox;
  std::unique_ptr<std::uint8_t[]> buffer;  // NOLINT: kBatch times kDatagram
  std::array<iovec, kBatch> parts{};
  std::array<sockaddr_storage, kBatch> names{};
  std::array<mmsghdr, kBatch> headers{};
};

UdpSocket::UdpSocket(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

UdpSocket::~UdpSocket() {
  impl_->unsent = nullptr;
  impl_->flush();
  impl_->shut();
}

Result<std::unique_ptr<UdpSocket>> UdpSocket::bind(Reactor& reactor, const Endpoint& local, const Options& options) {
  const auto failed = [&local] { return std::unexpected(socket_error("bind UDP", local, errno)); };
  sockaddr_storage address{};
  const unsigned length = local.to_sockaddr(reinterpret_cast<sockaddr&>(address));
  const int fd = ::socket(address.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return failed();
  auto impl = std::make_shared<Impl>(reactor);
  boost::system::error_code failure;
  impl->socket.assign(local.address.v6 ? boost::asio::ip::udp::v6() : boost::asio::ip::udp::v4(), fd, failure);
  if (failure) {
    ::close(fd);
    return fail(Errc::Io, failure.message());
  }
  impl->fd = fd;
  const int on = 1;
  if (options.reuse_port) ::setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  if (local.address.v6) ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);  // v4 has a socket of its own
  ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &options.receive_buffer, sizeof(int));
  ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &options.send_buffer, sizeof(int));
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), length) != 0) return failed();
  socklen_t size = sizeof address;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return failed();
  impl->local = Endpoint::from_sockaddr(reinterpret_cast<const sockaddr&>(address));
  return std::unique_ptr<UdpSocket>(new UdpSocket(std::move(impl)));
}

void UdpSocket::on_datagram(OnDatagram callback) {
  impl_->reactor.assert_current();
  impl_->callback = std::move(callback);
  if (std::exchange(impl_->begun, true)) return;
  impl_->wait();
}

void UdpSocket::on_unsent(OnUnsent callback) {
  impl_->reactor.assert_current();
  impl_->unsent = std::move(callback);
}

Result<void> UdpSocket::send(BytesView bytes, const Endpoint& to) {
  sockaddr_storage address{};
  const unsigned length = to.to_sockaddr(reinterpret_cast<sockaddr&>(address));
  for (int attempt = 0;; ++attempt) {
    const auto sent = ::sendto(impl_->fd, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                               reinterpret_cast<const sockaddr*>(&address), length);
    if (sent >= 0) return {};
    // An ICMP answer to an earlier datagram surfaces here once and says nothing about this one.
    if (errno == EINTR || (errno == ECONNREFUSED && attempt == 0)) continue;
    return std::unexpected(socket_error("send UDP to", to, errno));
  }
}

void UdpSocket::send_soon(BytesView bytes, const Endpoint& to) {
  auto& impl = *impl_;
  if (impl.delivering || impl.paced) {
    if (impl.outbox.add(bytes, to)) return;
    impl.flush();
    if (impl.outbox.add(bytes, to)) return;  // else too large for company
  }
  const auto sent = send(bytes, to);
  if (!sent && sent.error().code != Errc::Full && impl.unsent) impl.unsent(bytes, to);
}

double UdpSocket::occupancy() const noexcept {
  std::array<std::uint32_t, SK_MEMINFO_VARS> info{};
  socklen_t size = sizeof info;
  if (::getsockopt(impl_->fd, SOL_SOCKET, SO_MEMINFO, info.data(), &size) != 0) return 0;
  const auto most = info[SK_MEMINFO_RCVBUF];
  return most == 0 ? 0 : std::min(1.0, static_cast<double>(info[SK_MEMINFO_RMEM_ALLOC]) / most);
}

const Endpoint& UdpSocket::local() const noexcept { return impl_->local; }

}  // namespace parley::net
