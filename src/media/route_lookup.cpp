#include <array>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <media/route_lookup.hpp>

namespace parley::media {
namespace {

struct Socket {
  int fd;
  explicit Socket(int descriptor) : fd(descriptor) {}
  ~Socket() {
    if (fd >= 0) ::close(fd);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
};

Error io_error(const char* what) { return {Errc::Io, fmt::format("{}: {}", what, std::strerror(errno))}; }

struct Request {
  nlmsghdr header{};
  rtmsg route{};
  std::array<std::uint8_t, 64> attributes{};

  void add(unsigned short type, const IpAddress& address) {
    const unsigned size = address.v6 ? 16 : 4;
    rtattr attribute{static_cast<unsigned short>(RTA_LENGTH(size)), type};
    auto* const at = reinterpret_cast<std::uint8_t*>(this) + NLMSG_ALIGN(header.nlmsg_len);
    std::memcpy(at, &attribute, sizeof attribute);
    std::memcpy(at + RTA_LENGTH(0), address.bytes.data(), size);
    header.nlmsg_len = static_cast<std::uint32_t>(NLMSG_ALIGN(header.nlmsg_len) + RTA_ALIGN(attribute.rta_len));
  }
};

/// The interface that the kernel's answer names; 0: none.
Result<unsigned> interface_in(const std::uint8_t* bytes, std::size_t size) {
  nlmsghdr header{};
  if (size < sizeof header) return fail(Errc::Io, "rtnetlink: a short answer");
  std::memcpy(&header, bytes, sizeof header);
  if (header.nlmsg_type == NLMSG_ERROR) return fail(Errc::NotFound, "no route");
  if (header.nlmsg_type != RTM_NEWROUTE || header.nlmsg_len > size) return fail(Errc::Io, "rtnetlink: no route in it");
  for (std::size_t at = NLMSG_LENGTH(sizeof(rtmsg)); at + sizeof(rtattr) <= header.nlmsg_len;) {
    rtattr attribute{};
    std::memcpy(&attribute, bytes + at, sizeof attribute);
    if (attribute.rta_len < sizeof attribute || at + attribute.rta_len > header.nlmsg_len) break;
    if (attribute.rta_type == RTA_OIF && attribute.rta_len >= RTA_LENGTH(sizeof(unsigned))) {
      unsigned interface = 0;
      std::memcpy(&interface, bytes + at + RTA_LENGTH(0), sizeof interface);
      return interface;
    }
    at += RTA_ALIGN(attribute.rta_len);
  }
  return 0;
}

}  // namespace

Result<Route> find_route(const IpAddress& source, const IpAddress& target) {
  const Socket socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE));
  if (socket.fd < 0) return std::unexpected(io_error("rtnetlink"));
  Request request;
  request.header.nlmsg_len = NLMSG_LENGTH(sizeof(rtmsg));
  request.header.nlmsg_type = RTM_GETROUTE;
  request.header.nlmsg_flags = NLM_F_REQUEST;
  request.route.rtm_family = target.v6 ? AF_INET6 : AF_INET;
  request.route.rtm_dst_len = request.route.rtm_src_len = target.v6 ? 128 : 32;
  request.add(RTA_DST, target);
  request.add(RTA_SRC, source);
  if (::send(socket.fd, &request, request.header.nlmsg_len, 0) < 0) return std::unexpected(io_error("rtnetlink"));
  std::array<std::uint8_t, 4096> answer{};
  // The kernel answers within send().
  const auto size = ::recv(socket.fd, answer.data(), answer.size(), 0);
  if (size < 0) return std::unexpected(io_error("rtnetlink"));
  const auto interface = interface_in(answer.data(), static_cast<std::size_t>(size));
  if (!interface) return std::unexpected(interface.error());
  if (*interface == 0) return fail(Errc::NotFound, "no interface for this route");

  ifreq kind{};
  const Socket any(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  kind.ifr_ifindex = static_cast<int>(*interface);
  if (any.fd < 0 || ::ioctl(any.fd, SIOCGIFNAME, &kind) != 0 || ::ioctl(any.fd, SIOCGIFHWADDR, &kind) != 0)
    return std::unexpected(io_error("interface"));
  const auto hardware = kind.ifr_hwaddr.sa_family;
  if (hardware != ARPHRD_ETHER && hardware != ARPHRD_LOOPBACK)
    return fail(Errc::Unsupported, fmt::format("interface {} is not Ethernet", kind.ifr_name));
  return Route{*interface, hardware == ARPHRD_LOOPBACK};
}

}  // namespace parley::media
