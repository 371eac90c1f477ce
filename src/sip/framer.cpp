#include <utility>

#include <sip/framer.hpp>
#include <sip/header_name.hpp>
#include <sip/message.hpp>
#include <sip/scan.hpp>

namespace parley::sip {
namespace {

/// Content-Length in a header that ends with an empty line. Missing, repeated or not a number: the stream cannot be
/// cut.
Result<std::uint32_t, ParseError> content_length(std::string_view header) {
  std::optional<std::uint32_t> found;
  std::size_t at = 0;
  for (bool first = true; at < header.size(); first = false) {
    auto end = header.find("\r\n", at);
    while (end != std::string_view::npos && end + 2 < header.size() && scan::is_lws(header[end + 2]))
      end = header.find("\r\n", end + 2);
    if (end == std::string_view::npos) end = header.size();
    const auto text = header.substr(at, end - at);
    const auto from = at;
    at = end + 2;
    const auto colon = text.find(':');
    if (first || colon == std::string_view::npos ||
        header_of(scan::trim(text.substr(0, colon))) != Header::ContentLength)
      continue;
    if (found) return std::unexpected(ParseError{SipErrc::Repeated, static_cast<std::uint32_t>(from), 400});
    auto value = text.substr(colon + 1);
    const auto white = [](char c) { return scan::is_lws(c) || c == '\r' || c == '\n'; };
    while (!value.empty() && white(value.front())) value.remove_prefix(1);
    while (!value.empty() && white(value.back())) value.remove_suffix(1);
    std::uint32_t number = 0;
    if (!scan::to_number(value, 0xffffffffU, number))
      return std::unexpected(ParseError{SipErrc::BadNumber, static_cast<std::uint32_t>(from + colon + 1), 400});
    found = number;
  }
  if (!found) return std::unexpected(ParseError{SipErrc::Missing, static_cast<std::uint32_t>(header.size()), 400});
  return *found;
}

/// Whether a line that has ended may be a start line, or text that has no end of line yet may become one.
bool may_start(std::string_view text, std::size_t line_end) {
  if (!scan::is(text.front(), scan::kToken) && text.front() != '\r') return false;
  if (line_end == std::string_view::npos) return true;
  const auto line = text.substr(0, line_end);
  return line.starts_with("SIP/") || line.find(" SIP/") != std::string_view::npos ||
         line.find(" sip/") != std::string_view::npos;
}

}  // namespace

Result<std::optional<std::string>, ParseError> StreamFramer::next() {
  if (endless_) {
    buffer_.clear();
    at_ = 0;
    return std::nullopt;
  }
  while (whole_ == 0 && buffer_.size() - at_ >= 2 && buffer_[at_] == '\r' && buffer_[at_ + 1] == '\n') {
    const bool ping = buffer_.size() - at_ >= 4 && buffer_[at_ + 2] == '\r' && buffer_[at_ + 3] == '\n';
    if (ping) ++pings_;
    at_ += ping ? 4 : 2;
    scanned_ = 0;
  }
  // A lone CRLF may be the first half of a ping; taken as a separator it does no harm, the second half is one too.
  const std::string_view rest = std::string_view(buffer_).substr(at_);
  if (whole_ == 0 && !rest.empty()) {
    if (!started_) {  // what is no SIP is told at once: nobody waits for the end of its header
      const auto line_end = rest.find('\n', scanned_);
      if (!may_start(rest, line_end)) return std::unexpected(ParseError{SipErrc::BadStartLine, 0, 400});
      started_ = line_end != std::string_view::npos;
    }
    const auto end = rest.find("\r\n\r\n", scanned_);
    if (const auto bare = rest.substr(0, end).find("\n\n", scanned_); bare != std::string_view::npos)
      return std::unexpected(ParseError{SipErrc::BadHeader, static_cast<std::uint32_t>(bare), 400});
    if (end == std::string_view::npos) {
      if (rest.size() > kMaxMessage) return std::unexpected(ParseError{SipErrc::TooLarge, kMaxMessage, 513});
      scanned_ = rest.size() > 3 ? rest.size() - 3 : 0;
      if (at_ > 0) {  // keep no old bytes while waiting
        buffer_.erase(0, at_);
        at_ = 0;
      }
      return std::nullopt;
    }
    const auto size = content_length(rest.substr(0, end + 2));
    if (!size && size.error().code == SipErrc::Missing && rest.size() <= kMaxMessage) {
      std::string message(rest);
      const auto parsed = Message::parse(message);
      if (!parsed.fault() && !parsed.top_via().has_rfc3261_branch()) {
        endless_ = true;
        return message;
      }
    }
    if (!size) return std::unexpected(size.error());
    const std::size_t whole = end + 4 + std::size_t{*size};
    if (whole > kMaxMessage)
      return std::unexpected(ParseError{SipErrc::TooLarge, static_cast<std::uint32_t>(end + 4), 513});
    whole_ = whole;  // read once, however slowly the body comes
  }
  if (whole_ == 0 || rest.size() < whole_) return std::nullopt;
  std::string message(rest.substr(0, whole_));
  at_ += whole_;
  scanned_ = whole_ = 0;
  started_ = false;
  if (at_ == buffer_.size()) {
    buffer_.clear();
    at_ = 0;
  }
  return message;
}

std::string StreamFramer::take_broken() {
  std::string rest = buffer_.substr(at_);
  const auto end = rest.find("\r\n\r\n");
  if (end != std::string::npos) rest.resize(end + 4);
  buffer_.clear();
  at_ = scanned_ = whole_ = 0;
  started_ = false;
  return rest;
}

}  // namespace parley::sip
