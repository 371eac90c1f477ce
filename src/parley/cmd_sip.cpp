#include <algorithm>
#include <fstream>
#include <iterator>
#include <memory>
#include <ostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <parley/commands.hpp>
#include <parley/table.hpp>

#include <pbx/sip_methods.hpp>
#include <sdp/session.hpp>
#include <sip/builder.hpp>
#include <sip/multipart.hpp>
#include <sip/report.hpp>

namespace parley::cli {

namespace {

/// Line and column (both from 1) of an offset.
struct Place {
  std::size_t line = 1, column = 1;
};
Place place_of(std::string_view text, std::size_t offset) {
  offset = std::min(offset, text.size());
  Place place;
  place.line +=
      static_cast<std::size_t>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(offset), '\n'));
  const auto start = offset == 0 ? std::string_view::npos : text.rfind('\n', offset - 1);
  place.column = offset - (start == std::string_view::npos ? 0 : start + 1) + 1;
  return place;
}

std::string_view word_of(sip::Reading reading) {
  static constexpr std::string_view kWords[] = {"accept", "refuse", "unreadable"};
  return kWords[static_cast<std::size_t>(reading)];
}

std::string_view word_of(sip::Outcome outcome) {
  static constexpr std::string_view kWords[] = {"process", "reply", "drop"};
  return kWords[static_cast<std::size_t>(outcome)];
}

/// Text of the wire as JSON may hold it: what is no UTF-8 becomes U+FFFD.
std::string utf8(std::string_view text) {
  sip::NameAddr holder;
  const std::string quoted = sip::quote(text);
  holder.display = quoted;
  return holder.display_text();
}

json::value uri_json(const sip::Uri& uri) {
  static constexpr std::string_view kSchemes[] = {"sip", "sips", "tel", "other"};
  json::object out{{"text", utf8(uri.text)}, {"scheme", kSchemes[static_cast<std::size_t>(uri.scheme)]}};
  if (!uri.user.empty()) out["user"] = utf8(uri.user_text());
  if (!uri.host.empty()) out["host"] = uri.host;
  if (uri.port != 0) out["port"] = uri.port;
  json::object params;
  uri.params.each([&](const sip::Param& param) {
    params[utf8(param.name)] = param.has_value ? json::value(utf8(param.value)) : nullptr;
  });
  if (!params.empty()) out["parameters"] = std::move(params);
  if (!uri.headers.empty()) out["headers"] = utf8(uri.headers);
  return out;
}

json::value address_json(const sip::NameAddr& address) {
  json::object out{{"uri", uri_json(address.uri)}};
  if (address.is_star) return "*";
  if (!address.display.empty()) out["display"] = address.display_text();
  json::object params;
  address.params.each([&](const sip::Param& param) {
    params[utf8(param.name)] = param.has_value ? json::value(utf8(param.value)) : nullptr;
  });
  if (!params.empty()) out["parameters"] = std::move(params);
  return out;
}

json::array addresses_json(const sip::Message& message, sip::Header header) {
  json::array out;
  for (const auto& address : message.name_addrs(header)) out.push_back(address_json(address));
  return out;
}

json::value session_json(std::string_view text) {
  const auto session = sdp::parse_session(text);
  if (!session) return {{"error", sdp::to_string(session.error().code)}, {"offset", session.error().offset}};
  json::array media;
  for (const auto& medium : session->media) {
    json::array codecs;
    for (const auto& codec : medium.codecs())
      codecs.push_back(json::value(codec.name.empty() ? fmt::format("{}", codec.payload_type)
                                                      : fmt::format("{}/{}", utf8(codec.name), codec.clock_rate)));
    json::object one{{"kind", utf8(medium.kind_text)},
                     {"port", medium.port},
                     {"profile", utf8(medium.profile_text)},
                     {"direction", sdp::to_string(session->direction_of(medium))},
                     {"codecs", std::move(codecs)}};
    if (const auto rtp = session->rtp_of(medium)) one["rtp"] = rtp->text();
    media.push_back(std::move(one));
  }
  return {{"origin", utf8(session->origin_address)}, {"media", std::move(media)}};
}

json::value body_json(const sip::Message& message) {
  json::object out{{"bytes", message.body().size()}};
  const auto parts = sip::body_parts(message);
  if (!parts) return out;
  json::array list;
  for (const auto& part : *parts) {
    json::object one{{"type", utf8(part.type)},
                     {"disposition", utf8(part.disposition)},
                     {"bytes", part.content.size()},
                     {"optional", part.optional}};
    if (!part.content_id.empty()) one["content_id"] = utf8(part.content_id);
    if (!part.encoding.empty()) one["encoding"] = utf8(part.encoding);
    if (part.type == "application/sdp") one["session"] = session_json(part.content);
    list.push_back(std::move(one));
  }
  out["parts"] = std::move(list);
  return out;
}

json::array headers_json(const sip::Message& message, std::string_view bytes) {
  json::array out;
  for (const auto& field : message.fields()) {
    const auto written = message.name_of_field(field);
    const auto name = field.id == sip::Header::Other ? written : sip::name_of(field.id);
    json::object one{
        {"name", name}, {"value", utf8(message.text_of(field))}, {"line", place_of(bytes, field.name_at).line}};
    if (written != name) one["as_written"] = written;
    out.push_back(std::move(one));
  }
  return out;
}

