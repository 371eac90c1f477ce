#include <sip/cursor.hpp>
#include <sip/headers.hpp>
#include <sip/scan.hpp>

namespace parley::sip {
namespace {

using scan::iequals;

/// Length of the UTF-8 sequence at the front; 0: not valid (RFC 3629: no overlong forms, no surrogates).
std::size_t utf8_length(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  std::size_t size = 0;
  if (first >= 0xc2 && first <= 0xdf) size = 2;
  if (first >= 0xe0 && first <= 0xef) size = 3;
  if (first >= 0xf0 && first <= 0xf4) size = 4;
  if (size == 0 || text.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i)
    if ((byte(i) & 0xc0U) != 0x80) return 0;
  if (first == 0xe0 && byte(1) < 0xa0) return 0;
  if (first == 0xed && byte(1) > 0x9f) return 0;
  if (first == 0xf0 && byte(1) < 0x90) return 0;
  if (first == 0xf4 && byte(1) > 0x8f) return 0;
  return size;
}

/// The display name in front of '<': quoted, or tokens with white space between. False: there is no '<' to come.
bool read_display(Cursor& in, NameAddr& out) noexcept {
  if (in.peek() == '"') {
    out.display = in.quoted();
    in.lws();
    if (!in.failed() && in.peek() != '<') in.fail(SipErrc::BadQuoting);
    return !in.failed();
  }
  const auto rest = in.rest();
  std::size_t at = 0;
  // Beyond the tokens of the grammar UTF-8 without quotes is taken: phones send it, and it cannot be mistaken.
  while (at < rest.size() && (scan::is(rest[at], scan::kToken) || scan::is_lws(rest[at]) || (rest[at] & 0x80) != 0))
    ++at;
  if (at == rest.size() || rest[at] != '<') return false;
  out.display = scan::trim(rest.substr(0, at));
  in.skip(at);
  return true;
}

}  // namespace

std::string NameAddr::display_text() const {
  return printable(display.starts_with('"') ? unquote(display) : std::string(display));
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::string_view rest = text; !rest.empty();) {
    const auto size = utf8_length(rest);
    const auto c = static_cast<unsigned char>(rest.front());
    if (size == 0) {
      out += "\xEF\xBF\xBD";  // U+FFFD
    } else if (c < 0x20 || c == 0x7f) {
      out.push_back(' ');
    } else {
      out += rest.substr(0, size);
    }
    rest.remove_prefix(size == 0 ? 1 : size);
  }
  return out;
}

std::optional<std::uint32_t> NameAddr::expires() const noexcept {
  const auto param = params.find("expires");
  return param ? parse_seconds(param->value) : std::nullopt;
}

unsigned NameAddr::q_thousandths() const noexcept { return parse_q(params.value("q")).value_or(1000); }

std::string_view NameAddr::instance() const noexcept {
  const auto value = params.value("+sip.instance");
  return value.size() > 2 && value.front() == '<' && value.back() == '>' ? value.substr(1, value.size() - 2)
                                                                         : std::string_view{};
}

std::optional<std::uint32_t> NameAddr::reg_id() const noexcept {
  std::uint32_t number = 0;
  if (!scan::to_number(params.value("reg-id"), 0x7fffffffU, number) || number == 0) return std::nullopt;
  return number;
}

std::optional<unsigned> parse_q(std::string_view digits) noexcept {  // "0" [ "." 0*3DIGIT ] / "1" [ "." 0*3"0" ]
  if (digits.empty() || (digits[0] != '0' && digits[0] != '1') || digits.size() > 5) return std::nullopt;
  unsigned value = digits[0] == '1' ? 1000 : 0;
  if (digits.size() > 1 && digits[1] != '.') return std::nullopt;
  unsigned scale = 100;
  for (std::size_t i = 2; i < digits.size(); ++i, scale /= 10) {
    if (!scan::is(digits[i], scan::kDigit)) return std::nullopt;
    value += static_cast<unsigned>(digits[i] - '0') * scale;
  }
  return value > 1000 ? std::nullopt : std::optional(value);
}

