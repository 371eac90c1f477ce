#include <algorithm>

#include <sip/scan.hpp>
#include <sip/tel_uri.hpp>

namespace parley::sip {
namespace {

bool is_separator(char c) { return std::string_view("-.()").find(c) != std::string_view::npos; }

/// The digits of a number, or "" if it is none: "+" and digits, or, `local`, hexadecimal digits, '*' and '#'.
std::string digits_of(std::string_view text, bool local) {
  std::string out;
  const bool global = text.starts_with('+');
  if (global) text.remove_prefix(1);
  for (const char c : text) {
    if (is_separator(c)) continue;
    const bool digit =
        scan::is(c, scan::kDigit) || (!global && local && (scan::hex_value(c) >= 0 || c == '*' || c == '#'));
    if (!digit) return {};
    out += scan::lower(c);
  }
  if (global && !out.empty()) out.insert(out.begin(), '+');
  return out;
}

/// domainname = *( domainlabel "." ) toplabel [ "." ]: what begins with a letter at the end and has no empty label.
bool is_domain(std::string_view text) {
  if (text.ends_with('.')) text.remove_suffix(1);
  if (text.empty() || text.size() > 255) return false;
  std::string_view top;
  while (true) {
    const auto end = text.find('.');
    top = text.substr(0, end);
    const bool fine = !top.empty() && top.front() != '-' && top.back() != '-' &&
                      std::ranges::all_of(top, [](char c) { return c != '.' && scan::is(c, scan::kHost); });
    if (!fine) return false;
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return !scan::is(top.front(), scan::kDigit);
}

}  // namespace

Result<TelNumber, ParseError> parse_tel(const Uri& uri) {
  const auto fault = [&](SipErrc code, std::string_view at) {
    const auto offset = at.empty() ? std::size_t{0} : static_cast<std::size_t>(at.data() - uri.text.data());
    return std::unexpected(ParseError{code, static_cast<std::uint32_t>(offset), 400});
  };
  auto number = uri.user;
  auto params = uri.params;
  if (uri.is_sip()) {  // the parameters of the number stand in the user part
    const auto end = std::min(number.find(';'), number.size());
    params = Params(number.substr(end));
    number = number.substr(0, end);
  }
  TelNumber out;
  out.global = number.starts_with('+');
  out.digits = digits_of(number, true);
  if (out.digits.empty()) return fault(SipErrc::BadUri, number);

  std::string_view wrong;
  bool has_context = false;
  const auto take = [&](std::string_view& into, const Param& param, bool fine) {
    if (!into.empty() || !fine) wrong = param.name;
    into = param.value;
  };
  params.each([&](const Param& param) {
    if (scan::iequals(param.name, "phone-context")) {
      out.context_is_domain = !param.value.starts_with('+');
      const bool fine = out.context_is_domain ? is_domain(param.value) : !digits_of(param.value, false).empty();
      take(out.context, param, fine && !out.global);
      has_context = true;
    } else if (scan::iequals(param.name, "ext")) {
      const bool plain = !param.value.starts_with('+') && !digits_of(param.value, false).empty();
      take(out.extension, param, plain && out.subaddress.empty());
    } else if (scan::iequals(param.name, "isub")) {
      take(out.subaddress, param, !param.value.empty() && out.extension.empty());
    }
  });
  if (!wrong.empty()) return fault(SipErrc::BadParameter, wrong);
  if (!has_context) out.context_is_domain = false;
  return out;
}

}  // namespace parley::sip
