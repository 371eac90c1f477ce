#include <cstddef>
#include <cstdint>

#include <base/assert.hpp>
#include <store/page.hpp>
#include <store/text.hpp>

/// The cursor of a list comes back from strangers; what parses must be what text() makes. Search texts come from them
/// too.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto cursor = parley::store::Cursor::parse(text)) PARLEY_ASSERT(cursor->text() == text);
  for (const auto& word : parley::store::words_of(text)) PARLEY_ASSERT(word.size() >= 2 && word.size() <= 64);
  for (const auto& form : parley::store::number_forms(text)) PARLEY_ASSERT(!form.empty());
  return 0;
}
