#pragma once
#include <algorithm>
#include <string_view>

namespace parley::api {

/// What a SIP domain may look like: letters in lower case, digits, hyphens and dots.
[[nodiscard]] inline bool is_host_name(std::string_view text) {
  if (text.empty() || text.starts_with('-') || text.starts_with('.') || text.ends_with('.')) return false;
  return std::ranges::all_of(
      text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.'; });
}

}  // namespace parley::api
