#include <cerrno>
#include <cstring>
#include <ctime>
#include <exception>
#include <system_error>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <base/log.hpp>
#include <base/metrics.hpp>
#include <net/http_server.hpp>
#include <net/http_server_impl.hpp>
#include <net/reactor.hpp>
#include <net/socket_errors.hpp>
#include <net/tls_impl.hpp>

namespace parley::net {

namespace asio = boost::asio;
using Local = asio::local::stream_protocol;

namespace {
std::string http_date() {
  const std::time_t now = std::chrono::system_clock::to_time_t(system_clock().wall());
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[40];
  const std::size_t length = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text, length};
}

/// A header value that came from data must not be able to start another header.
void append_header(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ");
  for (const char sign : value) out += static_cast<unsigned char>(sign) < 0x20 || sign == 0x7f ? ' ' : sign;
  out += "\r\n";
}

bool somebody_listens(const std::string& path) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const bool answered = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(fd);
  return answered;
}
}  // namespace

HttpResponse HttpServer::Impl::error(int status, std::string_view text) const {
  if (options.make_error) return options.make_error(status, text);
  return HttpResponse::text(status, fmt::format("{} {}: {}\n", status, status_phrase(status), text));
}

std::string HttpServer::Impl::head_of(const HttpResponse& response, const HttpRequest& request, bool keep_alive) const {
  std::string out = fmt::format("HTTP/1.1 {} {}\r\n", response.status, status_phrase(response.status));
  append_header(out, "Date", http_date());
  const auto own = [&response](std::string_view name) {
    for (const auto& field : response.headers) {
      if (equals_ignoring_case(field.first, name)) return true;
    }
    return false;
  };
  for (const auto& [name, value] : options.headers) {
    if (!own(name)) append_header(out, name, value);
  }
  if (request.tls) {
    for (const auto& [name, value] : options.tls_headers) {
      if (!own(name)) append_header(out, name, value);
    }
  }
  for (const auto& [name, value] : response.headers) append_header(out, name, value);
  if (!request.id.empty()) append_header(out, "X-Request-Id", request.id);
  const bool has_body = response.status >= 200 && response.status != 204 && response.status != 304;
  if (response.stream && !response.stream_length) {
    append_header(out, "Transfer-Encoding", "chunked");
  } else if (has_body) {
    const std::uint64_t length = response.stream ? *response.stream_length : response.body.size();
    append_header(out, "Content-Length", std::to_string(length));
  }
  append_header(out, "Connection", keep_alive ? "keep-alive" : "close");
  return out + "\r\n";
}

Result<void> HttpServer::Impl::open(const HttpServerOptions::Listener& listener) {
  auto& door = doors.emplace_back(io);
  door.tls = listener.tls;
  Failure failure;
  const auto failed = [&] { return std::unexpected(socket_error("listen HTTP", listener.endpoint, failure.value())); };
  sockaddr_storage address{};
  asio::ip::tcp::endpoint at(listener.endpoint.address.v6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4(), 0);
  const unsigned length = listener.endpoint.to_sockaddr(reinterpret_cast<sockaddr&>(address));
  at.resize(length);
  std::memcpy(at.data(), &address, length);
  door.acceptor.open(at.protocol(), failure);
  if (failure) return failed();
  door.acceptor.set_option(asio::socket_base::reuse_address(true), failure);
  door.acceptor.bind(at, failure);
  if (failure) return failed();
  door.acceptor.listen(1024, failure);
  if (failure) return failed();
  const auto bound = door.acceptor.local_endpoint(failure);
  local.push_back(Endpoint::from_sockaddr(*static_cast<const sockaddr*>(static_cast<const void*>(bound.data()))));
  accept(door);
  return {};
}

Result<void> HttpServer::Impl::open_unix() {
  const std::string& path = options.unix_socket;
  if (path.size() >= sizeof(sockaddr_un{}.sun_path)) {
    return fail(Errc::Invalid, fmt::format("{}: the path of a Unix socket has at most {} bytes; use a shorter data "
                                           "directory",
                                           path, sizeof(sockaddr_un{}.sun_path) - 1));
  }
  if (somebody_listens(path)) {
    return fail(Errc::Conflict, fmt::format("{}: another server runs on this data directory", path));
  }
  ::unlink(path.c_str());
  Failure failure;
  unix_door = std::make_unique<Local::acceptor>(io);
  unix_door->open(Local(), failure);
  const mode_t mask = ::umask(0177);  // never open to others, not even for a moment
  if (!failure) unix_door->bind(Local::endpoint(path), failure);
  ::umask(mask);
  if (!failure) unix_door->listen(128, failure);
  if (failure) return fail(Errc::Io, fmt::format("{}: {}", path, failure.message()));
  accept_unix();
  return {};
}

void HttpServer::Impl::later(UniqueFunction<void()> work) {
  auto timer = std::make_shared<asio::steady_timer>(io, std::chrono::milliseconds(100));
  timer->async_wait([timer, work = std::move(work)](const Failure& failure) mutable {
    if (!failure) work();
  });
}

void HttpServer::Impl::accept(Door& door) {
  door.acceptor.async_accept([this, &door](const Failure& failure, asio::ip::tcp::socket socket) {
    if (stopping) return;
    if (failure) return later([this, &door] { accept(door); });  // no descriptors left: those that are open go on
    welcome(std::move(socket), door.tls);
    accept(door);
  });
}

