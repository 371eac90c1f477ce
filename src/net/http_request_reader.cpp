#include <algorithm>
#include <charconv>
#include <utility>

#include <base/ascii.hpp>
#include <net/http_request_reader.hpp>

namespace parley::net {

namespace {
constexpr std::size_t kMaxChunkLine = 256;
constexpr const char* kNotCrLf = "a header line does not end with CR LF";

bool is_token_sign(char sign) {  // RFC 9110 §5.6.2
  if ((sign >= '0' && sign <= '9') || (sign >= 'a' && sign <= 'z') || (sign >= 'A' && sign <= 'Z')) return true;
  return sign != '\0' && std::string_view("!#$%&'*+-.^_`|~").find(sign) != std::string_view::npos;
}
bool is_token(std::string_view text) { return !text.empty() && std::ranges::all_of(text, is_token_sign); }

/// A LF without its CR. RFC 9112 §2.2 lets a recipient take it for a line's end; another reader of the same bytes may
/// not: refused, and at once, since the CR LF CR LF that ends a head would never come.
bool has_bare_line_feed(std::string_view text, std::size_t from) {
  for (std::size_t at = text.find('\n', from); at != std::string_view::npos; at = text.find('\n', at + 1)) {
    if (at == 0 || text[at - 1] != '\r') return true;
  }
  return false;
}

bool is_field_value(std::string_view text) {
  return std::ranges::none_of(
      text, [](char sign) { return (static_cast<unsigned char>(sign) < 0x20 && sign != '\t') || sign == 0x7f; });
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

bool lists(std::string_view header, std::string_view word) {
  while (!header.empty()) {
    const std::string_view item = header.substr(0, header.find(','));
    header.remove_prefix(std::min(header.size(), item.size() + 1));
    if (equals_ignoring_case(trimmed(item), word)) return true;
  }
  return false;
}

std::optional<std::size_t> digits(std::string_view text, int base) {
  std::size_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (failure != std::errc{} || end != text.data() + text.size() || text.starts_with('-')) return std::nullopt;
  return value;
}
}  // namespace

HttpRequestReader::State HttpRequestReader::failed(int status, std::string text) {
  step_ = Step::Failed;
  status_ = status;
  text_ = std::move(text);
  keep_alive_ = false;
  return State::Failed;
}

HttpRequestReader::State HttpRequestReader::feed(std::string_view bytes) {
  if (step_ == Step::Failed) return State::Failed;
  buffer_.append(bytes);
  if (step_ == Step::Done) return State::Complete;
  if (step_ == Step::Head) {
    while (scanned_ < 2 && buffer_.starts_with("\r\n")) buffer_.erase(0, 2), scanned_ = 0;  // RFC 9112 §2.2
    const std::size_t end = buffer_.find("\r\n\r\n", scanned_ < 3 ? 0 : scanned_ - 3);
    const std::size_t unseen = std::exchange(scanned_, buffer_.size());
    const std::string_view line = std::string_view(buffer_).substr(0, buffer_.find('\n'));
    if (line.size() > limits_.target + 32) return failed(414, "the request line is too long");
    if (end == std::string::npos) {
      if (!buffer_.empty() && buffer_ != "\r" && !is_token_sign(buffer_[0])) return failed(400, "this is not HTTP");
      if (has_bare_line_feed(buffer_, unseen)) return failed(400, kNotCrLf);
      if (buffer_.find('\0', unseen) != std::string::npos) return failed(400, "the header holds a NUL");
      if (buffer_.size() > limits_.head) return failed(431, "the header is too large");
      return State::NeedMore;
    }
    if (end + 4 > limits_.head) return failed(431, "the header is too large");
    const std::string head = buffer_.substr(0, end + 2);
    buffer_.erase(0, end + 4);
    scanned_ = 0;
    if (!read_head(head) || !settle_body()) return State::Failed;
    if (step_ == Step::Done) return State::Complete;
    step_ = Step::Announce;
    return State::HeadDone;
  }
  if (step_ == Step::Announce) step_ = chunked_ ? Step::ChunkSize : Step::Sized;
  bool waiting = false;
  while (!waiting && step_ != Step::Done) {
    if (!step(waiting)) return State::Failed;
  }
  return step_ == Step::Done ? State::Complete : State::NeedMore;
}

bool HttpRequestReader::read_head(std::string_view head) {
  request_ = {};
  std::size_t count = 0;
  bool first = true;
  while (!head.empty()) {
    const std::size_t end = head.find("\r\n");
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(end + 2);
    if (line.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos) {
      failed(400, kNotCrLf);
      return false;
    }
    if (first) {
      first = false;
      if (!read_request_line(line)) return false;
    } else {
      if (++count > limits_.fields) {
        failed(431, "there are too many header fields");
        return false;
      }
      if (!read_field(line)) return false;
    }
  }
  return true;
}

bool HttpRequestReader::read_request_line(std::string_view line) {
  const std::size_t one = line.find(' ');
  const std::size_t two = line.rfind(' ');
  const std::string_view method = line.substr(0, one);
  if (one == std::string_view::npos || one == two || method.size() > 32 || !is_token(method)) {
    failed(400, "the request line is not: METHOD TARGET VERSION");
    return false;
  }
  const std::string_view target = line.substr(one + 1, two - one - 1);
  const std::string_view version = line.substr(two + 1);
  if (version.size() != 8 || !version.starts_with("HTTP/") || version[6] != '.') {
    failed(400, "the request line has no HTTP version");
    return false;
  }
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    failed(505, "this server speaks HTTP/1.1");
    return false;
  }
  http10_ = version == "HTTP/1.0";
  keep_alive_ = !http10_;
  if (target.size() > limits_.target) {
    failed(414, "the target is too long");
    return false;
  }
  if (std::ranges::any_of(target, [](char sign) { return sign <= ' ' || sign == 0x7f || sign == '#'; })) {
    failed(400, "the target holds a sign that must be escaped");
    return false;
  }
  request_.method = method;
  request_.target = target;
  const std::size_t question = target.find('?');
  auto path = clean_path(target.substr(0, question));
  if (!path) {
    failed(400, "the path is not one that this server has");
    return false;
  }
  request_.path = std::move(*path);
  if (question != std::string_view::npos) {
    auto query = parse_query(target.substr(question + 1));
    if (!query) {
      failed(400, query.error().text);
      return false;
    }
    request_.query = std::move(*query);
  }
  return true;
}

bool HttpRequestReader::read_field(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon)) || !is_field_value(line.substr(colon + 1))) {
    failed(400, "a header line is not: Name: value");  // also folding and a space before the colon
    return false;
  }
  request_.headers.emplace_back(ascii_lower(line.substr(0, colon)), trimmed(line.substr(colon + 1)));
  return true;
}