json::object report_json(const std::string& file, const std::string& bytes, const sip::Message& message,
                         const sip::Report& report) {
  const auto& verdict = report.verdict;
  json::object out{{"file", file}, {"bytes", bytes.size()}, {"verdict", word_of(report.reading)}};
  if (report.reading != sip::Reading::NotSip) {
    out["kind"] = message.is_request() ? "request" : "response";
    out["method"] = utf8(message.method_text());
    if (message.is_request()) {
      out["request_uri"] = message.request_uri().text.empty() ? json::value(utf8(message.request_uri_text()))
                                                              : uri_json(message.request_uri());
    } else {
      out["response_status"] = message.status();
      out["reason_phrase"] = utf8(message.reason_phrase());
    }
    out["outcome"] = word_of(verdict.outcome);
    out["status"] = verdict.outcome == sip::Outcome::Reply ? json::value(verdict.status) : nullptr;
    if (!verdict.header.empty()) out["reply_header"] = utf8(verdict.header);
  }
  json::array errors;
  for (const auto& one : report.findings) {
    const auto place = place_of(bytes, one.error.offset);
    json::object error{{"offset", one.error.offset},
                       {"line", place.line},
                       {"column", place.column},
                       {"code", sip::to_string(one.error.code)},
                       {"text", sip::explain(one.error.code)},
                       {"source", one.source},
                       {"refuses", one.refuses}};
    if (!one.field.empty()) error["header"] = one.field;
    errors.push_back(std::move(error));
  }
  out["errors"] = std::move(errors);
  if (report.reading == sip::Reading::NotSip) return out;
  json::array vias;
  message.each_element(sip::Header::Via, [&](std::string_view element) {
    const auto via = sip::parse_via(element);
    if (via)
      vias.push_back({{"transport", utf8(via->transport_text)},
                      {"host", via->host},
                      {"port", via->port == 0 ? json::value(nullptr) : json::value(via->port)},
                      {"branch", utf8(via->branch)}});
  });
  out["via"] = std::move(vias);
  if (!message.from().text.empty()) out["from"] = address_json(message.from());
  if (!message.to().text.empty()) out["to"] = address_json(message.to());
  out["call_id"] = utf8(message.call_id());
  out["cseq"] = {{"number", message.cseq().number}, {"method", utf8(message.cseq().method_text)}};
  if (message.has(sip::Header::Contact)) out["contact"] = addresses_json(message, sip::Header::Contact);
  if (message.has(sip::Header::Route)) out["route"] = addresses_json(message, sip::Header::Route);
  if (message.has(sip::Header::RecordRoute)) out["record_route"] = addresses_json(message, sip::Header::RecordRoute);
  out["headers"] = headers_json(message, bytes);
  out["body"] = body_json(message);
  return out;
}

std::string shown(std::string_view text) { return printable(utf8(text)); }

/// The line that an offset is in, with a mark below it.
void print_place(Context& context, std::string_view bytes, std::size_t offset) {
  constexpr std::size_t kWide = 100;
  const auto place = place_of(bytes, offset);
  const auto start = std::min(offset, bytes.size()) - (place.column - 1);
  auto line = bytes.substr(start, bytes.find_first_of("\r\n", start) - start);
  std::size_t mark = place.column - 1;
  std::string_view front;
  if (mark > kWide - 20) {
    const auto cut = mark - (kWide - 20);
    line.remove_prefix(std::min(cut, line.size()));
    mark -= cut;
    front = "…";
  }
  context.out() << "      " << front << shown(line.substr(0, kWide)) << '\n'
                << "      " << std::string(mark + (front.empty() ? 0 : 1), ' ')
                << context.terminal().paint(Colour::Red, "^") << '\n';
}

