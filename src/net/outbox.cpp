#include <cerrno>
#include <cstring>
#include <utility>

#include <net/outbox.hpp>

namespace parley::net {

bool Outbox::add(BytesView bytes, const Endpoint& to) {
  if (count_ == kMost || used_ + bytes.size() > kBytes) return false;
  if (buffer_.empty()) buffer_.resize(kBytes);
  auto* const copy = buffer_.data() + used_;
  if (!bytes.empty()) std::memcpy(copy, bytes.data(), bytes.size());
  starts_[count_] = used_;
  to_[count_] = to;
  parts_[count_] = {copy, bytes.size()};
  auto& header = headers_[count_].msg_hdr;
  header.msg_name = &names_[count_];
  header.msg_namelen = to.to_sockaddr(reinterpret_cast<sockaddr&>(names_[count_]));
  header.msg_iov = &parts_[count_];
  header.msg_iovlen = 1;
  used_ += bytes.size();
  ++count_;
  return true;
}

std::size_t Outbox::send_from(int fd, std::size_t at, int& error) {
  for (bool again = true;;) {
    const auto left = static_cast<unsigned>(count_ - at);
    const int sent = ::sendmmsg(fd, headers_.data() + at, left, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0) return static_cast<std::size_t>(sent);
    // An ICMP answer to an earlier datagram surfaces here once and says nothing about this one.
    if (sent < 0 && (errno == EINTR || (errno == ECONNREFUSED && std::exchange(again, false)))) continue;
    error = sent < 0 ? errno : EIO;
    return 0;
  }
}

}  // namespace parley::net