Result<NameAddr, ParseError> parse_name_addr(std::string_view text) noexcept {
  NameAddr out;
  out.text = scan::trim(text);
  Cursor in(text);
  in.lws();
  if (in.rest() == "*") {
    out.is_star = true;
    return out;
  }
  std::string_view uri;
  out.bracketed = read_display(in, out);
  std::size_t uri_at = in.at();
  if (out.bracketed) {
    in.expect('<', SipErrc::BadQuoting);
    uri_at = in.at();
    const auto end = in.rest().find('>');
    if (end == std::string_view::npos) in.fail(SipErrc::BadQuoting);
    if (!in.failed()) uri = in.rest().substr(0, end);
    in.skip(uri.size() + 1);
  } else if (!in.failed()) {
    // addr-spec: what follows ';' is the header's, and '?' or ',' may not stand (RFC 3261 §20.10).
    const auto rest = in.rest();
    std::size_t end = 0;
    while (end < rest.size() && rest[end] != ';' && !scan::is_lws(rest[end])) {
      if (rest[end] == '?' || rest[end] == ',') in.fail_at(SipErrc::BadUri, uri_at + end);
      ++end;
    }
    uri = rest.substr(0, end);
    in.skip(end);
  }
  if (!in.failed()) {
    const auto parsed = parse_uri(uri);
    if (parsed) {
      out.uri = *parsed;
    } else {
      in.fail_at(parsed.error().code, uri_at + parsed.error().offset);
    }
  }
  out.params = in.params();
  return in.finish(out);
}

bool Via::has_rfc3261_branch() const noexcept {
  return branch.size() > kMagicCookie.size() && iequals(branch.substr(0, kMagicCookie.size()), kMagicCookie);
}

