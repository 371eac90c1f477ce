#include <cstddef>
#include <cstdint>

#include <base/assert.hpp>
#include <base/bytes.hpp>
#include <pbx/dial_pattern.hpp>

/// First line: a pattern, as an administrator's file has it; the rest: a number that somebody dials.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = parley::as_text({data, size});
  const auto split = text.find('\n');
  const auto pattern = text.substr(0, split);
  const auto compiled = parley::pbx::DialPattern::compile(pattern);
  if (!compiled) {
    PARLEY_ASSERT(compiled.error().offset <= pattern.size());
    return 0;
  }
  const auto number = split == std::string_view::npos ? std::string_view{} : text.substr(split + 1);
  if (compiled->matches(number)) PARLEY_ASSERT(number.size() >= compiled->shortest());
  PARLEY_ASSERT(compiled->specificity(*compiled) == std::weak_ordering::equivalent);
  return 0;
}
