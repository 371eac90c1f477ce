#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <base/assert.hpp>
#include <vault/keyring.hpp>

/// Sealed bytes from an altered database or backup: never opened, never a crash. What we sealed opens.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const parley::vault::ThingKey key({},
                                           std::make_shared<const parley::vault::SecretBytes>(parley::Bytes(32, 7)));
  const parley::BytesView bytes(data, size);
  PARLEY_ASSERT(!key.open("part", bytes));
  PARLEY_ASSERT(!key.open_text("part", parley::as_text(bytes)));
  const auto sealed = key.seal("part", bytes);
  const auto opened = key.open("part", sealed);
  PARLEY_ASSERT(opened && std::equal(opened->begin(), opened->end(), bytes.begin(), bytes.end()));
  return 0;
}
