#include <algorithm>
#include <array>
#include <vector>

#include <sip/cursor.hpp>
#include <sip/scan.hpp>
#include <sip/uri.hpp>

namespace parley::sip {
namespace {

using scan::iequals;

/// Every '%' must begin an escape; the other signs must be of the class.
bool checked(std::string_view text, unsigned bits) noexcept {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (i + 2 >= text.size() || scan::hex_value(text[i + 1]) < 0 || scan::hex_value(text[i + 2]) < 0) return false;
      i += 2;
    } else if (!scan::is(text[i], bits)) {
      return false;
    }
  }
  return true;
}

/// ";a=b;c" with URI signs; gives the index of the first bad part, npos if all is well.
std::size_t bad_param(std::string_view params) noexcept {
  std::size_t at = 0;
  std::size_t count = 0;
  while (at < params.size()) {
    if (++count > kMaxParams) return at;
    const std::size_t end = std::min(params.find(';', at + 1), params.size());
    const auto part = params.substr(at + 1, end - at - 1);
    const auto equals = part.find('=');
    const auto name = part.substr(0, equals);
    if (name.empty() || !checked(name, scan::kUriParam)) return at;
    if (equals != std::string_view::npos && !checked(part.substr(equals + 1), scan::kUriParam | scan::kParamValue))
      return at;
    at = end;
  }
  return std::string_view::npos;
}

ParseError bad(SipErrc code, std::size_t offset) noexcept { return {code, static_cast<std::uint32_t>(offset), 400}; }

Result<Uri, ParseError> parse_sip(Uri uri, std::size_t at) noexcept {
  const std::string_view text = uri.text;
  const auto sign = text.find('@', at);
  if (sign != std::string_view::npos) {
    const auto info = text.substr(at, sign - at);
    const auto colon = info.find(':');
    uri.user = info.substr(0, colon);
    if (colon != std::string_view::npos) uri.password = info.substr(colon + 1);
    if (uri.user.empty() || !checked(uri.user, scan::kUser)) return std::unexpected(bad(SipErrc::BadUri, at));
    if (!checked(uri.password, scan::kPassword)) return std::unexpected(bad(SipErrc::BadUri, at + colon + 1));
    at = sign + 1;
  }
  Cursor in(text);
  in.skip(at);
  uri.host = in.host();
  if (in.accept(':')) {
    uri.port = in.port();
    if (uri.port == 0) in.fail(SipErrc::BadNumber);
  }
  if (in.failed()) {
    auto error = in.finish(uri).error();
    if (error.code != SipErrc::BadHost) error.code = SipErrc::BadUri;
    return std::unexpected(error);
  }
  auto rest = in.rest();
  if (!rest.empty() && rest.front() == ';') {
    const auto end = std::min(rest.find('?'), rest.size());
    if (const auto where = bad_param(rest.substr(0, end)); where != std::string_view::npos)
      return std::unexpected(bad(SipErrc::BadUri, in.at() + where));
    uri.params = Params(rest.substr(0, end));
    rest.remove_prefix(end);
  }
  if (!rest.empty() && rest.front() == '?') {
    uri.headers = rest.substr(1);
    if (uri.headers.empty() || !checked(uri.headers, scan::kUriHeader | scan::kToken))
      return std::unexpected(bad(SipErrc::BadUri, text.size() - rest.size()));
    rest = {};
  }
  if (!rest.empty()) return std::unexpected(bad(SipErrc::BadUri, text.size() - rest.size()));
  return uri;
}

Result<Uri, ParseError> parse_tel(Uri uri, std::size_t at) noexcept {
  const auto rest = uri.text.substr(at);
  const auto end = std::min(rest.find(';'), rest.size());
  uri.user = rest.substr(0, end);
  const bool global = uri.user.starts_with('+');
  const auto digits = uri.user.substr(global ? 1 : 0);
  const auto dialled = [global](char c) {
    return scan::is(c, scan::kDigit) || (!global && (scan::hex_value(c) >= 0 || c == '*' || c == '#'));
  };
  const auto dialable = [&](char c) {
    return dialled(c) || std::string_view("-.()").find(c) != std::string_view::npos;
  };
  if (!std::ranges::all_of(digits, dialable) || !std::ranges::any_of(digits, dialled))
    return std::unexpected(bad(SipErrc::BadUri, at));
  if (const auto where = bad_param(rest.substr(end)); where != std::string_view::npos)
    return std::unexpected(bad(SipErrc::BadUri, at + end + where));
  uri.params = Params(rest.substr(end));
  return uri;
}

