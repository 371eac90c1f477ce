#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/types.h>

#include <base/endpoint.hpp>
#include <base/function.hpp>
#include <base/result.hpp>

/// What an HTTP handler sees and says: plain values, no sockets behind them.
/// Source: RFC 9110 (semantics), RFC 9112 (HTTP/1.1), RFC 9110 §14 (ranges).
namespace parley::net {

using HttpFields = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string method;  // as sent: methods are case-sensitive
  std::string target;  // as sent, for logs of errors only
  std::string path;    // decoded; starts with '/', has no "..", no empty segment but the last, no control signs
  HttpFields query;    // decoded, in order
  HttpFields headers;  // names in lower case
  std::string body;
  Endpoint peer;  // unset for a local socket
  bool tls = false;
  bool is_local_socket = false;
  uid_t peer_uid = 0;  // by SO_PEERCRED; local socket only
  std::string id;      // unique; goes out as X-Request-Id

  /// The first header of that (lower-case) name; "" if there is none.
  [[nodiscard]] std::string_view header(std::string_view name) const noexcept;
  [[nodiscard]] std::optional<std::string_view> parameter(std::string_view name) const noexcept;
  [[nodiscard]] std::string_view cookie(std::string_view name) const noexcept;
};

/// Pulls the next bytes of a body into `room`; 0: the end. Runs on a worker thread and may block.
/// An error breaks the connection, so that a cut body never looks whole.
using BodyStream = UniqueFunction<Result<std::size_t>(std::span<std::uint8_t> room)>;

struct HttpResponse {
  int status = 200;
  HttpFields headers;
  std::string body;
  BodyStream stream;                           // instead of body
  std::optional<std::uint64_t> stream_length;  // known: Content-Length; otherwise chunked
  bool close = false;                          // end the connection after this response

  [[nodiscard]] static HttpResponse text(int status, std::string body,
                                         std::string_view type = "text/plain; charset=utf-8");
  HttpResponse& set(std::string_view name, std::string_view value) &;  // replaces
  HttpResponse&& set(std::string_view name, std::string_view value) && { return std::move(set(name, value)); }
};

/// The standard phrase of a status; "" for one that we never send.
[[nodiscard]] std::string_view status_phrase(int status) noexcept;

/// nullopt on a broken escape or a NUL.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space);
/// "a=1&b=%20" decoded. Errors: Invalid, Limited (more than 64 parameters).
[[nodiscard]] Result<HttpFields> parse_query(std::string_view text);
/// Decodes and checks the path of a request target; nullopt if a client has no business sending it.
[[nodiscard]] std::optional<std::string> clean_path(std::string_view raw);

struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t length = 0;
};
enum class RangeKind : std::uint8_t { Whole, Part, Unsatisfiable };
struct RangeAnswer {
  RangeKind kind = RangeKind::Whole;
  ByteRange range;
};
/// One byte range of a body of `total` bytes (RFC 9110 §14.1.2). Several ranges or a broken header: Whole, as §14.2
/// allows.
[[nodiscard]] RangeAnswer parse_range(std::string_view header, std::uint64_t total) noexcept;

[[nodiscard]] bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept;

}  // namespace parley::net
