#include <sys/socket.h>
#include <unistd.h>

#include <pbx/local_address.hpp>

namespace parley::pbx {
namespace {

IpAddress ask_kernel(const IpAddress& peer) {
  sockaddr_storage storage{};
  auto& address = reinterpret_cast<sockaddr&>(storage);
  const Endpoint to{peer, 9};  // nothing is sent: connecting a datagram socket only picks the route
  const int descriptor = ::socket(peer.v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return peer.is_loopback() ? peer : IpAddress{};
  IpAddress found;
  if (::connect(descriptor, &address, to.to_sockaddr(address)) == 0) {
    socklen_t length = sizeof storage;
    if (::getsockname(descriptor, &address, &length) == 0) found = Endpoint::from_sockaddr(address).address;
  }
  ::close(descriptor);
  return found;
}

}  // namespace

IpAddress LocalAddress::towards(const IpAddress& peer, TimePoint now) {
  if (now - since_ > std::chrono::minutes(1) || known_.size() >= kMaxKnown) {
    known_.clear();
    since_ = now;
  }
  const auto found = known_.find(peer);
  if (found != known_.end()) return found->second;
  return known_[peer] = ask_kernel(peer);
}

}  // namespace parley::pbx
