#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include <netinet/in.h>
#include <sys/socket.h>

#include <base/bytes.hpp>
#include <base/endpoint.hpp>
#include <base/random.hpp>
#include <base/result.hpp>

namespace parley::media {

/// DSCP EF, in the upper six bits (RFC 4594 §4.1): how all media leaves.
inline constexpr std::uint8_t kTrafficClass = 46U << 2U;

/// An endpoint in the form that the system calls take, for a socket of one family.
struct NativeAddress {
  sockaddr_in6 storage{};  // the larger of both families
  socklen_t length = 0;

  NativeAddress() = default;
  NativeAddress(const Endpoint& endpoint, bool v6_socket);
  [[nodiscard]] const sockaddr* get() const noexcept { return reinterpret_cast<const sockaddr*>(&storage); }
  [[nodiscard]] bool same_as(const sockaddr_storage& other) const noexcept;  // family, address and port
};

/// One non-blocking UDP socket of the media path. Closed by the destructor.
class MediaSocket {
 public:
  explicit MediaSocket(int descriptor, std::uint16_t port, bool v6) : descriptor_(descriptor), port_(port), v6_(v6) {}
  ~MediaSocket();
  MediaSocket(MediaSocket&& other) noexcept;
  MediaSocket& operator=(MediaSocket&&) = delete;

  [[nodiscard]] static Result<MediaSocket> bind(const IpAddress& address, std::uint16_t port);

  /// The kernel drops what comes from others, and sends a little faster.
  void connect(const NativeAddress& peer) noexcept;
  void disconnect() noexcept;
  /// From now on until disconnect() nothing gets in: the socket, bound to this address, is connected to itself, and to
  /// the kernel its port is closed for all others. What had come is thrown away. False: it could not be done.
  [[nodiscard]] bool rest(const IpAddress& bound) noexcept;
  /// -1: nothing there (or a stale ICMP error); more than out.size(): cut.
  [[nodiscard]] std::ptrdiff_t receive(std::span<std::uint8_t> out, sockaddr_storage& from) noexcept;
  [[nodiscard]] bool send(BytesView datagram, const NativeAddress& to) noexcept;
  /// Address and port that packets leave from; nullopt while the address is open, as it is before connect().
  [[nodiscard]] std::optional<Endpoint> local() const noexcept;
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] bool v6() const noexcept { return v6_; }
  /// The media thread waits for this socket; that lasts until it is closed.
  [[nodiscard]] bool is_watched() const noexcept { return watched_; }
  void set_watched() noexcept { watched_ = true; }

 private:
  int descriptor_;
  std::uint16_t port_;
  bool v6_;
  bool connected_ = false;
  bool watched_ = false;
};

struct SocketPair {
  MediaSocket rtp;   // even port
  MediaSocket rtcp;  // the odd port above
  [[nodiscard]] bool rest(const IpAddress& bound) noexcept { return rtp.rest(bound) && rtcp.rest(bound); }
};

/// Finds free port pairs, going round the range so that a port just freed rests for long. Thread: any.
class PortRange {
 public:
  /// first == 0: the usual ephemeral range.
  PortRange(IpAddress address, std::uint16_t first, std::uint16_t last, Random& random);
  ~PortRange();
  /// Errors: Full when no pair of the range can be bound.
  [[nodiscard]] Result<SocketPair> bind_pair();

 private:
  struct State;
  IpAddress address_;
  std::uint32_t first_, pairs_;
  std::unique_ptr<State> state_;
};

}  // namespace parley::media
