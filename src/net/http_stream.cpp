#include <boost/asio/ssl/stream.hpp>

#include <net/http_stream.hpp>

namespace parley::net {

namespace asio = boost::asio;

namespace {

template <class Socket>
class PlainStream final : public HttpStream {
 public:
  explicit PlainStream(Socket socket, asio::io_context& io) : socket_(std::move(socket)), io_(io) {}
  void handshake(UniqueFunction<void(const Failure&)> done) override { done({}); }
  void read_some(asio::mutable_buffer room, Done done) override {
    socket_.async_read_some(room, [d = std::move(done)](const Failure& f, std::size_t n) mutable { d(f, n); });
  }
  void write_some(const WriteBuffers& data, Done done) override {
    socket_.async_write_some(data, [d = std::move(done)](const Failure& f, std::size_t n) mutable { d(f, n); });
  }
  void finish(UniqueFunction<void(const Failure&)> done) override {
    Failure failure;
    socket_.shutdown(Socket::shutdown_send, failure);
    done(failure);
  }
  void close() override {
    Failure ignored;
    socket_.close(ignored);
  }
  executor_type executor() override { return io_.get_executor(); }
  int fd() override { return socket_.native_handle(); }

 private:
  Socket socket_;
  asio::io_context& io_;
};

class TlsStream final : public HttpStream {
 public:
  TlsStream(asio::ip::tcp::socket socket, std::shared_ptr<asio::ssl::context> context, asio::io_context& io)
      : context_(std::move(context)), stream_(std::move(socket), *context_), io_(io) {}
  void handshake(UniqueFunction<void(const Failure&)> done) override {
    stream_.async_handshake(asio::ssl::stream_base::server, [d = std::move(done)](const Failure& f) mutable { d(f); });
  }
  void read_some(asio::mutable_buffer room, Done done) override {
    stream_.async_read_some(room, [d = std::move(done)](const Failure& f, std::size_t n) mutable { d(f, n); });
  }
  void write_some(const WriteBuffers& data, Done done) override {
    stream_.async_write_some(data, [d = std::move(done)](const Failure& f, std::size_t n) mutable { d(f, n); });
  }
  void finish(UniqueFunction<void(const Failure&)> done) override {
    stream_.async_shutdown([d = std::move(done)](const Failure& f) mutable { d(f); });
  }
  void close() override {
    Failure ignored;
    stream_.lowest_layer().close(ignored);
  }
  executor_type executor() override { return io_.get_executor(); }
  int fd() override { return stream_.lowest_layer().native_handle(); }

 private:
  std::shared_ptr<asio::ssl::context> context_;
  asio::ssl::stream<asio::ip::tcp::socket> stream_;
  asio::io_context& io_;
};

template <class Socket>
asio::io_context& io_of(Socket& socket) {
  return static_cast<asio::io_context&>(asio::query(socket.get_executor(), asio::execution::context));
}
}  // namespace

std::shared_ptr<HttpStream> plain_stream(asio::ip::tcp::socket socket) {
  auto& io = io_of(socket);
  return std::make_shared<PlainStream<asio::ip::tcp::socket>>(std::move(socket), io);
}
std::shared_ptr<HttpStream> plain_stream(asio::local::stream_protocol::socket socket) {
  auto& io = io_of(socket);
  return std::make_shared<PlainStream<asio::local::stream_protocol::socket>>(std::move(socket), io);
}
std::shared_ptr<HttpStream> tls_stream(asio::ip::tcp::socket socket, std::shared_ptr<asio::ssl::context> context) {
  auto& io = io_of(socket);
  return std::make_shared<TlsStream>(std::move(socket), std::move(context), io);
}

}  // namespace parley::net