Result<Via, ParseError> parse_via(std::string_view text) noexcept {
  Via via;
  via.text = scan::trim(text);
  Cursor in(text);
  in.lws();
  in.keyword("SIP", SipErrc::BadVersion), in.lws(), in.expect('/'), in.lws();
  in.keyword("2.0", SipErrc::BadVersion), in.lws(), in.expect('/'), in.lws();
  via.transport_text = in.token();
  via.transport = transport_of(via.transport_text);
  const auto gap = in.at();
  in.lws();
  if (in.at() == gap) in.fail(SipErrc::BadToken);
  via.host = in.host();
  in.lws();
  if (in.accept(':')) {
    in.lws();
    via.port = in.port();
  }
  via.params = in.params();
  if (!in.failed()) {
    via.params.each([&](const Param& param) {
      if (iequals(param.name, "branch")) {
        via.branch = param.value;
      } else if (iequals(param.name, "received")) {
        via.received = param.value;
      } else if (iequals(param.name, "rport")) {
        via.rport = true;
        std::uint32_t port = 0;
        if (scan::to_number(param.value, 65'535, port)) via.rport_value = static_cast<std::uint16_t>(port);
      }
    });
  }
  return in.finish(via);
}

Result<CSeq, ParseError> parse_cseq(std::string_view text) noexcept {
  CSeq cseq;
  Cursor in(text);
  in.lws();
  cseq.number = in.number(0x7fffffffU);  // below 2^31 (RFC 3261 §8.1.1.5)
  if (!in.failed() && !scan::is_lws(in.peek())) in.fail(SipErrc::BadNumber);
  in.lws();
  cseq.method_text = in.token();
  cseq.method = method_of(cseq.method_text);
  return in.finish(cseq);
}

Result<std::uint32_t, ParseError> parse_number(std::string_view text, std::uint32_t max) noexcept {
  Cursor in(text);
  in.lws();
  const auto value = in.number(max);
  return in.finish(value);
}

std::optional<std::uint32_t> parse_seconds(std::string_view text) noexcept {
  text = scan::trim(text);
  if (text.empty() || !scan::all(text, scan::kDigit)) return std::nullopt;
  std::uint32_t value = 0;
  return scan::to_number(text, 0xffffffffU, value) ? value : 0xffffffffU;
}

bool MediaType::is(std::string_view type_name, std::string_view subtype_name) const noexcept {
  return iequals(type, type_name) && iequals(subtype, subtype_name);
}

Result<MediaType, ParseError> parse_media_type(std::string_view text) noexcept {
  MediaType out;
  Cursor in(text);
  in.lws();
  out.type = in.token();
  in.lws(), in.expect('/'), in.lws();
  out.subtype = in.token();
  out.params = in.params();
  return in.finish(out);
}

Result<Reason, ParseError> parse_reason(std::string_view text) noexcept {
  Reason out;
  Cursor in(text);
  in.lws();
  out.protocol = in.token();
  const auto params = in.params();
  out.text = params.value("text");
  std::uint32_t cause = 0;
  if (scan::to_number(params.value("cause"), 999, cause)) out.cause = cause;
  return in.finish(out);
}

Result<RetryAfter, ParseError> parse_retry_after(std::string_view text) noexcept {
  RetryAfter out;
  Cursor in(text);
  in.lws();
  out.seconds = in.number(0xffffffffU);
  in.lws();
  if (in.peek() == '(') {  // comment
    const auto end = in.rest().find(')');
    if (end == std::string_view::npos) in.fail(SipErrc::BadQuoting);
    in.skip(end + 1);
  }
  out.params = in.params();
  return in.finish(out);
}

std::optional<Param> AuthParams::find(std::string_view name) const noexcept {
  std::string_view rest = text;
  std::string_view element;
  while (next_element(rest, element)) {
    const auto equals = element.find('=');
    if (equals == std::string_view::npos || !iequals(scan::trim(element.substr(0, equals)), name)) continue;
    auto value = scan::trim(element.substr(equals + 1));
    if (value.size() >= 2 && value.front() == '"') value = value.substr(1, value.size() - 2);
    return Param{scan::trim(element.substr(0, equals)), value, true};
  }
  return std::nullopt;
}

std::string_view AuthParams::value(std::string_view name) const noexcept {
  const auto param = find(name);
  return param ? param->value : std::string_view{};
}

bool AuthParams::is_digest() const noexcept { return iequals(scheme, "Digest"); }

Result<AuthParams, ParseError> parse_auth(std::string_view text) noexcept {
  AuthParams out;
  Cursor in(text);
  in.lws();
  out.scheme = in.token();
  in.lws();
  out.text = in.failed() ? std::string_view{} : in.rest();
  if (out.is_digest()) {  // other schemes need not keep this grammar
    for (bool more = true; more && !in.failed();) {
      in.lws(), in.token(), in.lws(), in.expect('='), in.lws();
      if (in.peek() == '"') {
        in.quoted();
      } else {
        in.run(scan::kParamValue, SipErrc::BadParameter);
      }
      in.lws();
      more = in.accept(',');
    }
  } else {
    in.skip(in.rest().size());
  }
  return in.finish(out);
}

bool next_element(std::string_view& rest, std::string_view& element) noexcept {
  if (rest.data() == nullptr) return false;
  bool bracket = false;
  for (std::size_t at = 0; at < rest.size(); ++at) {
    const char c = rest[at];
    if (c == '"' && !bracket) {
      const auto end = scan::skip_quoted(rest, at);
      if (end == std::string_view::npos) break;
      at = end - 1;
    } else if (c == '<') {
      bracket = true;
    } else if (c == '>') {
      bracket = false;
    } else if (c == ',' && !bracket) {
      element = scan::trim(rest.substr(0, at));
      rest.remove_prefix(at + 1);
      return true;
    }
  }
  element = scan::trim(rest);
  rest = {};
  return true;
}

bool list_has(std::string_view list, std::string_view token) noexcept {
  std::string_view element;
  while (next_element(list, element))
    if (iequals(element, token)) return true;
  return false;
}

std::string unquote(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    out.push_back(text[i]);
  }
  return out;
}

std::string quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back((c >= 0 && c < 0x20) || c == 0x7f ? ' ' : c);
  }
  return out + '"';
}

}  // namespace parley::sip
