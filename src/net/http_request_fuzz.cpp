#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include <net/http_request_reader.hpp>

/// Any bytes in two portions: the outcome must not depend on where they were cut.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace parley::net;
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto run = [](HttpRequestReader& reader, std::string_view bytes) {
    auto state = reader.feed(bytes);
    while (state == HttpRequestReader::State::HeadDone) state = reader.feed({});
    return state;
  };
  HttpRequestReader whole({.body = 4096});
  const auto once = run(whole, text);
  HttpRequestReader cut({.body = 4096});
  const std::size_t at = text.empty() ? 0 : data[0] % text.size();
  auto twice = run(cut, text.substr(0, at));
  if (twice == HttpRequestReader::State::NeedMore) twice = run(cut, text.substr(at));
  if (once == HttpRequestReader::State::Complete && twice == once && whole.take().body != cut.take().body) std::abort();
  (void)parse_range(text, 1000);
  return 0;
}
