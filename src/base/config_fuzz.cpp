#include <cstddef>
#include <cstdint>

#include <base/config.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  (void)parley::parse_config({reinterpret_cast<const char*>(data), size}, "fuzz.toml", {});
  return 0;
}
