#include <cstdio>
#include <cstdlib>

#include <base/assert.hpp>

namespace parley {

void assertion_failed(const char* condition, const char* file, int line) noexcept {
  std::fprintf(stderr, "parley: assertion failed: %s (%s:%d)\n", condition, file, line);
  std::fflush(stderr);
  std::abort();
}

}  // namespace parley
