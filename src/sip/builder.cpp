#include <algorithm>
#include <array>

#include <fmt/format.h>

#include <base/assert.hpp>
#include <sip/builder.hpp>
#include <sip/scan.hpp>

namespace parley::sip {
namespace {

struct Phrase {
  std::uint16_t status;
  std::string_view text;
};
constexpr Phrase kPhrases[] = {
    // RFC 3261 §21 and the IANA registry
    {100, "Trying"},
    {180, "Ringing"},
    {181, "Call Is Being Forwarded"},
    {182, "Queued"},
    {183, "Session Progress"},
    {199, "Early Dialog Terminated"},
    {200, "OK"},
    {202, "Accepted"},
    {204, "No Notification"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently"},
    {302, "Moved Temporarily"},
    {305, "Use Proxy"},
    {380, "Alternative Service"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {410, "Gone"},
    {412, "Conditional Request Failed"},
    {413, "Request Entity Too Large"},
    {414, "Request-URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Unsupported URI Scheme"},
    {420, "Bad Extension"},
    {421, "Extension Required"},
    {422, "Session Interval Too Small"},
    {423, "Interval Too Brief"},
    {429, "Provide Referrer Identity"},
    {430, "Flow Failed"},
    {433, "Anonymity Disallowed"},
    {436, "Bad Identity-Info"},
    {437, "Unsupported Certificate"},
    {438, "Invalid Identity Header"},
    {439, "First Hop Lacks Outbound Support"},
    {469, "Bad Info Package"},
    {480, "Temporarily Unavailable"},
    {481, "Call/Transaction Does Not Exist"},
    {482, "Loop Detected"},
    {483, "Too Many Hops"},
    {484, "Address Incomplete"},
    {485, "Ambiguous"},
    {486, "Busy Here"},
    {487, "Request Terminated"},
    {488, "Not Acceptable Here"},
    {489, "Bad Event"},
    {491, "Request Pending"},
    {493, "Undecipherable"},
    {494, "Security Agreement Required"},
    {500, "Server Internal Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Server Time-out"},
    {505, "Version Not Supported"},
    {513, "Message Too Large"},
    {580, "Precondition Failure"},
    {600, "Busy Everywhere"},
    {603, "Decline"},
    {604, "Does Not Exist Anywhere"},
    {606, "Not Acceptable"},
    {607, "Unwanted"},
    {608, "Rejected"},
};

/// Appends a value that stays on its line.
void append_value(std::string& out, std::string_view value) {
  const auto ends_line = [](char c) { return c == '\r' || c == '\n' || c == '\0'; };
  unsigned bad = 0;
  for (const char c : value) bad |= static_cast<unsigned>(ends_line(c));  // no branch: the compiler takes 16 at a time
  const auto from = static_cast<std::ptrdiff_t>(out.size());
  out += value;
  if (bad != 0) std::replace_if(out.begin() + from, out.end(), ends_line, ' ');
}

void append_number(std::string& out, std::uint64_t number) {
  const fmt::format_int text(number);
  out.append(text.data(), text.size());
}

void append_line(std::string& out, Header id, std::string_view value) {
  PARLEY_ASSERT(id != Header::Other);
  out.append(name_of(id)).append(": ");
  append_value(out, value);
  out += "\r\n";
}

void append_line(std::string& out, std::string_view name, std::string_view value) {
  PARLEY_ASSERT(!name.empty() && scan::all(name, scan::kToken));
  out.append(name).append(": ");
  append_value(out, value);
  out += "\r\n";
}

/// A value of a parsed message, which cannot hold an end of line: byte for byte, quoted NULs too.
void append_copy(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

void append_end(std::string& out, std::string_view body) {
  out += "Content-Length: ";
  append_number(out, body.size());
  out += "\r\n\r\n";
  out += body;
}

/// The top Via with what we saw of its sender (RFC 3261 §18.2.1, RFC 3581 §4); what it claimed to have seen is left
/// out.
void append_seen_via(std::string& out, const Message& request) {
  const Via& via = request.top_via();
  const auto& from = request.source.remote;
  const auto head_size = static_cast<std::size_t>(via.params.text().data() - via.text.data());
  out += "Via: ";
  append_value(out, via.params.empty() ? via.text : scan::trim(via.text.substr(0, head_size)));
  via.params.each([&](const Param& param) {
    if (scan::iequals(param.name, "received") || scan::iequals(param.name, "rport")) return;
    out += ';';
    append_value(out, param.name);
    if (!param.has_value) return;
    out += '=';
    const bool quoted = !param.value.empty() && *(param.value.data() - 1) == '"';
    if (quoted || param.value.empty()) out += '"';
    append_value(out, param.value);
    if (quoted || param.value.empty()) out += '"';
  });
  if (via.rport || IpAddress::parse(via.host) != from.address) {
    out += ";received=";
    out += from.address.text();
  }
  if (via.rport) {
    out += ";rport=";
    append_number(out, from.port);
  }
}

void append_vias(std::string& out, const Message& request) {
  bool top = true;
  request.each_field(Header::Via, [&](std::string_view value) {
    if (!top) return append_copy(out, "Via", value);
    top = false;
    std::string_view rest = value;
    std::string_view first;
    if (!next_element(rest, first) || request.top_via().text != first || request.source.remote.port == 0)
      return append_copy(out, "Via", value);
    append_seen_via(out, request);
    if (rest.data() != nullptr) {
      out += ", ";
      append_value(out, scan::trim(rest));
    }
    out += "\r\n";
  });
}

}  // namespace

std::string_view reason_phrase_of(unsigned status) noexcept {
  const auto* const found = std::ranges::lower_bound(kPhrases, status, {}, &Phrase::status);
  if (found != std::end(kPhrases) && found->status == status) return found->text;
  constexpr std::string_view kClasses[] = {"Progress",      "OK", "Redirected", "Request Failure", "Server Failure",
                                           "Global Failure"};
  return status >= 100 && status < 700 ? kClasses[status / 100 - 1] : "Unknown";
}

RequestBuilder::RequestBuilder(Method method, std::string_view uri, const ViaSpec& via) {
  auto& out = out_.bytes;
  out.reserve(1024);
  out_.method = method;
  out += to_string(method);
  out += ' ';
  append_value(out, uri);
  out += " SIP/2.0\r\nVia: SIP/2.0/";
  out += to_string(via.transport);
  out += ' ';
  append_value(out, via.sent_by);
  out += ";branch=";
  out_.branch_at = static_cast<std::uint32_t>(out.size());
  out_.branch_size = static_cast<std::uint32_t>(via.branch.size());
  append_value(out, via.branch);
  out += ";rport";
  if (via.alias) out += ";alias";
  out += "\r\n";
}

RequestBuilder& RequestBuilder::header(Header id, std::string_view value) {
  append_line(out_.bytes, id, value);
  return *this;
}
RequestBuilder& RequestBuilder::header(std::string_view name, std::string_view value) {
  append_line(out_.bytes, name, value);
  return *this;
}

RequestBuilder& RequestBuilder::cseq(std::uint32_t number) {
  out_.cseq = number;
  out_.bytes += "CSeq: ";
  append_number(out_.bytes, number);
  out_.bytes += ' ';
  out_.bytes += to_string(out_.method);
  out_.bytes += "\r\n";
  return *this;
}

RequestBuilder& RequestBuilder::max_forwards(unsigned hops) {
  out_.bytes += "Max-Forwards: ";
  append_number(out_.bytes, std::min(hops, 255U));
  out_.bytes += "\r\n";
  return *this;
}

RequestBuilder& RequestBuilder::body(std::string_view type, std::string_view content) {
  append_line(out_.bytes, Header::ContentType, type);
  body_ = content;
  return *this;
}

Outgoing RequestBuilder::finish() {
  append_end(out_.bytes, body_);
  return std::move(out_);
}

ResponseBuilder::ResponseBuilder(const Message& request, unsigned status, std::string_view to_tag,
                                 std::string_view reason) {
  PARLEY_ASSERT(status >= 100 && status <= 699);
  auto& out = out_.bytes;
  // About as long as the question. Kept for half a minute, by the thousand (RFC 3261 §17.2.2): so no longer than
  // needed.
  out.reserve(std::min<std::size_t>(request.bytes().size(), 1024) + 192);
  out_.method = request.method();
  out_.status = static_cast<std::uint16_t>(status);
  out += "SIP/2.0 ";
  append_number(out, status);
  out += ' ';
  append_value(out, reason.empty() ? reason_phrase_of(status) : reason);
  out += "\r\n";
  append_vias(out, request);
  const auto copy = [&](Header id) {
    if (const auto value = request.value(id)) append_copy(out, name_of(id), *value);
  };
  copy(Header::From);
  if (const auto to = request.value(Header::To)) {
    out.append("To: ").append(*to);
    if (status != 100 && !to_tag.empty() && !request.to().text.empty() && request.to().tag().empty()) {
      out += ";tag=";
      append_value(out, to_tag);
    }
    out += "\r\n";
  }
  copy(Header::CallId);
  copy(Header::CSeq);
  if (status > 100 && status < 300 && !request.is(Method::Register))
    request.each_field(Header::RecordRoute, [&](std::string_view value) { append_copy(out, "Record-Route", value); });
  if (status == 100) copy(Header::Timestamp);
}

ResponseBuilder& ResponseBuilder::header(Header id, std::string_view value) {
  append_line(out_.bytes, id, value);
  return *this;
}
ResponseBuilder& ResponseBuilder::header(std::string_view name, std::string_view value) {
  append_line(out_.bytes, name, value);
  return *this;
}

ResponseBuilder& ResponseBuilder::header_line(std::string_view line) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return *this;
  return header(scan::trim(line.substr(0, colon)), scan::trim(line.substr(colon + 1)));
}

ResponseBuilder& ResponseBuilder::body(std::string_view type, std::string_view content) {
  append_line(out_.bytes, Header::ContentType, type);
  body_ = content;
  return *this;
}

Outgoing ResponseBuilder::finish() {
  append_end(out_.bytes, body_);
  return std::move(out_);
}

std::string name_addr(std::string_view display, std::string_view uri, std::string_view tag) {
  std::string out = display.empty() ? std::string() : quote(display) + ' ';
  out += '<';
  append_value(out, uri);
  out += '>';
  if (!tag.empty()) {
    out += ";tag=";
    append_value(out, tag);
  }
  return out;
}

Flow response_flow(const Message& request) {
  Flow flow = request.source;
  const Via& via = request.top_via();
  // A stream's response goes back on its connection. A Via that cannot be read counts as one with rport, and so does
  // one whose sent-by is not where the request came from: behind a NAT that port is nobody's.
  if (is_reliable(flow.transport) || via.rport || IpAddress::parse(via.host) != flow.remote.address) return flow;
  flow.remote.port = via.port != 0 ? via.port : default_port(flow.transport);
  return flow;
}

}  // namespace parley::sip
