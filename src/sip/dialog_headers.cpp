#include <algorithm>

#include <sip/cursor.hpp>
#include <sip/dialog_headers.hpp>
#include <sip/scan.hpp>

namespace parley::sip {
namespace {

using scan::iequals;

std::string_view only(Cursor& in, const Params& params, std::string_view name, bool needed) noexcept {
  std::string_view found;
  unsigned count = 0;
  params.each([&](const Param& param) {
    if (!iequals(param.name, name)) return;
    found = param.value;
    ++count;
  });
  const bool wrong =
      count > 1 || (needed && count == 0) || (count == 1 && (found.empty() || !scan::all(found, scan::kToken)));
  if (wrong) in.fail(SipErrc::BadParameter);
  return found;
}

/// callid *( SEMI name "=" value ) with two tags, each once: with two of a name, who reads the first and who the last
/// would disagree.
template <class Header>
Header read_dialog(Cursor& in, std::string_view Header::* first, std::string_view first_name,
                   std::string_view Header::* second, std::string_view second_name, bool needed) noexcept {
  Header out;
  in.lws();
  out.call_id = in.call_id();
  out.params = in.params();
  out.*first = only(in, out.params, first_name, needed);
  out.*second = only(in, out.params, second_name, needed);
  return out;
}

std::uint32_t positive(Cursor& in, std::uint32_t max) noexcept {
  const auto at = in.at();
  const auto number = in.number(max);
  if (number == 0) in.fail_at(SipErrc::BadNumber, at);
  return number;
}

void gap(Cursor& in) noexcept {
  if (!in.failed() && !scan::is_lws(in.peek())) in.fail(SipErrc::BadNumber);
  in.lws();
}

}  // namespace

Result<Replaces, ParseError> parse_replaces(std::string_view text) noexcept {
  Cursor in(text);
  auto out = read_dialog(in, &Replaces::to_tag, "to-tag", &Replaces::from_tag, "from-tag", true);
  out.early_only = out.params.has("early-only");
  return in.finish(out);
}

Result<Join, ParseError> parse_join(std::string_view text) noexcept {
  Cursor in(text);
  return in.finish(read_dialog(in, &Join::to_tag, "to-tag", &Join::from_tag, "from-tag", true));
}

Result<TargetDialog, ParseError> parse_target_dialog(std::string_view text) noexcept {
  Cursor in(text);
  return in.finish(
      read_dialog(in, &TargetDialog::local_tag, "local-tag", &TargetDialog::remote_tag, "remote-tag", false));
}

Result<ReferTo, ParseError> parse_refer_to(std::string_view text) noexcept {
  const auto target = parse_name_addr(text);
  if (!target) return std::unexpected(target.error());
  if (target->is_star) return std::unexpected(ParseError{SipErrc::BadUri, 0, 400});
  ReferTo out;
  out.target = *target;
  if (target->uri.is_sip()) {
    if (const auto method = target->uri.params.find("method")) {
      out.method_text = method->value;
      out.method = method_of(method->value);
    }
  }
  return out;
}

std::optional<std::string> uri_header(const Uri& uri, std::string_view name) {
  std::string_view rest = uri.headers;
  while (!rest.empty()) {
    const auto end = std::min(rest.find('&'), rest.size());
    const auto part = rest.substr(0, end);
    rest.remove_prefix(end == rest.size() ? end : end + 1);
    const auto equals = part.find('=');
    if (iequals(unescape(part.substr(0, equals)), name))
      return equals == std::string_view::npos ? std::string() : unescape(part.substr(equals + 1));
  }
  return std::nullopt;
}

Result<ReferredBy, ParseError> parse_referred_by(std::string_view text) noexcept {
  const auto who = parse_name_addr(text);
  if (!who) return std::unexpected(who.error());
  if (who->is_star) return std::unexpected(ParseError{SipErrc::BadUri, 0, 400});
  return ReferredBy{*who, who->params.value("cid")};
}

Result<bool, ParseError> parse_refer_sub(std::string_view text) noexcept {
  Cursor in(text);
  in.lws();
  const auto word = in.token();
  if (!in.failed() && !iequals(word, "true") && !iequals(word, "false")) in.fail_at(SipErrc::BadToken, 0);
  (void)in.params();
  return in.finish(iequals(word, "true"));
}

Result<Rack, ParseError> parse_rack(std::string_view text) noexcept {
  Rack out;
  Cursor in(text);
  in.lws();
  out.rseq = positive(in, 0xffffffffU);
  gap(in);
  out.cseq = in.number(0x7fffffffU);
  gap(in);
  out.method_text = in.token();
  out.method = method_of(out.method_text);
  return in.finish(out);
}

Result<std::uint32_t, ParseError> parse_rseq(std::string_view text) noexcept {
  Cursor in(text);
  in.lws();
  const auto number = positive(in, 0xffffffffU);
  return in.finish(number);
}

Result<SessionExpires, ParseError> parse_session_expires(std::string_view text) noexcept {
  SessionExpires out;
  Cursor in(text);
  in.lws();
  out.seconds = positive(in, 0xffffffffU);
  out.params = in.params();
  if (const auto refresher = out.params.find("refresher")) {
    if (iequals(refresher->value, "uac")) out.refresher = Refresher::Uac;
    if (iequals(refresher->value, "uas")) out.refresher = Refresher::Uas;
    if (out.refresher == Refresher::None) in.fail(SipErrc::BadParameter);
  }
  return in.finish(out);
}

Result<std::uint32_t, ParseError> parse_min_se(std::string_view text) noexcept {
  Cursor in(text);
  in.lws();
  const auto seconds = in.number(0xffffffffU);
  (void)in.params();
  return in.finish(seconds);
}

}  // namespace parley::sip
