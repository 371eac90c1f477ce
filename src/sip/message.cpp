#include <algorithm>
#include <array>
#include <cstring>

#include <sip/cursor.hpp>
#include <sip/grammar.hpp>
#include <sip/message.hpp>
#include <sip/multipart.hpp>
#include <sip/scan.hpp>

namespace parley::sip {

/// Fills one Message front to back. The first fault is kept, reading goes on, so that a reply can be addressed.
class MessageParser {
 public:
  MessageParser(Message& message, Framing framing) : m_(message), framing_(framing) {}

  void run() {
    if (m_.bytes_.size() > kMaxMessage) {
      fault(SipErrc::TooLarge, kMaxMessage, 513);
      m_.bytes_.resize(kMaxMessage);
    }
    if (m_.bytes_.size() < kNotInline) m_.bytes_.reserve(kNotInline);
    text_ = m_.bytes_;
    while (text_.substr(at_).starts_with("\r\n")) at_ += 2;  // §7.5
    m_.fields_.reserve(24);
    start_line();
    while (header_line()) {
    }
    mandatory();
    body();
  }

 private:
  // Views must stay valid when the message is moved, so its text may not live inside the string object.
  static constexpr std::size_t kNotInline = 64;

  void fault(SipErrc code, std::size_t offset, std::uint16_t status = 400) {
    if (!m_.fault_) m_.fault_ = ParseError{code, static_cast<std::uint32_t>(offset), status};
  }
  void fault_in(std::string_view value, const ParseError& error) {
    fault(error.code, m_.offset_of(value) + error.offset);
  }

  /// The line from at_ on without its CRLF, at_ then behind it. nullopt: no end of line is left.
  std::optional<std::string_view> line() {
    const auto end = text_.find('\n', at_);
    if (end == std::string_view::npos) return std::nullopt;
    const auto from = at_;
    at_ = end + 1;
    if (end == from || text_[end - 1] != '\r') {
      fault(SipErrc::BadHeader, end);
      return text_.substr(from, end - from);
    }
    return text_.substr(from, end - 1 - from);
  }

  void start_line() {
    const auto from = at_;
    const auto found = line();
    if (!found) {
      at_ = text_.size();
      return fault(SipErrc::Truncated, text_.size());
    }
    if (found->find('\r') != std::string_view::npos) fault(SipErrc::BadStartLine, from);
    if (found->starts_with("SIP/")) {
      m_.request_ = false;
      status_line(*found, from);
    } else {
      request_line(*found, from);
    }
  }

  void status_line(std::string_view text, std::size_t from) {
    const auto space = text.find(' ');
    if (text.substr(0, space) != "SIP/2.0") fault(SipErrc::BadVersion, from);
    std::uint32_t status = 0;
    const auto rest = space == std::string_view::npos ? std::string_view{} : text.substr(space + 1);
    // Exactly three digits; without a reason phrase the space behind them is sometimes left out.
    if (rest.size() < 3 || (rest.size() > 3 && rest[3] != ' ') || !scan::to_number(rest.substr(0, 3), 699, status) ||
        status < 100)
      return fault(SipErrc::BadStartLine, from + (space == std::string_view::npos ? 0 : space + 1));
    m_.status_ = static_cast<std::uint16_t>(status);
    m_.reason_ = rest.substr(std::min<std::size_t>(4, rest.size()));
  }

  void request_line(std::string_view text, std::size_t from) {
    const auto first = text.find(' ');
    const auto last = text.rfind(' ');
    m_.method_text_ = text.substr(0, first);
    if (first == std::string_view::npos || m_.method_text_.empty() || !scan::all(m_.method_text_, scan::kToken))
      return fault(SipErrc::BadStartLine, from);
    m_.method_ = method_of(m_.method_text_);
    if (first == last) return fault(SipErrc::BadStartLine, from + first);
    m_.uri_text_ = text.substr(first + 1, last - first - 1);
    version(text.substr(last + 1), from + last + 1);
    if (m_.uri_text_.empty() || m_.uri_text_.find(' ') != std::string_view::npos)
      return fault(SipErrc::BadStartLine, from + first + 1);
    const auto uri = parse_uri(m_.uri_text_);
    if (!uri) return fault_in(m_.uri_text_, uri.error());
    m_.uri_ = *uri;
    // A Request-URI may not carry headers (§19.1.1 table 1): nothing of it may ever act as a Route.
    if (!uri->headers.empty()) fault(SipErrc::BadUri, m_.offset_of(uri->headers) - 1);
  }