void HttpServer::Impl::accept_unix() {
  unix_door->async_accept([this](const Failure& failure, Local::socket socket) {
    if (stopping) return;
    if (failure) return later([this] { accept_unix(); });
    ucred who{};
    socklen_t size = sizeof who;
    const bool known = ::getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &who, &size) == 0;
    if (known && count < options.limits.connections) {
      HttpConnection::Peer peer;
      peer.local = true;
      peer.uid = who.uid;
      std::make_shared<HttpConnection>(*this, plain_stream(std::move(socket)), peer)->start();
    }
    accept_unix();
  });
}

void HttpServer::Impl::welcome(asio::ip::tcp::socket socket, const std::shared_ptr<TlsContext>& tls) {
  Failure failure;
  const auto from = socket.remote_endpoint(failure);
  if (failure) return;
  HttpConnection::Peer peer{
      .endpoint = Endpoint::from_sockaddr(*static_cast<const sockaddr*>(static_cast<const void*>(from.data()))),
      .tls = tls != nullptr};
  const auto known = by_address.find(peer.endpoint.address);
  const std::size_t already = known == by_address.end() ? 0 : known->second;
  const std::size_t limit = options.limits.connections_per_address;
  if (count >= options.limits.connections || already >= 2 * limit) {
    static auto& refused = metrics::counter("parley_http_connections_refused_total", "Connections over a limit.");
    refused.add();
    return;
  }
  peer.refuse = already >= limit;
  socket.set_option(asio::ip::tcp::no_delay(true), failure);
  const unsigned vanished = 30'000;
  ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_USER_TIMEOUT, &vanished, sizeof vanished);
  if (!tls) {
    std::make_shared<HttpConnection>(*this, plain_stream(std::move(socket)), peer)->start();
    return;
  }
  // Somebody may have typed http:// with the port of HTTPS: the first byte tells (22 opens a TLS handshake).
  auto waiting = std::make_shared<asio::ip::tcp::socket>(std::move(socket));
  auto timer = std::make_shared<asio::steady_timer>(io, options.limits.request_within);
  timer->async_wait([waiting](const Failure& cancelled) {
    Failure ignored;
    if (!cancelled) waiting->close(ignored);
  });
  ++count;
  ++by_address[peer.endpoint.address];
  waiting->async_wait(asio::socket_base::wait_read, [this, waiting, timer, tls, peer](const Failure& broken) mutable {
    timer->cancel();
    --count;
    if (const auto entry = by_address.find(peer.endpoint.address); --entry->second == 0) by_address.erase(entry);
    char first = 0;
    if (broken || stopping) return;
    // MSG_DONTWAIT: it does not block, whatever the analyser thinks that the timer still holds.
    // NOLINTNEXTLINE(clang-analyzer-unix.BlockInCriticalSection)
    if (::recv(waiting->native_handle(), &first, 1, MSG_PEEK | MSG_DONTWAIT) != 1) return;
    peer.redirect = first >= 'A' && first <= 'Z';
    peer.tls = !peer.redirect;
    auto stream =
        peer.redirect ? plain_stream(std::move(*waiting)) : tls_stream(std::move(*waiting), tls->impl().get());
    std::make_shared<HttpConnection>(*this, std::move(stream), peer)->start();
  });
}

void HttpServer::Impl::stop(Duration grace) {
  if (!thread.joinable()) return;
  stopping = true;
  asio::post(io, [this] {
    Failure ignored;
    for (auto& door : doors) door.acceptor.close(ignored);
    if (unix_door) unix_door->close(ignored);
    const std::vector<HttpConnection*> connections(open_connections.begin(), open_connections.end());
    for (auto* connection : connections) connection->wind_down();
    const std::vector<WebSocketConnection*> sockets(open_sockets.begin(), open_sockets.end());
    for (auto* socket : sockets) wind_down_websocket(*socket);
  });
  const TimePoint limit = system_clock().now() + grace;
  while (count > 0 && system_clock().now() < limit) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  io.stop();
  thread.join();
  pool.stop();
  end_websockets();
  if (!options.unix_socket.empty()) ::unlink(options.unix_socket.c_str());
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() {
  if (impl_) impl_->stop(std::chrono::seconds(5));
}

Result<std::unique_ptr<HttpServer>> HttpServer::start(HttpServerOptions options, Handler handler,
                                                      UpgradeHandler upgrade) {
  auto impl = std::make_unique<Impl>(std::move(options), std::move(handler), std::move(upgrade));
  for (const auto& listener : impl->options.listeners) {
    if (auto opened = impl->open(listener); !opened) return std::unexpected(opened.error());
  }
  if (!impl->options.unix_socket.empty()) {
    if (auto opened = impl->open_unix(); !opened) return std::unexpected(opened.error());
  }
  impl->thread = std::thread([&server = *impl] {
    pthread_setname_np(pthread_self(), "http-io");
    const auto guard = asio::make_work_guard(server.io);
    for (;;) {
      try {
        server.io.run();
        return;
      } catch (const std::exception& caught) {
        log::error("http.exception", {{"what", caught.what()}});
      }
    }
  });
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

const std::vector<Endpoint>& HttpServer::local() const noexcept { return impl_->local; }
std::size_t HttpServer::connections() const { return impl_->count; }
void HttpServer::stop(Duration grace) { impl_->stop(grace); }

}  // namespace parley::net
