#pragma once
#include <string>
#include <string_view>

namespace parley {

/// A to Z as a to z; every other byte stays, whatever the locale: for names of protocols and our own words. Thread:
/// any.
[[nodiscard]] std::string ascii_lower(std::string_view text);

}  // namespace parley
