#include <algorithm>
#include <charconv>
#include <limits>

#include <net/http.hpp>

namespace parley::net {

namespace {
constexpr std::size_t kMaxParameters = 64;

char lower(char sign) { return sign >= 'A' && sign <= 'Z' ? static_cast<char>(sign + 32) : sign; }

int hex_value(char sign) {
  if (sign >= '0' && sign <= '9') return sign - '0';
  const char low = lower(sign);
  return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

/// Digits alone; one that is too great is the greatest: past any end.
std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure == std::errc::result_out_of_range && end == text.data() + text.size())
    return std::numeric_limits<std::uint64_t>::max();
  if (failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}
}  // namespace

bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view HttpRequest::header(std::string_view name) const noexcept {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

std::optional<std::string_view> HttpRequest::parameter(std::string_view name) const noexcept {
  for (const auto& [key, value] : query) {
    if (key == name) return value;
  }
  return std::nullopt;
}

std::string_view HttpRequest::cookie(std::string_view name) const noexcept {
  std::string_view rest = header("cookie");
  while (!rest.empty()) {
    std::string_view pair = rest.substr(0, rest.find(';'));
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
    while (pair.starts_with(' ')) pair.remove_prefix(1);
    if (pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=') {
      return pair.substr(name.size() + 1);
    }
  }
  return {};
}

HttpResponse HttpResponse::text(int status, std::string body, std::string_view type) {
  HttpResponse response;
  response.status = status;
  response.body = std::move(body);
  response.set("Content-Type", type);
  return response;
}

HttpResponse& HttpResponse::set(std::string_view name, std::string_view value) & {
  for (auto& [key, old] : headers) {
    if (equals_ignoring_case(key, name)) {
      old = value;
      return *this;
    }
  }
  headers.emplace_back(name, value);
  return *this;
}

std::string_view status_phrase(int status) noexcept {
  switch (status) {
    case 100: return "Continue";
    case 101: return "Switching Protocols";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 304: return "Not Modified";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 416: return "Range Not Satisfiable";
    case 417: return "Expectation Failed";
    case 421: return "Misdirected Request";
    case 422: return "Unprocessable Content";
    case 426: return "Upgrade Required";
    case 428: return "Precondition Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    case 507: return "Insufficient Storage";
    default: return "";
  }
}

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char sign = text[i];
    if (sign == '%') {
      if (text.size() - i < 3) return std::nullopt;
      const int high = hex_value(text[i + 1]);
      const int low = hex_value(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      sign = static_cast<char>(high * 16 + low);
      i += 2;
    } else if (sign == '+' && plus_is_space) {
      sign = ' ';
    }
    if (sign == '\0') return std::nullopt;
    out += sign;
  }
  return out;
}

Result<HttpFields> parse_query(std::string_view text) {
  HttpFields out;
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), pair.size() + 1));
    if (pair.empty()) continue;
    if (out.size() == kMaxParameters) return fail(Errc::Limited, "more than 64 query parameters");
    const std::size_t equals = pair.find('=');
    auto name = percent_decode(pair.substr(0, equals), true);
    auto value = percent_decode(equals == std::string_view::npos ? "" : pair.substr(equals + 1), true);
    if (!name || !value) return fail(Errc::Invalid, "a query parameter has a broken % escape");
    out.emplace_back(std::move(*name), std::move(*value));
  }
  return out;
}

std::optional<std::string> clean_path(std::string_view raw) {
  if (!raw.starts_with('/')) return std::nullopt;
  for (std::size_t i = 0; i + 2 < raw.size(); ++i) {  // an escaped slash would pass checks that a plain one does not
    if (raw[i] == '%' && (raw.substr(i + 1, 2) == "2f" || raw.substr(i + 1, 2) == "2F")) return std::nullopt;
  }
  auto path = percent_decode(raw, false);
  if (!path) return std::nullopt;
  for (const char sign : *path) {
    if (static_cast<unsigned char>(sign) < 0x20 || sign == 0x7f || sign == '\\') return std::nullopt;
  }
  std::string_view rest = *path;
  while (!rest.empty()) {
    rest.remove_prefix(1);  // the slash
    const std::string_view segment = rest.substr(0, rest.find('/'));
    rest.remove_prefix(segment.size());
    if (segment == "." || segment == ".." || (segment.empty() && !rest.empty())) return std::nullopt;
  }
  return path;
}

RangeAnswer parse_range(std::string_view header, std::uint64_t total) noexcept {
  if (!header.starts_with("bytes=")) return {};
  header.remove_prefix(6);
  const std::size_t dash = header.find('-');
  if (dash == std::string_view::npos || header.find(',') != std::string_view::npos) return {};
  const std::string_view from = header.substr(0, dash);
  const std::string_view to = header.substr(dash + 1);
  const auto first = number(from);
  const auto last = number(to);
  if (from.empty()) {  // the last `last` bytes
    if (!last) return {};
    if (*last == 0 || total == 0) return {RangeKind::Unsatisfiable, {}};
    const std::uint64_t length = std::min(*last, total);
    return {RangeKind::Part, {total - length, length}};
  }
  if (!first || (!to.empty() && (!last || *last < *first))) return {};
  if (*first >= total) return {RangeKind::Unsatisfiable, {}};
  const std::uint64_t end = to.empty() ? total - 1 : std::min(*last, total - 1);
  return {RangeKind::Part, {*first, end - *first + 1}};
}

}  // namespace parley::net