  void version(std::string_view text, std::size_t offset) {
    if (scan::iequals(text, "SIP/2.0")) return;
    const auto numbers = text.substr(std::min<std::size_t>(4, text.size()));
    const auto dot = numbers.find('.');
    const bool other = scan::iequals(text.substr(0, 4), "SIP/") && dot != std::string_view::npos && dot != 0 &&
                       dot + 1 < numbers.size() && scan::all(numbers.substr(0, dot), scan::kDigit) &&
                       scan::all(numbers.substr(dot + 1), scan::kDigit);
    if (other) return fault(SipErrc::OtherVersion, offset, 505);
    fault(SipErrc::BadStartLine, offset);
  }

  /// False: the header has ended.
  bool header_line() {
    if (at_ >= text_.size()) {
      fault(SipErrc::Truncated, text_.size());
      return false;
    }
    const auto from = at_;
    auto found = line();
    if (!found) {
      at_ = text_.size();
      fault(SipErrc::Truncated, from);
      return false;
    }
    if (found->empty()) return false;
    while (at_ < text_.size() && scan::is_lws(text_[at_])) {  // folded: joined by spaces in place
      m_.bytes_[at_ - 1] = ' ';
      if (m_.bytes_[at_ - 2] == '\r') m_.bytes_[at_ - 2] = ' ';
      if (!line()) {
        at_ = text_.size();
        fault(SipErrc::Truncated, from);
        break;
      }
    }
    std::size_t end = at_;
    if (end > from && text_[end - 1] == '\n') --end;
    if (end > from && text_[end - 1] == '\r') --end;
    field(text_.substr(from, end - from), from);
    return true;
  }

  void field(std::string_view text, std::size_t from) {
    std::size_t name_size = 0;
    while (name_size < text.size() && scan::is(text[name_size], scan::kToken)) ++name_size;
    std::size_t colon = name_size;
    while (colon < text.size() && scan::is_lws(text[colon])) ++colon;
    if (name_size == 0 || colon >= text.size() || text[colon] != ':') return fault(SipErrc::BadHeader, from);
    if (const auto bare = text.find('\r'); bare != std::string_view::npos)
      return fault(SipErrc::BadHeader, from + bare);
    if (m_.fields_.size() >= kMaxHeaders) return fault(SipErrc::TooMany, from);
    const auto value = scan::trim(text.substr(colon + 1));
    Message::Field field;
    field.id = header_of(text.substr(0, name_size));
    field.name_at = static_cast<std::uint16_t>(from);
    field.name_size = static_cast<std::uint16_t>(name_size);
    field.value_at = static_cast<std::uint16_t>(m_.offset_of(value));
    field.value_size = static_cast<std::uint16_t>(value.size());
    m_.fields_.push_back(field);
    if (is_single(field.id)) {
      auto& word = seen_[static_cast<unsigned>(field.id) / 64U];
      const std::uint64_t bit = 1ULL << (static_cast<unsigned>(field.id) & 63U);
      if ((word & bit) != 0) return fault(SipErrc::Repeated, from);
      word |= bit;
    }
    typed(field.id, value);
  }

  template <class T>
  void take(std::string_view value, const Result<T, ParseError>& parsed, T& into) {
    if (parsed) {
      into = *parsed;
    } else {
      fault_in(value, parsed.error());
    }
  }

  void typed(Header id, std::string_view value) {
    switch (id) {
      case Header::Via: return vias(value);
      case Header::From: return take(value, parse_name_addr(value), m_.from_);
      case Header::To: return take(value, parse_name_addr(value), m_.to_);
      case Header::CSeq: return take(value, parse_cseq(value), m_.cseq_);
      case Header::CallId:
        m_.call_id_ = value;
        if (const auto wrong = grammar_fault(id, value)) fault_in(value, *wrong);
        return;
      case Header::MaxForwards:
        if (const auto hops = parse_number(value, 255); !hops) fault_in(value, hops.error());
        return;
      case Header::ContentLength: {
        const auto size = parse_number(value);
        if (!size) return fault_in(value, size.error());
        content_length_ = *size;
        return;
      }
      default: return;
    }
  }

