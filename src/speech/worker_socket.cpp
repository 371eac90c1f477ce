#include <array>
#include <cerrno>
#include <cstring>

#include <sys/socket.h>
#include <unistd.h>

#include <speech/worker_socket.hpp>

namespace parley::speech {
namespace {

std::unexpected<Error> gone(std::string_view what) {
  return fail(Errc::Unavailable, "the other end of the worker's socket has gone while " + std::string(what));
}

}  // namespace

WorkerSocket::~WorkerSocket() {
  if (descriptor_ >= 0) close(descriptor_);
}

Result<void> WorkerSocket::send(FrameKind kind, BytesView payload) {
  const Bytes frame = encode_frame(kind, payload);
  for (BytesView rest = frame; !rest.empty();) {
    const ssize_t sent = ::send(descriptor_, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return gone("sending");
    rest = rest.subspan(static_cast<std::size_t>(sent));
  }
  return {};
}

Result<Frame> WorkerSocket::receive() {
  std::array<std::uint8_t, 65536> buffer;
  while (true) {
    auto frame = reader_.next();
    if (!frame) return std::unexpected(frame.error());
    if (*frame) return std::move(**frame);
    const ssize_t got = ::recv(descriptor_, buffer.data(), buffer.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return gone("receiving");
    reader_.feed(BytesView(buffer).first(static_cast<std::size_t>(got)));
  }
}

Result<std::size_t> WorkerSocket::send_some(BytesView bytes) {
  const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent >= 0) return static_cast<std::size_t>(sent);
  if (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK) return 0;
  return gone("sending");
}

Result<std::optional<Frame>> WorkerSocket::receive_some() {
  std::array<std::uint8_t, 65536> buffer;
  auto frame = reader_.next();
  if (!frame || *frame) return frame;
  const ssize_t got = ::recv(descriptor_, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (got < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK)) return std::nullopt;
  if (got <= 0) return gone("receiving");
  reader_.feed(BytesView(buffer).first(static_cast<std::size_t>(got)));
  return reader_.next();
}

}  // namespace parley::speech