bool HttpRequestReader::settle_body() {
  const auto count = [this](std::string_view name) {
    return std::ranges::count_if(request_.headers, [name](const auto& field) { return field.first == name; });
  };
  const auto refuse = [this](int status, const char* text) {
    failed(status, text);
    return false;
  };
  for (const auto* single : {"host", "content-length", "transfer-encoding", "content-type", "authorization", "cookie",
                             "expect", "upgrade", "range"}) {
    if (count(single) > 1) return refuse(400, "a header that may come once came twice");
  }
  if (!http10_ && count("host") == 0) return refuse(400, "the Host header is missing");
  const std::string_view connection = request_.header("connection");
  if (lists(connection, "close")) keep_alive_ = false;
  if (http10_ && lists(connection, "keep-alive")) keep_alive_ = true;

  const std::string_view expect = request_.header("expect");
  if (!expect.empty() && !equals_ignoring_case(expect, "100-continue")) return refuse(417, "unknown expectation");
  wants_continue_ = !expect.empty() && !http10_;

  const bool sized = count("content-length") == 1;
  chunked_ = count("transfer-encoding") == 1;
  if (sized && chunked_) return refuse(400, "Content-Length and Transfer-Encoding exclude each other");
  if (chunked_ && http10_) return refuse(400, "HTTP/1.0 has no Transfer-Encoding");
  if (chunked_ && !equals_ignoring_case(request_.header("transfer-encoding"), "chunked")) {
    return refuse(501, "the only transfer coding is chunked");
  }
  body_max_ = body_limit_ ? body_limit_(request_) : limits_.body;
  body_left_ = 0;
  if (sized) {
    const std::string_view text = request_.header("content-length");
    if (text.empty() || !std::ranges::all_of(text, [](char sign) { return sign >= '0' && sign <= '9'; })) {
      return refuse(400, "Content-Length is not a number");
    }
    const auto length = digits(text, 10);
    if (!length || *length > body_max_) return refuse(413, "the body is too large");
    body_left_ = *length;
  }
  step_ = chunked_ || body_left_ > 0 ? Step::Announce : Step::Done;
  return true;
}

