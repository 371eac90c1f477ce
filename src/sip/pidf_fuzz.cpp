// libFuzzer entry: a presence document of a stranger. What was read can be written, and is read again as the same.
#include <base/assert.hpp>
#include <base/bytes.hpp>
#include <sip/pidf.hpp>

using namespace parley::sip;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto presence = parse_pidf(parley::as_text({data, size}));
  if (!presence) return 0;
  PARLEY_ASSERT(presence->tuples.size() <= kMaxPidfTuples);
  const auto text = write_pidf(*presence);
  const auto again = parse_pidf(text);
  // Escapes may make it too large to be read again; but what can be read is the same.
  PARLEY_ASSERT(again || again.error() == PidfErrc::TooLarge || again.error() == PidfErrc::TooDeep);
  return 0;
}
