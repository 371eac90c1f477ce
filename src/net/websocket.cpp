#include <deque>
#include <mutex>

#include <boost/asio/post.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <base/log.hpp>
#include <net/http_server_impl.hpp>

namespace parley::net {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;

// Beast finds these by argument: how to end the layer below a WebSocket.
void beast_close_socket(HttpStreamRef& stream);
void beast_close_socket(HttpStreamRef& stream) { (*stream).close(); }
template <class Handler>
void async_teardown(beast::role_type, HttpStreamRef& stream, Handler&& handler) {
  (*stream).finish([executor = stream.get_executor(), h = std::forward<Handler>(handler)](const Failure&) mutable {
    asio::post(executor, [h = std::move(h)]() mutable { h(Failure{}); });
  });
}

class WebSocketConnection final : public WebSocketSession, public std::enable_shared_from_this<WebSocketConnection> {
 public:
  explicit WebSocketConnection(HttpServer::Impl& server) : server_(server) {}

  Result<void> send(std::string message, bool binary) override {
    {
      const std::lock_guard lock(mutex_);
      if (!open_) return fail(Errc::Unavailable, "the WebSocket is closed");
      queued_bytes_ += message.size();
      if (queued_bytes_ > server_.options.limits.websocket_queue) {
        open_ = false;
        overflowed_ = true;
      } else {
        queue_.push_back({std::move(message), binary});
      }
    }
    wake();
    return is_open() ? Result<void>{} : fail(Errc::Full, "the peer does not read");
  }

  void close(int code, std::string reason) override {
    {
      const std::lock_guard lock(mutex_);
      if (!open_) return;
      open_ = false;
      close_code_ = static_cast<std::uint16_t>(code);
      close_reason_ = std::move(reason);
    }
    wake();
  }

  bool is_open() const override {
    const std::lock_guard lock(mutex_);
    return open_;
  }
  void on_text(UniqueFunction<void(std::string)> callback) override {
    takes_binary_ = false;
    on_message_ = [told = std::move(callback)](std::string text, bool) mutable { told(std::move(text)); };
  }
  void on_message(UniqueFunction<void(std::string, bool)> callback) override {
    takes_binary_ = true;
    on_message_ = std::move(callback);
  }
  void subprotocol(std::string name) override { subprotocol_ = std::move(name); }
  void on_close(UniqueFunction<void()> callback) override { on_close_ = std::move(callback); }

  void begin(const std::shared_ptr<HttpStream>& stream, const HttpRequest& request) {
    ++server_.count;
    server_.open_sockets.insert(this);
    auto& socket = socket_.emplace(HttpStreamRef(stream));
    const auto idle =
        std::chrono::duration_cast<std::chrono::steady_clock::duration>(server_.options.limits.websocket_idle);
    socket.set_option(websocket::stream_base::timeout{std::chrono::seconds(15), idle, true});
    socket.read_message_max(server_.options.limits.websocket_message);
    socket.set_option(websocket::stream_base::decorator([this, tls = request.tls](websocket::response_type& response) {
      for (const auto& [name, value] : server_.options.headers) response.set(name, value);
      if (!subprotocol_.empty()) response.set(beast::http::field::sec_websocket_protocol, subprotocol_);
      if (!tls) return;
      for (const auto& [name, value] : server_.options.tls_headers) response.set(name, value);
    }));
    upgrade_.method(beast::http::verb::get);
    upgrade_.target(request.target);
    upgrade_.version(11);
    for (const auto& [name, value] : request.headers) upgrade_.insert(name, value);
    socket.async_accept(upgrade_, [self = shared_from_this()](const Failure& failure) {
      if (failure) return self->ended();
      self->accepted_ = true;
      self->read();
      self->pump();
    });
  }

