#include <algorithm>
#include <array>
#include <cerrno>

#include <boost/asio/ip/udp.hpp>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <base/metrics.hpp>
#include <net/reactor.hpp>
#include <net/reactor_impl.hpp>
#include <net/socket_errors.hpp>
#include <net/udp_socket.hpp>

namespace parley::net {

namespace {
constexpr std::size_t kBatch = 16;
constexpr std::size_t kDatagram = 65536;  // the largest that UDP can carry
constexpr int kBatchesPerTurn = 8;        // then let timers and other sockets have their turn
}  // namespace

struct UdpSocket::Impl : std::enable_shared_from_this<Impl> {
  explicit Impl(Reactor& r) : reactor(r), socket(r.impl().io), buffer(kBatch * kDatagram) {
    for (std::size_t i = 0; i < kBatch; ++i) {
      parts[i] = {buffer.data() + i * kDatagram, kDatagram};
      headers[i].msg_hdr.msg_name = &names[i];
      headers[i].msg_hdr.msg_iov = &parts[i];
      headers[i].msg_hdr.msg_iovlen = 1;
    }
  }

  void wait() {
    socket.async_wait(boost::asio::socket_base::wait_read,
                      [self = shared_from_this()](const boost::system::error_code& failure) {
                        if (failure || !self->open) return;
                        self->drain();
                        if (self->open) self->wait();
                      });
  }

  void drain() {
    for (int turn = 0; turn < kBatchesPerTurn && open; ++turn) {
      for (auto& header : headers) header.msg_hdr.msg_namelen = sizeof(sockaddr_storage);
      const int count = ::recvmmsg(socket.native_handle(), headers.data(), kBatch, MSG_DONTWAIT, nullptr);
      if (count <= 0) return;  // drained; or an ICMP error of an earlier send, which the sender hears about
      for (int i = 0; i < count && open; ++i) {
        const auto& header = headers[static_cast<std::size_t>(i)];
        if (header.msg_hdr.msg_namelen == 0) continue;
        const auto from = Endpoint::from_sockaddr(*static_cast<const sockaddr*>(header.msg_hdr.msg_name));
        callback({static_cast<const std::uint8_t*>(header.msg_hdr.msg_iov->iov_base), header.msg_len}, from);
      }
      if (count < static_cast<int>(kBatch)) return;
    }
  }

  Reactor& reactor;
  boost::asio::ip::udp::socket socket;
  bool open = true;
  bool waiting = false;
  Endpoint local;
  OnDatagram callback;
  Bytes buffer;
  std::array<iovec, kBatch> parts{};
  std::array<sockaddr_storage, kBatch> names{};
  std::array<mmsghdr, kBatch> headers{};
};

UdpSocket::UdpSocket(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

UdpSocket::~UdpSocket() {
  impl_->open = false;
  boost::system::error_code ignored;
  impl_->socket.close(ignored);
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
  if (std::exchange(impl_->waiting, true)) return;
  impl_->wait();
}

Result<void> UdpSocket::send(BytesView bytes, const Endpoint& to) {
  sockaddr_storage address{};
  const unsigned length = to.to_sockaddr(reinterpret_cast<sockaddr&>(address));
  for (int attempt = 0;; ++attempt) {
    const auto sent = ::sendto(impl_->socket.native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                               reinterpret_cast<const sockaddr*>(&address), length);
    if (sent >= 0) return {};
    // An ICMP answer to an earlier datagram surfaces here once and says nothing about this one.
    if (errno == EINTR || (errno == ECONNREFUSED && attempt == 0)) continue;
    return std::unexpected(socket_error("send UDP to", to, errno));
  }
}

double UdpSocket::occupancy() const noexcept {
  std::array<std::uint32_t, SK_MEMINFO_VARS> info{};
  socklen_t size = sizeof info;
  if (::getsockopt(impl_->socket.native_handle(), SOL_SOCKET, SO_MEMINFO, info.data(), &size) != 0) return 0;
  const auto most = info[SK_MEMINFO_RCVBUF];
  return most == 0 ? 0 : std::min(1.0, static_cast<double>(info[SK_MEMINFO_RMEM_ALLOC]) / most);
}

const Endpoint& UdpSocket::local() const noexcept { return impl_->local; }

}  // namespace parley::net
