#pragma once
// Only for the .cpp files of net/.
#include <atomic>
#include <list>
#include <map>
#include <thread>
#include <unordered_map>
#include <unordered_set>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <net/http_server.hpp>
#include <net/http_stream.hpp>
#include <net/worker_pool.hpp>

namespace parley::net {

class HttpConnection;
class WebSocketConnection;

/// Everything but the pool and `count` belongs to the server's own thread.
struct HttpServer::Impl {
  Impl(HttpServerOptions o, Handler h, UpgradeHandler u)
      : options(std::move(o)),
        handler(std::move(h)),
        upgrade(std::move(u)),
        pool("http", options.limits.workers, options.limits.waiting_requests) {}

  struct Door {
    explicit Door(boost::asio::io_context& io) : acceptor(io) {}
    boost::asio::ip::tcp::acceptor acceptor;
    std::shared_ptr<TlsContext> tls;
  };

  Result<void> open(const HttpServerOptions::Listener& listener);
  Result<void> open_unix();
  void accept(Door& door);
  void accept_unix();
  void welcome(boost::asio::ip::tcp::socket socket, const std::shared_ptr<TlsContext>& tls);
  void later(UniqueFunction<void()> work);
  void stop(Duration grace);
  void end_websockets();  // those that did not end by themselves; after the thread has ended
  /// The server's own answers: errors before a handler is reached.
  [[nodiscard]] HttpResponse error(int status, std::string_view text) const;
  /// Status line and headers, with those that every response has.
  [[nodiscard]] std::string head_of(const HttpResponse& response, const HttpRequest& request, bool keep_alive) const;

  const HttpServerOptions options;
  const Handler handler;
  const UpgradeHandler upgrade;
  std::vector<Endpoint> local;
  std::unordered_map<IpAddress, std::size_t> by_address;
  std::unordered_set<HttpConnection*> open_connections;
  std::unordered_set<WebSocketConnection*> open_sockets;
  std::atomic<std::size_t> count = 0;
  std::atomic<bool> stopping = false;
  boost::asio::io_context io{1};  // its pending handlers own connections, which use what stands above
  std::list<Door> doors;
  std::unique_ptr<boost::asio::local::stream_protocol::acceptor> unix_door;
  WorkerPool pool;
  std::thread thread;
};

/// One accepted connection, from its first byte to its last. Keeps itself alive by its pending operation.
class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
 public:
  struct Peer {
    Endpoint endpoint;
    bool tls = false;
    bool local = false;
    uid_t uid = 0;
    bool refuse = false;    // over the limit of its address: the first request gets 429
    bool redirect = false;  // plain HTTP on a TLS port: the first request gets 308
  };
  HttpConnection(HttpServer::Impl& server, std::shared_ptr<HttpStream> stream, Peer peer);
  ~HttpConnection();
  void start();
  /// Closes at once when idle, otherwise after the running response.
  void wind_down();

 private:
  enum class Phase : unsigned char { Handshake, Reading, Handling, Writing, Draining, Closed };
  void arm(Duration within);
  void on_deadline();
  void read();
  void on_bytes(std::size_t count);
  void advance(HttpRequestReader::State state);
  void dispatch();
  void dispatch_upgrade(HttpRequest request);
  void refuse(int status, std::string_view text);
  void respond(HttpResponse response);
  void write(UniqueFunction<void()> then);
  void pull();
  void finished();
  void drain();
  /// Ends a response that cannot be completed, with a word in the log and a count.
  void cut(std::string_view reason, std::string_view detail);
  void close();

  HttpServer::Impl& server_;
  std::shared_ptr<HttpStream> stream_;
  Peer peer_;
  HttpRequestReader reader_;
  boost::asio::steady_timer deadline_;
  std::uint64_t deadline_number_ = 0;
  Phase phase_ = Phase::Handshake;
  bool keep_alive_ = true;
  bool winding_down_ = false;
  HttpRequest request_;  // the one being answered, without its body
  HttpResponse response_;
  std::uint64_t stream_left_ = 0;
  bool stream_chunked_ = false;
  int status_ = 0;
  TimePoint begun_{};
  std::string out_;
  std::size_t sent_ = 0;
  std::size_t drained_ = 0;
  std::array<char, 16 * 1024> input_{};
};

[[nodiscard]] std::shared_ptr<WebSocketSession> make_websocket(HttpServer::Impl& server);
/// Server thread: answers the upgrade and runs the session from then on.
void begin_websocket(const std::shared_ptr<WebSocketSession>& session, const std::shared_ptr<HttpStream>& stream,
                     const HttpRequest& request);
void wind_down_websocket(WebSocketConnection& connection);

}  // namespace parley::net
