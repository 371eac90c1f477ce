#pragma once
#include <cstddef>
#include <functional>
#include <string>

#include <net/http.hpp>

namespace parley::net {

struct HttpReadLimits {
  std::size_t head = 16 * 1024;  // request line and headers
  std::size_t target = 8 * 1024;
  std::size_t fields = 100;
  std::size_t body = 1024 * 1024;
};

/// Reads HTTP/1.1 requests from a stream of bytes, strictly: whatever two readers could understand differently (request
/// smuggling) is refused, not repaired. No sockets, no clock.
/// Source: RFC 9112; the refusals of §3.2, §5.1 (space before the colon), §5.2 (folding), §6.1 and §6.3 (both lengths).
class HttpRequestReader {
 public:
  enum class State : unsigned char { NeedMore, HeadDone, Complete, Failed };
  /// The body limit of a route; nullptr: the general one.
  using BodyLimit = std::function<std::size_t(const HttpRequest& head)>;

  explicit HttpRequestReader(const HttpReadLimits& limits = {}, BodyLimit body_limit = nullptr)
      : limits_(limits), body_limit_(std::move(body_limit)) {}

  /// Takes bytes in any portions. HeadDone is said once per request that has a body; call again with {} to go on.
  /// Bytes after a complete request are kept for the next one.
  State feed(std::string_view bytes);
  /// After Complete. The reader is then ready for the next request: feed({}) looks at what is left.
  [[nodiscard]] HttpRequest take();
  /// True between requests: nothing of the next one has come.
  [[nodiscard]] bool idle() const noexcept { return step_ == Step::Head && buffer_.empty(); }

  [[nodiscard]] int error_status() const noexcept { return status_; }  // after Failed
  [[nodiscard]] const std::string& error_text() const noexcept { return text_; }
  [[nodiscard]] const HttpRequest& head() const noexcept { return request_; }  // from HeadDone on
  [[nodiscard]] bool wants_continue() const noexcept { return wants_continue_; }
  [[nodiscard]] bool keep_alive() const noexcept { return keep_alive_; }
  /// What came after the request: the first bytes of another protocol after an upgrade.
  [[nodiscard]] const std::string& rest() const noexcept { return buffer_; }

 private:
  enum class Step : unsigned char { Head, Announce, Sized, ChunkSize, ChunkData, ChunkEnd, Trailer, Done, Failed };

  State failed(int status, std::string text);
  bool read_head(std::string_view head);
  bool read_request_line(std::string_view line);
  bool read_field(std::string_view line);
  bool settle_body();
  bool step(bool& waiting);
  bool read_line(std::string& line, std::size_t limit, bool& waiting);

  HttpReadLimits limits_;
  BodyLimit body_limit_;
  HttpRequest request_;
  std::string buffer_;
  Step step_ = Step::Head;
  std::size_t scanned_ = 0;
  std::size_t body_left_ = 0;
  std::size_t body_max_ = 0;
  std::size_t trailer_size_ = 0;
  bool http10_ = false;
  bool chunked_ = false;
  bool keep_alive_ = true;
  bool wants_continue_ = false;
  int status_ = 0;
  std::string text_;
};

}  // namespace parley::net
