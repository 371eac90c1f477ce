#include <array>
#include <chrono>

#include <sip/cursor.hpp>
#include <sip/negotiation_headers.hpp>
#include <sip/scan.hpp>

namespace parley::sip {
namespace {

using scan::iequals;

unsigned read_q(Cursor& in, const Params& params) noexcept {
  const auto param = params.find("q");
  if (!param) return 1000;
  const auto q = parse_q(param->value);
  if (!q) in.fail(SipErrc::BadNumber);
  return q.value_or(1000);
}

constexpr std::array<std::string_view, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

template <std::size_t N>
unsigned named(Cursor& in, const std::array<std::string_view, N>& names) noexcept {
  const auto rest = in.failed() ? std::string_view{} : in.rest();
  for (std::size_t i = 0; i < N; ++i) {
    if (!iequals(rest.substr(0, 3), names[i])) continue;
    in.skip(3);
    return static_cast<unsigned>(i);
  }
  in.fail(SipErrc::BadToken);
  return 0;
}

/// Exactly so many digits.
unsigned digits(Cursor& in, std::size_t count, unsigned max) noexcept {
  const auto rest = in.failed() ? std::string_view{} : in.rest();
  std::uint32_t value = 0;
  if (rest.size() < count || !scan::to_number(rest.substr(0, count), max, value)) in.fail(SipErrc::BadNumber);
  in.skip(count);
  return value;
}

}  // namespace

bool MediaRange::covers(std::string_view type_name, std::string_view subtype_name) const noexcept {
  return q > 0 && (type == "*" || (iequals(type, type_name) && (subtype == "*" || iequals(subtype, subtype_name))));
}

Result<MediaRange, ParseError> parse_media_range(std::string_view text) noexcept {
  MediaRange out;
  Cursor in(text);
  in.lws();
  const auto at = in.at();
  out.type = in.token();  // '*' is a sign of tokens
  in.lws(), in.expect('/'), in.lws();
  out.subtype = in.token();
  if (!in.failed() && out.type == "*" && out.subtype != "*") in.fail_at(SipErrc::BadToken, at);
  out.params = in.params();
  out.q = read_q(in, out.params);
  return in.finish(out);
}

Result<Coding, ParseError> parse_coding(std::string_view text) noexcept {
  Coding out;
  Cursor in(text);
  in.lws();
  out.name = in.token();
  out.params = in.params();
  out.q = read_q(in, out.params);
  return in.finish(out);
}

Result<ContentDisposition, ParseError> parse_content_disposition(std::string_view text) noexcept {
  ContentDisposition out;
  Cursor in(text);
  in.lws();
  out.type = in.token();
  out.params = in.params();
  out.optional = iequals(out.params.value("handling"), "optional");
  return in.finish(out);
}

Result<std::string_view, ParseError> parse_token(std::string_view text) noexcept {
  Cursor in(text);
  in.lws();
  const auto token = in.token();
  return in.finish(token);
}

Result<Warning, ParseError> parse_warning(std::string_view text) noexcept {
  Warning out;
  Cursor in(text);
  in.lws();
  out.code = digits(in, 3, 999);
  if (!in.failed() && !scan::is_lws(in.peek())) in.fail(SipErrc::BadNumber);
  in.lws();
  if (in.peek() == '[') {
    const auto from = in.at();
    in.host();
    if (in.accept(':')) (void)in.port();
    if (!in.failed()) out.agent = in.since(from);
  } else {
    out.agent = in.run(scan::kHost | scan::kToken | scan::kParamValue);
  }
  in.lws();
  const auto quoted = in.quoted();
  if (!in.failed()) out.text = quoted.substr(1, quoted.size() - 2);
  return in.finish(out);
}

Result<WallTime, ParseError> parse_date(std::string_view text) noexcept {
  namespace chrono = std::chrono;
  Cursor in(text);
  in.lws();
  (void)named(in, kDays);  // clocks of phones that get it wrong hurt nobody
  in.expect(','), in.expect(' ');
  const auto day = digits(in, 2, 31);
  in.expect(' ');
  const auto month = named(in, kMonths);
  in.expect(' ');
  const auto year = digits(in, 4, 9999);
  in.expect(' ');
  const auto hour = digits(in, 2, 23);
  in.expect(':');
  const auto minute = digits(in, 2, 59);
  in.expect(':');
  const auto second = digits(in, 2, 60);  // a leap second counts as the next one
  in.expect(' ');
  in.keyword("GMT", SipErrc::BadToken);
  const chrono::year_month_day date{chrono::year(static_cast<int>(year)), chrono::month(month + 1), chrono::day(day)};
  if (!in.failed() && !date.ok()) in.fail_at(SipErrc::BadNumber, 0);
  WallTime time{};
  if (!in.failed())
    time = chrono::sys_days(date) + chrono::hours(hour) + chrono::minutes(minute) + chrono::seconds(second);
  return in.finish(time);
}

Result<std::string_view, ParseError> parse_timestamp(std::string_view text) noexcept {
  Cursor in(text);
  in.lws();
  const auto from = in.at();
  const auto decimal = [&in] {  // *DIGIT [ "." *DIGIT ]
    bool any = false;
    for (bool dot = false; !in.at_end();) {
      if (in.peek() == '.' && !dot) {
        dot = true;
      } else if (!scan::is(in.peek(), scan::kDigit)) {
        break;
      } else {
        any = true;
      }
      in.skip(1);
    }
    if (!any) in.fail(SipErrc::BadNumber);
  };
  decimal();
  const auto value = in.failed() ? std::string_view{} : in.since(from);
  const auto gap = in.at();
  in.lws();
  if (!in.at_end() && in.at() > gap) decimal();  // delay
  return in.finish(value);
}

}  // namespace parley::sip
