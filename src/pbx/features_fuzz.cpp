#include <cstddef>
#include <cstdint>

#include <base/bytes.hpp>
#include <pbx/features.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = parley::as_text({data, size});
  const auto split = text.find('\n');
  const auto type = text.substr(0, split);
  const auto body = split == std::string_view::npos ? std::string_view{} : text.substr(split + 1);
  (void)parley::pbx::digit_of_info(type, body);
  (void)parley::pbx::digit_of_info("application/dtmf-relay", text);
  return 0;
}