  void vias(std::string_view rest) {
    std::string_view element;
    while (next_element(rest, element)) {
      if (++m_.via_count_ > kMaxVias) return fault(SipErrc::TooMany, m_.offset_of(element));
      const auto via = parse_via(element);
      if (!via) return fault_in(element, via.error());
      if (m_.via_count_ == 1) m_.via_ = *via;
    }
  }

  void mandatory() {
    if (m_.via_count_ == 0) fault(SipErrc::Missing, at_);
    if (m_.from_.text.empty() || m_.to_.text.empty() || m_.call_id_.empty() || m_.cseq_.method_text.empty())
      fault(SipErrc::Missing, at_);
    if (m_.from_.is_star || m_.to_.is_star) fault(SipErrc::BadUri, at_);
  }

  void body() {
    const std::size_t left = text_.size() - at_;
    m_.body_at_ = at_;
    m_.body_size_ = left;
    if (!content_length_) {
      // RFC 2543 peers leave it out: their body ends with what has come (see StreamFramer).
      if (framing_ == Framing::Stream && !m_.has(Header::ContentLength) && m_.via_.has_rfc3261_branch())
        fault(SipErrc::Missing, at_);
      return;
    }
    if (*content_length_ > kMaxMessage) return fault(SipErrc::TooLarge, at_, 513);
    if (*content_length_ > left) return fault(SipErrc::Truncated, text_.size());
    m_.body_size_ = *content_length_;
  }

  Message& m_;
  Framing framing_;
  std::string_view text_;
  std::size_t at_ = 0;
  std::array<std::uint64_t, 2> seen_{};  // a bit per header that may stand once
  std::optional<std::uint32_t> content_length_;
};
static_assert(static_cast<unsigned>(Header::Other) < 128, "MessageParser::seen_ has a bit per header");

Message Message::parse(std::string bytes, Framing framing) {
  Message message;
  message.bytes_ = std::move(bytes);
  MessageParser(message, framing).run();
  return message;
}

Message Message::clone() const {
  Message copy = parse(std::string(bytes_), Framing::Datagram);
  copy.source = source;
  return copy;
}

std::optional<unsigned> Message::max_forwards() const noexcept {
  const auto text = value(Header::MaxForwards);
  if (!text) return std::nullopt;
  const auto hops = parse_number(*text, 255);
  return hops ? std::optional<unsigned>(*hops) : std::nullopt;
}

bool Message::has(Header id) const noexcept {
  return std::ranges::any_of(fields_, [id](const Field& field) { return field.id == id; });
}

std::optional<std::string_view> Message::value(Header id) const noexcept {
  for (const Field& field : fields_)
    if (field.id == id) return text_of(field);
  return std::nullopt;
}

std::optional<std::string_view> Message::value(std::string_view name) const noexcept {
  for (const Field& field : fields_)
    if (scan::iequals(name_of_field(field), name)) return text_of(field);
  return std::nullopt;
}

std::optional<NameAddr> Message::first_name_addr(Header id) const noexcept {
  for (const Field& field : fields_) {
    if (field.id != id) continue;
    std::string_view rest = text_of(field);
    std::string_view element;
    while (next_element(rest, element))
      if (const auto parsed = parse_name_addr(element)) return *parsed;
  }
  return std::nullopt;
}

std::vector<NameAddr> Message::name_addrs(Header id) const {
  std::vector<NameAddr> out;
  each_element(id, [&](std::string_view element) {
    if (const auto parsed = parse_name_addr(element)) out.push_back(*parsed);
  });
  return out;
}

std::optional<std::uint32_t> Message::expires() const noexcept {
  const auto text = value(Header::Expires);
  return text ? parse_seconds(*text) : std::nullopt;
}

bool Message::lists(Header id, std::string_view token) const noexcept {
  bool found = false;
  each_field(id, [&](std::string_view list) { found = found || list_has(list, token); });
  return found;
}

std::string_view Message::sdp() const noexcept {
  const auto type = value(Header::ContentType);
  if (!type || body().empty()) return {};
  const auto media_type = parse_media_type(*type);
  if (!media_type) return {};
  if (media_type->is("application", "sdp")) return body();
  if (!scan::iequals(media_type->type, "multipart")) return {};
  const auto parts = body_parts(*this);
  if (!parts) return {};
  const auto found = std::ranges::find_if(*parts, [](const BodyPart& part) {
    return part.type == "application/sdp" && part.disposition == "session" && part.encoding.empty();
  });
  return found == parts->end() ? std::string_view{} : found->content;
}

}  // namespace parley::sip