  void ended() {
    if (std::exchange(ended_, true)) return;
    server_.open_sockets.erase(this);
    --server_.count;
    {
      const std::lock_guard lock(mutex_);
      open_ = false;
      queue_.clear();
    }
    (*socket_->next_layer()).close();
    auto told = std::move(on_close_);
    on_close_ = nullptr;
    if (told) told();
  }

 private:
  void wake() {
    asio::post(server_.io, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->pump();
    });
  }

  void read() {
    socket_->async_read(input_, [self = shared_from_this()](const Failure& failure, std::size_t) {
      if (failure) return self->ended();
      const bool binary = !self->socket_->got_text();
      if (binary && !self->takes_binary_) return self->close(websocket::close_code::unknown_data, "text messages only");
      auto text = beast::buffers_to_string(self->input_.data());
      self->input_.clear();
      auto& pool = self->server_.pool;
      const bool taken = pool.submit(
          [self, text = std::move(text), binary]() mutable {
            if (self->on_message_ && self->is_open()) self->on_message_(std::move(text), binary);
            auto& io = self->server_.io;
            asio::post(io, [self = std::move(self)] {
              if (self->socket_->is_open()) self->read();
            });
          },
          true);
      if (!taken) self->ended();
    });
  }

  void pump() {
    if (!accepted_ || ended_) return;
    if (overflowed_) return ended();  // a close frame would wait behind what the peer does not read
    if (writing_) return;
    bool finish = false;
    {
      const std::lock_guard lock(mutex_);
      if (!queue_.empty() && open_) {
        out_ = std::move(queue_.front().text);
        out_binary_ = queue_.front().binary;
        queue_.pop_front();
        queued_bytes_ -= out_.size();
      } else if (!open_) {
        finish = true;
      } else {
        return;
      }
    }
    writing_ = true;
    if (finish) {
      websocket::close_reason why(static_cast<websocket::close_code>(close_code_));
      why.reason.assign(close_reason_.substr(0, 120).c_str());
      socket_->async_close(why, [self = shared_from_this()](const Failure&) { self->ended(); });
      return;
    }
    socket_->binary(out_binary_);
    socket_->async_write(asio::buffer(out_), [self = shared_from_this()](const Failure& failure, std::size_t) {
      self->writing_ = false;
      if (failure) return self->ended();
      self->pump();
    });
  }

  HttpServer::Impl& server_;
  std::optional<websocket::stream<HttpStreamRef, false>> socket_;  // no compression: it costs more memory than it saves
  websocket::request_type upgrade_;
  beast::flat_buffer input_;
  UniqueFunction<void(std::string, bool)> on_message_;
  bool takes_binary_ = false;
  std::string subprotocol_;
  UniqueFunction<void()> on_close_;
  bool accepted_ = false;
  bool writing_ = false;
  bool ended_ = false;
  std::string out_;
  bool out_binary_ = false;
  std::atomic<bool> overflowed_ = false;

  mutable std::mutex mutex_;  // guards what follows
  bool open_ = true;
  struct Waiting {
    std::string text;
    bool binary;
  };
  std::deque<Waiting> queue_;
  std::size_t queued_bytes_ = 0;
  std::uint16_t close_code_ = websocket::close_code::normal;
  std::string close_reason_;
};

std::shared_ptr<WebSocketSession> make_websocket(HttpServer::Impl& server) {
  return std::make_shared<WebSocketConnection>(server);
}

void begin_websocket(const std::shared_ptr<WebSocketSession>& session, const std::shared_ptr<HttpStream>& stream,
                     const HttpRequest& request) {
  static_cast<WebSocketConnection&>(*session).begin(stream, request);
}

void HttpServer::Impl::end_websockets() {
  const std::vector<WebSocketConnection*> left(open_sockets.begin(), open_sockets.end());
  for (auto* socket : left) socket->ended();
}

void wind_down_websocket(WebSocketConnection& connection) {
  connection.close(websocket::close_code::going_away, "the server stops");
}

}  // namespace parley::net
