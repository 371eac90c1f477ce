#pragma once

namespace parley {
/// Prints the condition and its place to standard error, then aborts.
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line) noexcept;
}  // namespace parley

/// For our own bugs only, never for a stranger's input. On in release builds too.
#define PARLEY_ASSERT(condition) \
  (static_cast<bool>(condition) ? void(0) : ::parley::assertion_failed(#condition, __FILE__, __LINE__))
