#include <algorithm>

#include <pbx/features.hpp>

namespace parley::pbx {
namespace {

bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && std::ranges::equal(text.substr(0, prefix.size()), prefix, [](char a, char b) {
           return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b;
         });
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::optional<char> digit(std::string_view text) {
  text = trimmed(text);
  if (text == "10") return '*';  // RFC 4733 event numbers, as some phones write them
  if (text == "11") return '#';
  constexpr std::string_view kDigits = "0123456789*#ABCDabcd";
  if (text.size() != 1 || kDigits.find(text[0]) == std::string_view::npos) return std::nullopt;
  return text[0] >= 'a' ? static_cast<char>(text[0] - 32) : text[0];
}

}  // namespace

std::optional<char> digit_of_info(std::string_view content_type, std::string_view body) {
  const auto type = trimmed(content_type.substr(0, content_type.find(';')));
  if (starts_with_ignoring_case(type, "application/dtmf-relay")) {
    while (!body.empty()) {
      const auto end = body.find('\n');
      const auto line = trimmed(body.substr(0, end));
      if (starts_with_ignoring_case(line, "signal")) {
        const auto equals = line.find('=');
        return equals == std::string_view::npos ? std::nullopt : digit(line.substr(equals + 1));
      }
      if (end == std::string_view::npos) break;
      body.remove_prefix(end + 1);
    }
    return std::nullopt;
  }
  if (type.size() == 16 && starts_with_ignoring_case(type, "application/dtmf")) return digit(body);
  return std::nullopt;
}

}  // namespace parley::pbx