int unescaped_at(std::string_view text, std::size_t& at) noexcept {
  if (text[at] == '%' && at + 2 < text.size()) {
    const int high = scan::hex_value(text[at + 1]);
    const int low = scan::hex_value(text[at + 2]);
    if (high >= 0 && low >= 0) {
      at += 3;
      return high * 16 + low;
    }
  }
  return static_cast<unsigned char>(text[at++]);
}

/// Compares with escapes undone; a reserved sign and its escape differ (§19.1.4), so an escaped one is marked.
bool same_escaped(std::string_view a, std::string_view b, bool fold_case) noexcept {
  static constexpr std::string_view kReserved = ";/?:@&=+$,%";
  const auto next = [fold_case](std::string_view text, std::size_t& at) {
    const bool escaped = text[at] == '%';
    const int value = unescaped_at(text, at);
    const auto c = static_cast<char>(value);
    if (escaped && kReserved.find(c) != std::string_view::npos) return 0x100 | value;
    return static_cast<int>(static_cast<unsigned char>(fold_case ? scan::lower(c) : c));
  };
  std::size_t i = 0;
  std::size_t k = 0;
  while (i < a.size() && k < b.size())
    if (next(a, i) != next(b, k)) return false;
  return i == a.size() && k == b.size();
}

bool same_host(std::string_view a, std::string_view b) noexcept {
  if (a.starts_with('[') && b.starts_with('[')) return host_address(a) == host_address(b);
  return iequals(a, b);
}

/// These must match even if only one side has them; other parameters only if both do (§19.1.4).
constexpr std::string_view kStrictParams[] = {"user", "ttl", "method", "maddr", "transport"};

bool params_match(const Params& a, const Params& b, bool all_strict) {
  bool same = true;
  const auto one_way = [&](const Params& from, const Params& to) {
    from.each([&](const Param& param) {
      const auto other = to.find(param.name);
      if (!other) {
        const bool strict =
            all_strict || std::ranges::any_of(kStrictParams, [&](auto name) { return iequals(name, param.name); });
        if (strict) same = false;
      } else if (!same_escaped(param.value, other->value, true)) {
        same = false;
      }
    });
  };
  one_way(a, b);
  if (same) one_way(b, a);
  return same;
}

/// Same header components in any order: each of the one is in the other, as often.
bool headers_match(std::string_view a, std::string_view b) {
  if (a.empty() || b.empty()) return a.empty() == b.empty();
  const auto split = [](std::string_view text) {
    std::vector<std::string_view> parts;
    while (parts.size() < kMaxParams) {
      const auto end = text.find('&');
      parts.push_back(text.substr(0, end));
      if (end == std::string_view::npos) break;
      text.remove_prefix(end + 1);
    }
    return parts;
  };
  const auto left = split(a);
  auto right = split(b);
  if (left.size() != right.size()) return false;
  for (const auto part : left) {
    const auto found = std::ranges::find_if(right, [&](auto other) { return same_escaped(part, other, true); });
    if (found == right.end()) return false;
    right.erase(found);
  }
  return true;
}

std::string digits_of(std::string_view number) {
  std::string out;
  for (const char c : number)
    if (std::string_view("-.()").find(c) == std::string_view::npos) out.push_back(scan::lower(c));
  return out;
}

}  // namespace

bool Params::next(std::string_view& rest, Param& param) noexcept {
  const auto skip = [&] {
    while (!rest.empty() && (scan::is_lws(rest.front()) || rest.front() == ';')) rest.remove_prefix(1);
  };
  skip();
  if (rest.empty()) return false;
  std::size_t at = 0;
  while (at < rest.size() && rest[at] != ';' && rest[at] != '=') ++at;
  param.name = scan::trim(rest.substr(0, at));
  param.has_value = at < rest.size() && rest[at] == '=';
  param.value = {};
  if (!param.has_value) {
    rest.remove_prefix(at);
    return true;
  }
  rest = rest.substr(at + 1);
  while (!rest.empty() && scan::is_lws(rest.front())) rest.remove_prefix(1);
  if (!rest.empty() && rest.front() == '"') {
    const auto end = std::min(scan::skip_quoted(rest, 0), rest.size());
    param.value = end >= 2 ? rest.substr(1, end - 2) : std::string_view{};
    rest.remove_prefix(end);
    while (!rest.empty() && rest.front() != ';') rest.remove_prefix(1);
    return true;
  }
  const auto end = std::min(rest.find(';'), rest.size());
  param.value = scan::trim(rest.substr(0, end));
  rest.remove_prefix(end);
  return true;
}

