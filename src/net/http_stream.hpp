#pragma once
// Only for the .cpp files of net/.
#include <array>
#include <memory>

#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl/context.hpp>

#include <base/function.hpp>

namespace parley::net {

using Failure = boost::system::error_code;

/// A few buffers to be written one behind the other, as a sequence that Asio takes. Holds them by value: a write that
/// cannot go on at once is kept, with its sequence, beyond the caller's frame. What they point to must live until it is
/// done.
class WriteBuffers {
 public:
  using value_type = boost::asio::const_buffer;
  using const_iterator = const boost::asio::const_buffer*;
  WriteBuffers() = default;
  explicit WriteBuffers(boost::asio::const_buffer only) : buffers_{only}, count_(1) {}
  /// False: there is no room for more.
  bool add(boost::asio::const_buffer buffer) {
    if (count_ == buffers_.size()) return false;
    buffers_[count_++] = buffer;
    return true;
  }
  [[nodiscard]] const_iterator begin() const { return buffers_.data(); }
  [[nodiscard]] const_iterator end() const { return buffers_.data() + count_; }

 private:
  std::array<boost::asio::const_buffer, 8> buffers_;
  std::size_t count_ = 0;
};

/// A stream of bytes, whatever is below it (TCP, TLS, Unix socket): HTTP and WebSocket are compiled once for all.
class HttpStream {
 public:
  using Done = UniqueFunction<void(const Failure&, std::size_t)>;
  using executor_type = boost::asio::io_context::executor_type;

  virtual ~HttpStream() = default;
  virtual void handshake(UniqueFunction<void(const Failure&)> done) = 0;
  virtual void read_some(boost::asio::mutable_buffer room, Done done) = 0;
  virtual void write_some(const WriteBuffers& data, Done done) = 0;
  /// Tells the peer that no more comes (close_notify, FIN); reading goes on.
  virtual void finish(UniqueFunction<void(const Failure&)> done) = 0;
  virtual void close() = 0;
  [[nodiscard]] virtual executor_type executor() = 0;
  [[nodiscard]] virtual int fd() = 0;
};

[[nodiscard]] std::shared_ptr<HttpStream> plain_stream(boost::asio::ip::tcp::socket socket);
[[nodiscard]] std::shared_ptr<HttpStream> plain_stream(boost::asio::local::stream_protocol::socket socket);
[[nodiscard]] std::shared_ptr<HttpStream> tls_stream(boost::asio::ip::tcp::socket socket,
                                                     std::shared_ptr<boost::asio::ssl::context> context);

/// What Beast's WebSocket wants of the layer below it.
class HttpStreamRef {
 public:
  using executor_type = HttpStream::executor_type;
  explicit HttpStreamRef(std::shared_ptr<HttpStream> stream) : stream_(std::move(stream)) {}
  [[nodiscard]] executor_type get_executor() const { return stream_->executor(); }
  [[nodiscard]] HttpStream& operator*() const { return *stream_; }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_initiate<Token, void(Failure, std::size_t)>(
        [stream = stream_](auto handler, boost::asio::mutable_buffer room) {
          stream->read_some(room, [h = std::move(handler)](const Failure& f, std::size_t n) mutable { h(f, n); });
        },
        token, first_of<boost::asio::mutable_buffer>(buffers));
  }
  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    WriteBuffers some;
    for (auto at = boost::asio::buffer_sequence_begin(buffers); at != boost::asio::buffer_sequence_end(buffers); ++at) {
      const boost::asio::const_buffer buffer(*at);
      if (buffer.size() > 0 && !some.add(buffer)) break;
    }
    return boost::asio::async_initiate<Token, void(Failure, std::size_t)>(
        [stream = stream_](auto handler, const WriteBuffers& data) {
          stream->write_some(data, [h = std::move(handler)](const Failure& f, std::size_t n) mutable { h(f, n); });
        },
        token, some);
  }

 private:
  template <class Buffer, class Buffers>
  static Buffer first_of(const Buffers& buffers) {
    for (auto at = boost::asio::buffer_sequence_begin(buffers); at != boost::asio::buffer_sequence_end(buffers); ++at) {
      if (const Buffer buffer(*at); buffer.size() > 0) return buffer;
    }
    return {};
  }
  std::shared_ptr<HttpStream> stream_;
};

}  // namespace parley::net
