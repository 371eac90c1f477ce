#pragma once
#include <cstring>

#include <fcntl.h>
#include <linux/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/// For tests that only root can run: never part of the product.
namespace parley::media::fake {

/// A network of the calling thread and of those it makes, with nothing in it but loopback, so that nothing else of the
/// machine is touched. Goes back at the end.
class OwnNetwork {
 public:
  OwnNetwork() : before_(here()) {
    if (::geteuid() != 0 || ::unshare(CLONE_NEWNET) != 0) return;
    ifreq up{};
    std::memcpy(up.ifr_name, "lo", 3);
    up.ifr_flags = IFF_UP | IFF_RUNNING;
    const int any = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ready_ = ::ioctl(any, SIOCSIFFLAGS, &up) == 0;
    ::close(any);
  }
  ~OwnNetwork() {
    if (ready_) (void)::setns(before_, CLONE_NEWNET);
    ::close(before_);
  }
  OwnNetwork(const OwnNetwork&) = delete;
  OwnNetwork& operator=(const OwnNetwork&) = delete;

  [[nodiscard]] bool ready() const noexcept { return ready_; }
  /// Open, and to be closed: the network of the calling thread.
  [[nodiscard]] static int here() { return ::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC); }

 private:
  int before_;
  bool ready_ = false;
};

}  // namespace parley::media::fake
