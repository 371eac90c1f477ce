#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

/// Signs and scanning, the ground that the parsers stand on. RFC 3261 §25.1. Internal to sip/.
namespace parley::sip::scan {

enum Class : std::uint16_t {
  kToken = 1,        // alphanum -.!%*_+`'~
  kUser = 2,         // user part: unreserved & = + $ , ; ? /  ('#' too: phones dial it; '%' is checked apart)
  kPassword = 4,     // unreserved & = + $ ,
  kUriParam = 8,     // unreserved [ ] / : & + $
  kUriHeader = 16,   // unreserved [ ] / ? : + $ & =
  kHost = 32,        // letters, digits, '-', '.', and '_' which people use
  kParamValue = 64,  // token, host, and / @ & $ = ? which vendors put there unquoted
  kDigit = 128,
  kUriChar = 256,  // anything printable without white space, <, >, "
  kWord = 512,     // of a Call-ID: token ( ) < > : \ " / [ ] ? { }  ('@' is looked at apart)
  kBase64 = 1024,  // and '-', '_' of its form for URLs
};

inline constexpr std::array<std::uint16_t, 256> kClasses = [] {
  std::array<std::uint16_t, 256> table{};
  auto add = [&](std::string_view signs, unsigned bits) {
    for (const char c : signs)
      table[static_cast<unsigned char>(c)] = static_cast<std::uint16_t>(table[static_cast<unsigned char>(c)] | bits);
  };
  constexpr std::string_view kAlphanum = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  add(kAlphanum, kToken | kUser | kPassword | kUriParam | kUriHeader | kHost | kParamValue | kWord | kBase64);
  add("0123456789", kDigit);
  add("-.!%*_+`'~", kToken | kParamValue | kWord);
  add("()<>:\\\"/[]?{}", kWord);
  add("+/=-_", kBase64);
  add("-_.!~*'()", kUser | kPassword | kUriParam | kUriHeader);
  add("&=+$,;?/#", kUser);
  add("&=+$,", kPassword);
  add("[]/:&+$", kUriParam);
  add("[]/?:+$&=", kUriHeader);
  add("-._", kHost);
  add("[]:/@&$=?", kParamValue);
  for (unsigned c = 0x21; c < 0x7f; ++c)
    if (c != '<' && c != '>' && c != '"') table[c] = static_cast<std::uint16_t>(table[c] | kUriChar);
  return table;
}();

[[nodiscard]] constexpr bool is(char c, unsigned bits) noexcept {
  return (kClasses[static_cast<unsigned char>(c)] & bits) != 0;
}
[[nodiscard]] constexpr bool is_lws(char c) noexcept { return c == ' ' || c == '\t'; }
[[nodiscard]] constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

[[nodiscard]] constexpr bool iequals(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (lower(a[i]) != lower(b[i])) return false;
  return true;
}

[[nodiscard]] constexpr std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && is_lws(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_lws(text.back())) text.remove_suffix(1);
  return text;
}

[[nodiscard]] constexpr bool all(std::string_view text, unsigned bits) noexcept {
  for (const char c : text)
    if (!is(c, bits)) return false;
  return true;
}

[[nodiscard]] constexpr int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  const char l = lower(c);
  return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

/// Index behind the quoted string that begins at `at`; npos: it does not end.
[[nodiscard]] constexpr std::size_t skip_quoted(std::string_view text, std::size_t at) noexcept {
  for (++at; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      return at + 1;
    }
  }
  return std::string_view::npos;
}

/// Digits to a number; false: not digits, or above max.
[[nodiscard]] constexpr bool to_number(std::string_view text, std::uint32_t max, std::uint32_t& value) noexcept {
  std::uint64_t sum = 0;
  for (const char c : text) {
    if (!is(c, kDigit)) return false;
    sum = sum * 10 + static_cast<unsigned>(c - '0');
    if (sum > max) return false;
  }
  value = static_cast<std::uint32_t>(sum);
  return !text.empty();
}

}  // namespace parley::sip::scan