void print_report(Context& context, const std::string& file, const std::string& bytes, const sip::Message& message,
                  const sip::Report& report) {
  auto& terminal = context.terminal();
  auto& out = context.out();
  const auto line = [&](std::string_view name, const std::string& text) {
    out << fmt::format("  {:<12}", name) << text << '\n';
  };
  if (report.reading == sip::Reading::NotSip) {
    out << terminal.paint(Colour::Bold, file) << ": " << terminal.paint(Colour::Red, "no SIP message") << '\n';
    return;
  }
  const std::string what = message.is_request()
                               ? fmt::format("{} {}", shown(message.method_text()), shown(message.request_uri_text()))
                               : fmt::format("response {} {} to {}", message.status(), shown(message.reason_phrase()),
                                             shown(message.method_text()));
  out << terminal.paint(Colour::Bold, file) << ": " << what << '\n';
  const auto& verdict = report.verdict;
  const bool accepted = report.reading == sip::Reading::Accepted;
  const std::string reading =
      accepted ? terminal.paint(Colour::Green, "well formed") : terminal.paint(Colour::Red, "malformed");
  if (verdict.outcome == sip::Outcome::Process) {
    line("verdict",
         reading + (message.is_request() ? ", goes on to whoever serves it" : ", goes on to its transaction"));
  } else if (verdict.outcome == sip::Outcome::Reply) {
    line("verdict", fmt::format("{}, gets {} {}", reading, verdict.status, sip::reason_phrase_of(verdict.status)));
    if (!verdict.header.empty()) line("", shown(verdict.header));
  } else {
    line("verdict", reading + ", is dropped without an answer");
  }
  for (const auto& one : report.findings) {
    const auto place = place_of(bytes, one.error.offset);
    line(one.refuses ? "wrong" : "ignored",
         fmt::format("line {}, column {} (byte {}): {}{} [{}]", place.line, place.column, one.error.offset,
                     one.field.empty() ? "" : shown(one.field) + ": ", sip::explain(one.error.code), one.source));
    print_place(context, bytes, one.error.offset);
  }
  const auto address = [](const sip::NameAddr& who) {
    const auto name = who.display_text();
    return (name.empty() ? "" : shown(name) + " ") + shown(who.uri.text);
  };
  if (!message.from().text.empty()) line("from", address(message.from()));
  if (!message.to().text.empty()) line("to", address(message.to()));
  for (const auto& contact : message.name_addrs(sip::Header::Contact))
    line("contact", contact.is_star ? "*" : address(contact));
  if (!message.call_id().empty()) line("call-id", shown(message.call_id()));
  line("headers", fmt::format("{}, {} of them Via", message.fields().size(), message.via_count()));
  if (message.body().empty()) return;
  const auto parts = sip::body_parts(message);
  if (!parts) return line("body", fmt::format("{} bytes", message.body().size()));
  for (const auto& part : *parts) {
    line("body",
         fmt::format("{}, {} bytes{}", shown(part.type), part.content.size(), part.optional ? ", may be ignored" : ""));
    if (part.type != "application/sdp") continue;
    const auto session = sdp::parse_session(part.content);
    if (!session) continue;
    for (const auto& medium : session->media) {
      std::string codecs;
      for (const auto& codec : medium.codecs())
        codecs += (codecs.empty() ? "" : ", ") +
                  (codec.name.empty() ? std::to_string(codec.payload_type) : shown(codec.name));
      const auto rtp = session->rtp_of(medium);
      line("",
           fmt::format("{} {} {}: {}", shown(medium.kind_text), rtp ? rtp->text() : fmt::format("port {}", medium.port),
                       sdp::to_string(session->direction_of(medium)), codecs));
    }
  }
  if (const auto end = message.offset_of(message.body()) + message.body().size(); end < bytes.size())
    line("behind it", fmt::format("{} bytes that no message counts", bytes.size() - end));
}

/// The bytes of a file, or of the standard input for "-". nullopt: it cannot be read.
std::optional<std::string> read_bytes(Context& context, const std::string& file) {
  if (file == "-") return std::string(std::istreambuf_iterator<char>(context.terminal().in()), {});
  std::ifstream stream(file, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(stream), {}};
  if (!stream) return std::nullopt;
  return bytes;
}

/// The worst of all files becomes the exit status: 0 well formed, 1 malformed, 2 no such file or no SIP.
void parse(Context& context, const std::vector<std::string>& files) {
  int worst = 0;
  json::array all;
  for (const auto& file : files) {
    const auto bytes = read_bytes(context, file);
    if (!bytes) {
      worst = 2;
      if (context.options.json) {
        all.push_back({{"file", file}, {"verdict", "unreadable"}, {"errors", json::array{}}});
      } else {
        context.terminal().err() << context.terminal().paint(Colour::Red, "parley: ") << printable(file)
                                 << " cannot be read\n";
      }
      continue;
    }
    const auto message = sip::Message::parse(*bytes);
    const auto report = sip::report_on(message, pbx::served());
    worst = std::max(worst, static_cast<int>(report.reading));
    if (context.options.json) {
      all.push_back(report_json(file, *bytes, message, report));
    } else {
      print_report(context, printable(file), *bytes, message, report);
    }
  }
  if (context.options.json) context.print_json(all.size() == 1 ? all.front() : json::value(all));
  context.out().flush();
  if (worst != 0) throw Failure(worst == 1 ? Exit::Failed : Exit::Usage, "");
}

}  // namespace

void add_sip(CLI::App& app, Context& context) {
  auto* sip = app.add_subcommand("sip", "Look into SIP messages")->require_subcommand(1);
  auto files = std::make_shared<std::vector<std::string>>();
  auto* command =
      sip->add_subcommand("parse", "What a SIP message is, what is wrong with it, and what the server would answer");
  command->add_option("FILE", *files, "Files with one message each, as it was on the wire; - is the standard input")
      ->required();
  command->footer(
      "Needs no server. Exit status: 0 well formed (it must be accepted by a parser, even if the server answers with a "
      "refusal),\n"
      "1 malformed (it must be refused), 2 cannot be read or is no SIP.\n\nExamples:\n  parley sip parse invite.sip\n  "
      "parley sip parse --json - < invite.sip");
  command->callback([&context, files] { parse(context, *files); });
}

}  // namespace parley::cli