bool HttpRequestReader::read_line(std::string& line, std::size_t limit, bool& waiting) {
  const std::size_t end = buffer_.find("\r\n");
  if (end == std::string::npos && has_bare_line_feed(buffer_, 0)) {
    failed(400, "a line of the chunked body does not end with CR LF");
    return false;
  }
  if (end == std::string::npos ? buffer_.size() > limit : end > limit) {
    failed(400, "a line of the chunked body is too long");
    return false;
  }
  if (end == std::string::npos) {
    waiting = true;
    return true;
  }
  line = buffer_.substr(0, end);
  buffer_.erase(0, end + 2);
  if (line.find_first_of("\r\n") != std::string::npos) {
    failed(400, "a line of the chunked body does not end with CR LF");
    return false;
  }
  return true;
}

bool HttpRequestReader::step(bool& waiting) {
  std::string line;
  switch (step_) {
    case Step::Sized:
    case Step::ChunkData: {
      const std::size_t take = std::min(body_left_, buffer_.size());
      request_.body.append(buffer_, 0, take);
      buffer_.erase(0, take);
      body_left_ -= take;
      if (body_left_ > 0) {
        waiting = true;
      } else {
        step_ = step_ == Step::Sized ? Step::Done : Step::ChunkEnd;
      }
      return true;
    }
    case Step::ChunkSize: {
      if (!read_line(line, kMaxChunkLine, waiting) || waiting) return !waiting ? step_ != Step::Failed : true;
      const auto size = digits(std::string_view(line).substr(0, line.find(';')), 16);
      if (!size || line.empty() || !is_field_value(line)) {
        failed(400, "a chunk has no size");
        return false;
      }
      if (*size > body_max_ - request_.body.size()) {
        failed(413, "the body is too large");
        return false;
      }
      body_left_ = *size;
      trailer_size_ = 0;
      step_ = *size == 0 ? Step::Trailer : Step::ChunkData;
      return true;
    }
    case Step::ChunkEnd:
      if (buffer_.size() < 2) {
        waiting = true;
        return true;
      }
      if (!buffer_.starts_with("\r\n")) {
        failed(400, "a chunk is longer than its size says");
        return false;
      }
      buffer_.erase(0, 2);
      step_ = Step::ChunkSize;
      return true;
    case Step::Trailer:
      if (!read_line(line, limits_.head, waiting) || waiting) return !waiting ? step_ != Step::Failed : true;
      trailer_size_ += line.size() + 2;
      if (trailer_size_ > limits_.head) {
        failed(431, "the trailer is too large");
        return false;
      }
      if (line.empty()) step_ = Step::Done;  // trailer fields are dropped: nothing here has a use for them
      return true;
    default: return false;
  }
}

HttpRequest HttpRequestReader::take() {
  step_ = Step::Head;
  scanned_ = 0;
  wants_continue_ = false;
  return std::exchange(request_, {});
}

}  // namespace parley::net
