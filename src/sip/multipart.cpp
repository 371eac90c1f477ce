#include <algorithm>

#include <base/ascii.hpp>
#include <sip/header_name.hpp>
#include <sip/headers.hpp>
#include <sip/message.hpp>
#include <sip/multipart.hpp>
#include <sip/negotiation_headers.hpp>
#include <sip/scan.hpp>

namespace parley::sip {
namespace {

using scan::iequals;

bool is_plain(std::string_view encoding) {
  static constexpr std::string_view kPlain[] = {"", "identity", "binary", "8bit", "7bit"};
  return std::ranges::any_of(kPlain, [&](auto one) { return iequals(one, encoding); });
}

/// What the header of a body, or of a part, says about it. Folded lines are joined.
struct PartHeader {
  std::string type = "text/plain";  // RFC 2046 §5.1
  std::string boundary;
  std::string disposition;
  std::string content_id;
  std::string encoding;
  bool optional = false;
};

bool take_field(PartHeader& header, std::string_view name, std::string_view value) {
  const auto id = header_of(name);
  if (id == Header::ContentType) {
    const auto type = parse_media_type(value);
    if (!type) return false;
    header.type = ascii_lower(type->type) + '/' + ascii_lower(type->subtype);
    header.boundary = unquote(type->params.value("boundary"));
  } else if (id == Header::ContentDisposition) {
    const auto disposition = parse_content_disposition(value);
    if (!disposition) return false;
    header.disposition = ascii_lower(disposition->type);
    header.optional = disposition->optional;
  } else if (id == Header::ContentEncoding || iequals(name, "Content-Transfer-Encoding")) {
    if (!is_plain(value)) header.encoding = ascii_lower(value);
  } else if (iequals(name, "Content-ID")) {
    if (value.size() > 2 && value.front() == '<' && value.back() == '>') value = value.substr(1, value.size() - 2);
    header.content_id = value;
  }
  return true;
}

/// 1*70 of the signs of RFC 2046 §5.1.1, not ending in a space.
bool is_boundary(std::string_view text) {
  if (text.empty() || text.size() > 70 || text.back() == ' ') return false;
  return std::ranges::all_of(text, [](char c) {
    return scan::is(c, scan::kUser) || scan::is(c, scan::kDigit) ||
           std::string_view("'()+_,-./:=? ").find(c) != std::string_view::npos;
  });
}

class PartReader {
 public:
  PartReader(const Message& message, std::vector<BodyPart>& out) : message_(message), out_(out) {}

  /// Adds the leaves of one body. `optional` and `alternatives` come from what encloses it.
  bool add(const PartHeader& header, std::string_view content, std::size_t depth, bool optional,
           unsigned alternatives) {
    if (!header.type.starts_with("multipart/")) {
      if (out_.size() >= kMaxBodyParts) return fail(SipErrc::TooMany, content);
      const bool sdp = header.type == "application/sdp";
      out_.push_back({header.type, header.disposition.empty() ? (sdp ? "session" : "render") : header.disposition,
                      header.content_id, header.encoding, optional || header.optional, alternatives, content});
      return true;
    }
    if (depth >= kMaxBodyDepth) return fail(SipErrc::TooMany, content);
    if (!is_boundary(header.boundary)) return fail(SipErrc::BadParameter, content);
    return split(header, content, depth, optional || header.optional, alternatives);
  }

  ParseError error;

 private:
  bool fail(SipErrc code, std::string_view at) {
    error = {code, message_.offset_of(at), 400};
    return false;
  }

