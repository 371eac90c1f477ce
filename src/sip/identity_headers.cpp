#include <array>

#include <sip/cursor.hpp>
#include <sip/identity_headers.hpp>
#include <sip/scan.hpp>

namespace parley::sip {
namespace {

using scan::iequals;

std::unexpected<ParseError> bad(SipErrc code, std::size_t offset) {
  return std::unexpected(ParseError{code, static_cast<std::uint32_t>(offset), 400});
}

struct PrivacyName {
  std::string_view text;
  PrivacyValue value;
};
constexpr std::array<PrivacyName, 7> kPrivacy{{{"header", PrivacyValue::Header},
                                               {"session", PrivacyValue::Session},
                                               {"user", PrivacyValue::User},
                                               {"none", PrivacyValue::None},
                                               {"critical", PrivacyValue::Critical},
                                               {"id", PrivacyValue::Id},
                                               {"history", PrivacyValue::History}}};

struct TargetName {
  std::string_view text;
  HistoryTarget value;
};
constexpr std::array<TargetName, 3> kTargets{
    {{"rc", HistoryTarget::Rc}, {"mp", HistoryTarget::Mp}, {"np", HistoryTarget::Np}}};

/// 1*DIGIT *( "." 1*DIGIT )
bool is_index(std::string_view text) noexcept {
  bool digit = false;
  for (const char c : text) {
    if (c == '.' && !digit) return false;
    if (c != '.' && !scan::is(c, scan::kDigit)) return false;
    digit = c != '.';
  }
  return digit;
}

}  // namespace

Result<Diversion, ParseError> parse_diversion(std::string_view text) noexcept {
  const auto who = parse_name_addr(text);
  if (!who) return std::unexpected(who.error());
  if (who->is_star) return bad(SipErrc::BadUri, 0);
  Diversion out;
  out.who = *who;
  out.reason = who->params.value("reason");
  std::uint32_t number = 0;
  if (scan::to_number(who->params.value("counter"), 0xffffffffU, number)) out.counter = number;
  if (scan::to_number(who->params.value("limit"), 0xffffffffU, number)) out.limit = number;
  out.privacy = who->params.value("privacy");
  out.screen = who->params.value("screen");
  return out;
}

Result<HistoryEntry, ParseError> parse_history_entry(std::string_view text) noexcept {
  const auto who = parse_name_addr(text);
  if (!who) return std::unexpected(who.error());
  if (who->is_star || !who->bracketed) return bad(SipErrc::BadUri, 0);
  HistoryEntry out;
  out.who = *who;
  out.index = who->params.value("index");
  if (who->params.has("index") && !is_index(out.index))
    return bad(SipErrc::BadParameter, out.index.empty() ? 0 : static_cast<std::size_t>(out.index.data() - text.data()));
  for (const auto& row : kTargets) {
    const auto param = who->params.find(row.text);
    if (!param) continue;
    out.target = row.value;
    out.target_index = param->value;
  }
  return out;
}

Result<Privacy, ParseError> parse_privacy(std::string_view text) noexcept {
  Privacy out;
  Cursor in(text);
  do {
    in.lws();
    const auto word = in.token();
    bool known = false;
    for (const auto& row : kPrivacy) {
      if (!iequals(row.text, word)) continue;
      out.bits = static_cast<std::uint8_t>(out.bits | 1U << static_cast<unsigned>(row.value));
      known = true;
    }
    if (!in.failed() && !known) ++out.unknown;
    in.lws();
  } while (in.accept(';') || in.accept(','));  // ',' is a mistake that RFC 3323's examples invite
  return in.finish(out);
}

Result<InfoUri, ParseError> parse_info_uri(std::string_view text) noexcept {
  InfoUri out;
  Cursor in(text);
  in.lws();
  const auto at = in.at() + 1;
  const auto uri = in.bracketed();
  if (!in.failed()) {
    const auto parsed = parse_uri(uri);
    if (parsed) {
      out.uri = *parsed;
    } else {
      in.fail_at(parsed.error().code, at + parsed.error().offset);
    }
  }
  out.params = in.params();
  return in.finish(out);
}

Result<AnswerMode, ParseError> parse_answer_mode(std::string_view text) noexcept {
  AnswerMode out;
  Cursor in(text);
  in.lws();
  const auto word = in.token();
  if (iequals(word, "manual")) out.mode = AnswerMode::Mode::Manual;
  if (iequals(word, "auto")) out.mode = AnswerMode::Mode::Auto;
  out.params = in.params();
  out.required = out.params.has("require");
  return in.finish(out);
}

Result<Identity, ParseError> parse_identity(std::string_view text) noexcept {
  Identity out;
  Cursor in(text);
  in.lws();
  const auto from = in.at();
  while (!in.at_end() && (scan::is(in.peek(), scan::kBase64) || in.peek() == '.')) in.skip(1);
  if (in.at() == from) in.fail(SipErrc::BadToken);
  out.token = in.since(from);
  // info=<uri> is no generic-param: it is read here, the others as usual.
  const auto params_at = in.at();
  std::size_t count = 0;
  in.lws();
  while (in.accept(';')) {
    if (++count > kMaxParams) in.fail(SipErrc::TooMany);
    in.lws();
    const auto name = in.token();
    in.lws();
    if (!in.accept('=')) continue;
    in.lws();
    if (in.peek() == '<') {
      const auto uri = in.bracketed();
      if (iequals(name, "info")) out.info = uri;
    } else if (in.peek() == '"') {
      const auto value = in.quoted();
      if (iequals(name, "ppt") && value.size() >= 2) out.passport_type = value.substr(1, value.size() - 2);
      if (iequals(name, "alg") && value.size() >= 2) out.algorithm = value.substr(1, value.size() - 2);
    } else {
      const auto value = in.run(scan::kParamValue, SipErrc::BadParameter);
      if (iequals(name, "ppt")) out.passport_type = value;
      if (iequals(name, "alg")) out.algorithm = value;
    }
    in.lws();
  }
  if (!in.failed()) out.params = Params(scan::trim(in.since(params_at)));
  return in.finish(out);
}

}  // namespace parley::sip