std::optional<Param> Params::find(std::string_view name) const noexcept {
  std::string_view rest = text_;
  Param param;
  while (next(rest, param))
    if (iequals(param.name, name)) return param;
  return std::nullopt;
}

std::string_view Params::value(std::string_view name) const noexcept {
  const auto param = find(name);
  return param ? param->value : std::string_view{};
}

std::string Uri::user_text() const { return unescape(user); }

std::optional<Transport> Uri::transport() const noexcept {
  const auto name = params.value("transport");
  if (!name.empty()) {
    const auto named = transport_of(name);
    if (scheme == Scheme::Sips && named == Transport::Tcp) return Transport::Tls;  // RFC 3261 §26.2.2
    if (scheme == Scheme::Sips && named == Transport::Ws) return Transport::Wss;
    return named;
  }
  if (scheme == Scheme::Sips) return Transport::Tls;
  return std::nullopt;
}

std::uint16_t Uri::port_or_default() const noexcept {
  return port != 0 ? port : default_port(transport().value_or(Transport::Udp));
}

Result<Uri, ParseError> parse_uri(std::string_view text) noexcept {
  Uri uri;
  uri.text = text;
  const auto colon = text.find(':');
  if (colon == 0 || colon == std::string_view::npos) return std::unexpected(bad(SipErrc::BadUri, 0));
  const auto scheme = text.substr(0, colon);
  if (iequals(scheme, "sip")) uri.scheme = Scheme::Sip;
  if (iequals(scheme, "sips")) uri.scheme = Scheme::Sips;
  if (iequals(scheme, "tel")) uri.scheme = Scheme::Tel;
  if (uri.is_sip()) return parse_sip(uri, colon + 1);
  if (uri.scheme == Scheme::Tel) return parse_tel(uri, colon + 1);
  const bool letter = scan::lower(scheme.front()) >= 'a' && scan::lower(scheme.front()) <= 'z';
  const bool named = std::ranges::all_of(scheme, [](char c) { return scan::is(c, scan::kHost) || c == '+'; });
  if (!letter || !named) return std::unexpected(bad(SipErrc::BadUri, 0));
  for (std::size_t i = colon + 1; i < text.size(); ++i)
    if (!scan::is(text[i], scan::kUriChar)) return std::unexpected(bad(SipErrc::BadUri, i));
  if (colon + 1 == text.size()) return std::unexpected(bad(SipErrc::BadUri, colon));
  return uri;
}

bool equivalent(const Uri& a, const Uri& b) {
  if (a.scheme != b.scheme) return false;
  if (a.scheme == Scheme::Other) return a.text == b.text;
  if (a.scheme == Scheme::Tel) return digits_of(a.user) == digits_of(b.user) && params_match(a.params, b.params, true);
  return same_escaped(a.user, b.user, false) && same_escaped(a.password, b.password, false) &&
         same_host(a.host, b.host) && a.port == b.port && params_match(a.params, b.params, false) &&
         headers_match(a.headers, b.headers);
}

std::string unescape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) out.push_back(static_cast<char>(unescaped_at(text, at)));
  return out;
}

std::string escape_user(std::string_view text) {
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (scan::is(c, scan::kUser) && c != '#') {
      out.push_back(c);
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out.push_back('%');
      out.push_back(kHex[byte >> 4]);
      out.push_back(kHex[byte & 15U]);
    }
  }
  return out;
}

std::optional<IpAddress> host_address(std::string_view host) {
  if (auto address = IpAddress::parse(host)) return address;
  const auto colons = host.find(":::");
  if (!host.starts_with('[') || colons == std::string_view::npos || host.size() > 64) return std::nullopt;
  const auto behind = host.substr(colons + 3);
  if (behind.empty() || !IpAddress::parse(behind.substr(0, behind.size() - 1))) return std::nullopt;
  return IpAddress::parse(std::string(host.substr(0, colons + 2)).append(behind));
}

std::string host_port(const Endpoint& endpoint) { return endpoint.text(); }

}  // namespace parley::sip
