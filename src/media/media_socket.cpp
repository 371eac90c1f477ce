#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>

#include <netinet/ip.h>
#include <unistd.h>

#include <media/media_socket.hpp>

namespace parley::media {
namespace {

constexpr int kMostWaiting = 10'000;  // datagrams in a socket: more than its receive buffer holds

template <class Storage>
const sockaddr_in& as_v4(const Storage& storage) {
  return reinterpret_cast<const sockaddr_in&>(storage);
}
const sockaddr_in6& as_v6(const sockaddr_storage& storage) { return reinterpret_cast<const sockaddr_in6&>(storage); }

}  // namespace

NativeAddress::NativeAddress(const Endpoint& endpoint, bool v6_socket) {
  if (!v6_socket || endpoint.address.v6) {
    length = static_cast<socklen_t>(endpoint.to_sockaddr(reinterpret_cast<sockaddr&>(storage)));
    return;
  }
  storage.sin6_family = AF_INET6;  // ::ffff:a.b.c.d
  storage.sin6_port = htons(endpoint.port);
  storage.sin6_addr.s6_addr[10] = storage.sin6_addr.s6_addr[11] = 0xFF;
  std::memcpy(&storage.sin6_addr.s6_addr[12], endpoint.address.bytes.data(), 4);
  length = sizeof storage;
}

bool NativeAddress::same_as(const sockaddr_storage& other) const noexcept {
  if (length == 0 || storage.sin6_family != other.ss_family) return false;
  if (storage.sin6_family == AF_INET)
    return as_v4(storage).sin_addr.s_addr == as_v4(other).sin_addr.s_addr &&
           as_v4(storage).sin_port == as_v4(other).sin_port;
  return storage.sin6_port == as_v6(other).sin6_port &&
         std::memcmp(&storage.sin6_addr, &as_v6(other).sin6_addr, sizeof(in6_addr)) == 0;
}

MediaSocket::~MediaSocket() {
  if (descriptor_ >= 0) ::close(descriptor_);
}
MediaSocket::MediaSocket(MediaSocket&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      port_(other.port_),
      v6_(other.v6_),
      connected_(other.connected_),
      watched_(other.watched_) {}

Result<MediaSocket> MediaSocket::bind(const IpAddress& address, std::uint16_t port) {
  const int descriptor =
      ::socket(address.v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);
  if (descriptor < 0) return fail(Errc::Io, std::string("no UDP socket: ") + std::strerror(errno));
  MediaSocket socket(descriptor, port, address.v6);
  const int tos = kTrafficClass, off = 0;
  if (address.v6) {
    ::setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    ::setsockopt(descriptor, IPPROTO_IPV6, IPV6_TCLASS, &tos, sizeof tos);
  } else {
    ::setsockopt(descriptor, IPPROTO_IP, IP_TOS, &tos, sizeof tos);
  }
  sockaddr_storage storage{};
  const auto length = static_cast<socklen_t>(Endpoint{address, port}.to_sockaddr(reinterpret_cast<sockaddr&>(storage)));
  if (::bind(descriptor, reinterpret_cast<sockaddr*>(&storage), length) != 0)
    return fail(errno == EADDRINUSE ? Errc::Conflict : Errc::Io,
                std::string("cannot bind a media port: ") + std::strerror(errno));
  return socket;
}

void MediaSocket::connect(const NativeAddress& peer) noexcept {
  connected_ = ::connect(descriptor_, peer.get(), peer.length) == 0;
}

void MediaSocket::disconnect() noexcept {
  if (!std::exchange(connected_, false)) return;
  sockaddr none{};
  none.sa_family = AF_UNSPEC;
  (void)::connect(descriptor_, &none, sizeof none);  // to nobody: cannot fail on a socket of ours
}

bool MediaSocket::rest(const IpAddress& bound) noexcept {
  // The unspecified address is the host itself to the kernel.
  const NativeAddress self({bound, port_}, v6_);
  disconnect();
  connect(self);
  if (!connected_) return false;
  std::uint8_t byte = 0;
  for (int tries = 0; tries < kMostWaiting; ++tries) {
    if (::recv(descriptor_, &byte, sizeof byte, MSG_DONTWAIT) >= 0) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return true;  // else an ICMP error of a packet sent before: told once
  }
  return false;
}

std::optional<Endpoint> MediaSocket::local() const noexcept {
  sockaddr_storage name{};
  socklen_t length = sizeof name;
  if (::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&name), &length) != 0) return std::nullopt;
  const auto at = Endpoint::from_sockaddr(reinterpret_cast<const sockaddr&>(name));
  return at.address.is_unspecified() ? std::nullopt : std::optional(at);
}

std::ptrdiff_t MediaSocket::receive(std::span<std::uint8_t> out, sockaddr_storage& from) noexcept {
  // With the source even when connected: datagrams that came before connect() are still in the queue.
  socklen_t length = sizeof from;
  return ::recvfrom(descriptor_, out.data(), out.size(), MSG_DONTWAIT | MSG_TRUNC, reinterpret_cast<sockaddr*>(&from),
                    &length);
}

bool MediaSocket::send(BytesView datagram, const NativeAddress& to) noexcept {
  for (int attempt = 0; attempt < 2; ++attempt) {
    const auto sent = connected_
                          ? ::send(descriptor_, datagram.data(), datagram.size(), MSG_DONTWAIT)
                          : ::sendto(descriptor_, datagram.data(), datagram.size(), MSG_DONTWAIT, to.get(), to.length);
    if (sent >= 0) return true;
    if (errno != ECONNREFUSED) return false;  // an ICMP error of an earlier packet is told once: try again
  }
  return false;
}

struct PortRange::State {
  std::atomic<std::uint32_t> next;
};

PortRange::PortRange(IpAddress address, std::uint16_t first, std::uint16_t last, Random& random) : address_(address) {
  constexpr std::uint32_t kEphemeralFirst = 32768, kEphemeralLast = 60999;
  first_ = first == 0 ? kEphemeralFirst : (first + 1U) & ~1U;
  const std::uint32_t end = (first == 0 ? kEphemeralLast : last) + 1U;
  pairs_ = end > first_ ? (end - first_) / 2 : 0;
  state_ = std::make_unique<State>();
  state_->next = pairs_ == 0 ? 0 : static_cast<std::uint32_t>(random.next() % pairs_);
}
PortRange::~PortRange() = default;

Result<SocketPair> PortRange::bind_pair() {
  for (std::uint32_t attempt = 0; attempt < pairs_; ++attempt) {
    const auto even = static_cast<std::uint16_t>(first_ + 2 * (state_->next.fetch_add(1) % pairs_));
    auto rtp = MediaSocket::bind(address_, even);
    if (!rtp && rtp.error().code != Errc::Conflict) return std::unexpected(rtp.error());
    if (!rtp) continue;
    auto rtcp = MediaSocket::bind(address_, static_cast<std::uint16_t>(even + 1));
    if (!rtcp && rtcp.error().code != Errc::Conflict) return std::unexpected(rtcp.error());
    if (!rtcp) continue;
    return SocketPair{std::move(*rtp), std::move(*rtcp)};
  }
  return fail(Errc::Full, "no free pair of media ports");
}

}  // namespace parley::media
