// libFuzzer entry: two URIs with a line feed between; equivalence is reflexive and symmetric.
#include <algorithm>

#include <base/assert.hpp>
#include <sip/tel_uri.hpp>

using namespace parley::sip;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto cut = std::min(text.find('\n'), text.size());
  const auto a = parse_uri(text.substr(0, cut));
  const auto b = parse_uri(text.substr(std::min(cut + 1, text.size())));
  if (!a) {
    PARLEY_ASSERT(a.error().offset <= cut);
    return 0;
  }
  (void)a->user_text();
  if (const auto number = parse_tel(*a)) {
    PARLEY_ASSERT(!number->digits.empty() && number->global == (number->digits.front() == '+'));
  } else {
    PARLEY_ASSERT(number.error().offset <= cut);
  }
  (void)a->transport();
  (void)a->port_or_default();
  a->params.each([](const Param& param) { PARLEY_ASSERT(!param.name.empty()); });
  if (!b) return 0;
  PARLEY_ASSERT(equivalent(*a, *b) == equivalent(*b, *a));
  return 0;
}