  /// The delimiter line at or behind `from`: where it begins (with the CRLF before it) and where the next line begins.
  struct Line {
    std::size_t begin = 0, next = 0;
    bool last = false;
  };
  static std::optional<Line> delimiter(std::string_view body, std::string_view boundary, std::size_t from) {
    const std::string mark = "--" + std::string(boundary);
    for (auto at = body.find(mark, from); at != std::string_view::npos; at = body.find(mark, at + 1)) {
      if (at != 0 && (at < 2 || body.substr(at - 2, 2) != "\r\n")) continue;
      Line line{at == 0 ? 0 : at - 2, at + mark.size(), false};
      if (body.substr(line.next, 2) == "--") {
        line.last = true;
        return line;
      }
      while (line.next < body.size() && scan::is_lws(body[line.next])) ++line.next;
      if (body.substr(line.next, 2) != "\r\n") continue;  // a longer boundary that begins like this one
      line.next += 2;
      return line;
    }
    return std::nullopt;
  }

  bool split(const PartHeader& outer, std::string_view body, std::size_t depth, bool optional, unsigned alternatives) {
    // All parts of one multipart/alternative are one choice; what is inside another choice belongs to that.
    if (outer.type == "multipart/alternative" && alternatives == 0) alternatives = ++choices_;
    const bool related = outer.type == "multipart/related";
    auto line = delimiter(body, outer.boundary, 0);
    if (!line || line->last) return fail(SipErrc::Truncated, body);
    for (bool first = true; !line->last; first = false) {
      const auto from = line->next;
      // The CRLF in front of a delimiter belongs to it: a part without header and content has one that both share.
      const auto end = delimiter(body, outer.boundary, from >= 2 ? from - 2 : 0);
      const auto next = end && end->next <= from ? delimiter(body, outer.boundary, from) : end;
      if (!next) return fail(SipErrc::Truncated, body.substr(from));
      const auto part = body.substr(from, next->begin > from ? next->begin - from : 0);
      PartHeader header;
      std::string_view content;
      if (!read_header(part, header, content)) return false;
      // Of multipart/related the first is the one to understand; the others are what it refers to (RFC 5621 §7.3).
      if (!add(header, content, depth + 1, optional || (related && !first), alternatives)) return false;
      line = next;
    }
    return true;
  }

  bool read_header(std::string_view part, PartHeader& header, std::string_view& content) {
    std::size_t at = 0;
    while (at < part.size()) {
      auto end = part.find("\r\n", at);
      if (end == at) {
        content = part.substr(at + 2);
        return true;
      }
      std::string line(part.substr(at, std::min(end, part.size()) - at));
      while (end != std::string_view::npos && end + 2 < part.size() && scan::is_lws(part[end + 2])) {  // folded
        const auto from = end + 2;
        end = part.find("\r\n", from);
        line += ' ';
        line += part.substr(from, std::min(end, part.size()) - from);
      }
      const auto colon = line.find(':');
      const auto name = scan::trim(std::string_view(line).substr(0, colon));
      if (colon == std::string::npos || name.empty() || !scan::all(name, scan::kToken) ||
          !take_field(header, name, scan::trim(std::string_view(line).substr(colon + 1))))
        return fail(SipErrc::BadHeader, part.substr(at));
      if (end == std::string_view::npos) break;
      at = end + 2;
    }
    content = part.substr(part.size());  // a header and nothing else
    return true;
  }

  const Message& message_;
  std::vector<BodyPart>& out_;
  unsigned choices_ = 0;
};

}  // namespace

Result<std::vector<BodyPart>, ParseError> body_parts(const Message& message) {
  std::vector<BodyPart> out;
  if (message.body().empty()) return out;
  PartHeader header;
  for (const auto& field : message.fields()) {
    if (field.id != Header::ContentType && field.id != Header::ContentDisposition &&
        field.id != Header::ContentEncoding && field.id != Header::Other)
      continue;
    if (!take_field(header, message.name_of_field(field), message.text_of(field)))
      return std::unexpected(ParseError{SipErrc::BadHeader, message.offset_of(message.text_of(field)), 400});
  }
  if (!message.has(Header::ContentType)) header.type = "application/octet-stream";
  PartReader reader(message, out);
  if (!reader.add(header, message.body(), 0, false, 0)) return std::unexpected(reader.error);
  return out;
}

}  // namespace parley::sip
