#include <array>
#include <charconv>
#include <cmath>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <base/json_text.hpp>

namespace parley {
namespace {

namespace json = boost::json;

void write(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  std::size_t plain = 0;  // what needs no escape is copied in one piece
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto sign = static_cast<unsigned char>(text[i]);
    if (sign >= 0x20 && sign != '"' && sign != '\\') continue;
    out.append(text, plain, i - plain);
    plain = i + 1;
    out += '\\';
    switch (sign) {
      case '"':
      case '\\': out += text[i]; break;
      case '\b': out += 'b'; break;
      case '\f': out += 'f'; break;
      case '\n': out += 'n'; break;
      case '\r': out += 'r'; break;
      case '\t': out += 't'; break;
      default: out.append("u00").append(1, kHex[sign >> 4U]).append(1, kHex[sign & 0xFU]);
    }
  }
  out.append(text, plain, text.size() - plain);
  out += '"';
}

template <class Number, class... Form>
void write_number(std::string& out, Number number, Form... form) {
  std::array<char, 64> digits{};
  const auto [end, failure] = std::to_chars(digits.data(), digits.data() + digits.size(), number, form...);
  out.append(digits.data(), end);
}

void write_real(std::string& out, double number) {
  const double size = std::abs(number);
  if (!std::isfinite(number)) {
    out += "null";
  } else if (number == 0) {
    out += '0';
  } else if (size >= 1e-6 && size < 1e21) {  // as ECMAScript chooses (ECMA-262 §6.1.6.1.20)
    write_number(out, number, std::chars_format::fixed);
  } else {
    write_number(out, number, std::chars_format::scientific);
  }
}

void write(std::string& out, const json::value& value) {
  switch (value.kind()) {
    case json::kind::null: out += "null"; break;
    case json::kind::bool_: out += value.get_bool() ? "true" : "false"; break;
    case json::kind::int64: write_number(out, value.get_int64()); break;
    case json::kind::uint64: write_number(out, value.get_uint64()); break;
    case json::kind::double_: write_real(out, value.get_double()); break;
    case json::kind::string: write(out, std::string_view{value.get_string()}); break;
    case json::kind::array: {
      char mark = '[';
      for (const auto& item : value.get_array()) {
        out += mark;
        mark = ',';
        write(out, item);
      }
      out += mark == '[' ? "[]" : "]";
      break;
    }
    case json::kind::object: {
      char mark = '{';
      for (const auto& [name, member] : value.get_object()) {
        out += mark;
        mark = ',';
        write(out, std::string_view{name});
        out += ':';
        write(out, member);
      }
      out += mark == '{' ? "{}" : "}";
      break;
    }
  }
}

}  // namespace

std::string json_text(const boost::json::value& value) {
  std::string out;
  write(out, value);
  return out;
}

}  // namespace parley
