#pragma once
#include <array>

#include <sys/socket.h>
#include <sys/uio.h>

#include <base/bytes.hpp>
#include <base/endpoint.hpp>

namespace parley::net {

/// Datagrams that wait to leave together by one sendmmsg. Copies what it takes, so that its makers need not keep it.
/// Internal to net/.   Thread: the socket's.   Bounds: kMost datagrams, kBytes; no allocation after the first.
class Outbox {
 public:
  static constexpr std::size_t kMost = 32;
  static constexpr std::size_t kBytes = 48 * 1024;

  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
  /// False: there is no room; flush first. Then there is for anything up to kBytes.
  [[nodiscard]] bool add(BytesView bytes, const Endpoint& to);
  /// Sends all. `unsent(bytes, to, error)` for each that could not be, `error` as errno has it.
  template <class F>
  void flush(int fd, F&& unsent) {
    for (std::size_t at = 0; at < count_;) {
      int error = 0;
      at += send_from(fd, at, error);
      if (error == 0) continue;
      unsent(BytesView(buffer_).subspan(starts_[at], parts_[at].iov_len), to_[at], error);
      ++at;
    }
    count_ = used_ = 0;
  }

 private:
  /// How many left, from that one on; `error`: why the next one did not, 0 if it was not tried.
  std::size_t send_from(int fd, std::size_t at, int& error);

  Bytes buffer_;
  std::size_t count_ = 0, used_ = 0;
  std::array<std::size_t, kMost> starts_{};
  std::array<Endpoint, kMost> to_{};
  std::array<sockaddr_storage, kMost> names_{};
  std::array<iovec, kMost> parts_{};
  std::array<mmsghdr, kMost> headers_{};
};

}  // namespace parley::net
