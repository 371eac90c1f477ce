#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <base/clock.hpp>
#include <base/endpoint.hpp>
#include <base/function.hpp>
#include <base/result.hpp>
#include <net/http.hpp>
#include <net/http_request_reader.hpp>

namespace parley::net {

class TlsContext;

/// One WebSocket (RFC 6455) after its upgrade. The server pings idle peers and closes dead ones.
/// Thread: any; on_text runs on a worker thread, one message at a time (the next is not read before it returns).
class WebSocketSession {
 public:
  virtual ~WebSocketSession() = default;
  /// Queues one message. A peer that does not read until the queue is full is cut off.
  /// Errors: Unavailable (closed), Full (closed now).
  virtual Result<void> send(std::string message, bool binary) = 0;
  Result<void> send_text(std::string text) { return send(std::move(text), false); }
  virtual void close(int code, std::string reason) = 0;
  [[nodiscard]] virtual bool is_open() const = 0;
  /// Set inside the upgrade handler. With on_text a binary message ends the session; with on_message both are taken.
  virtual void on_text(UniqueFunction<void(std::string)> callback) = 0;
  virtual void on_message(UniqueFunction<void(std::string message, bool binary)> callback) = 0;
  /// What the answer names as Sec-WebSocket-Protocol; one that the client offered. Set inside the upgrade handler.
  virtual void subprotocol(std::string name) = 0;
  /// Once, from the server's own thread: must not block.
  virtual void on_close(UniqueFunction<void()> callback) = 0;
};

struct HttpLimits {
  HttpReadLimits read{};
  Duration request_within = std::chrono::seconds(20);  // TLS handshake and one whole request: slowloris ends here
  Duration idle = std::chrono::seconds(25);            // between requests of one connection
  Duration write_stall = std::chrono::seconds(30);     // a response that makes no progress
  std::size_t connections = 2000;
  std::size_t connections_per_address = 100;  // above: 429; above the double: closed
  unsigned workers = 8;
  std::size_t waiting_requests = 256;                  // above: 503
  std::size_t websocket_queue = 1024 * 1024;           // bytes
  std::size_t websocket_message = 64 * 1024;           // bytes, inbound
  Duration websocket_idle = std::chrono::seconds(60);  // pinged at half of it
};

struct HttpServerOptions {
  struct Listener {
    Endpoint endpoint;
    std::shared_ptr<TlsContext> tls;  // nullptr: plain HTTP
  };
  std::vector<Listener> listeners;
  std::string unix_socket;  // path; "" for none. Made with mode 0600; a stale one is replaced, a live one is an error.
  HttpLimits limits;
  HttpFields headers;                       // on every response, also on those that the server makes itself
  HttpFields tls_headers;                   // likewise, over TLS only (HSTS)
  HttpRequestReader::BodyLimit body_limit;  // nullptr: limits.read.body
  std::function<HttpResponse(int status, std::string_view text)> make_error;  // nullptr: plain text
};

/// HTTP/1.1 over TLS, plain TCP and a Unix socket, with WebSocket: one thread for input and output, a small pool of
/// workers that run the handlers. Everything bounded; what is over a limit gets 400/408/413/414/429/431/503 and nothing
/// else. Thread: start and stop from one thread; handlers run on workers, several at a time.
class HttpServer {
 public:
  using Handler = std::function<HttpResponse(HttpRequest&)>;
  /// Decides about an upgrade: returns nothing to accept (callbacks set on the session), or the refusal.
  using UpgradeHandler =
      std::function<std::optional<HttpResponse>(HttpRequest&, const std::shared_ptr<WebSocketSession>&)>;

  /// Errors: those of TcpListener::listen; Conflict for a Unix socket that another process serves.
  [[nodiscard]] static Result<std::unique_ptr<HttpServer>> start(HttpServerOptions options, Handler handler,
                                                                 UpgradeHandler upgrade = nullptr);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// Actual addresses, in the order of the listeners.
  [[nodiscard]] const std::vector<Endpoint>& local() const noexcept;
  [[nodiscard]] std::size_t connections() const;
  /// No new connections; running requests get up to `grace` to finish; WebSockets are closed (1001). Idempotent.
  void stop(Duration grace = std::chrono::seconds(5));

  struct Impl;

 private:
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace parley::net
