// libFuzzer entry: an a=crypto line; one that is taken must come back as it was read.
#include <base/assert.hpp>
#include <sdp/crypto.hpp>

using namespace parley;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto line = sdp::parse_crypto(text);
  if (!line) return 0;
  const auto again = sdp::parse_crypto(sdp::write_crypto(*line));
  PARLEY_ASSERT(again && *again == *line);
  return 0;
}
