// libFuzzer entry: the first octet names the header, the rest is its value. A value that its grammar takes survives the
// way through a message: folded or not, it reads the same and is still no fault.
#include <base/assert.hpp>
#include <sip/dialog_headers.hpp>
#include <sip/grammar.hpp>
#include <sip/message.hpp>

using namespace parley::sip;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 8'192) return 0;
  const auto id = static_cast<Header>(data[0] % static_cast<unsigned>(Header::Other));
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto fault = grammar_fault(id, text);
  if (fault) PARLEY_ASSERT(fault->offset <= text.size());
  if (id == Header::ReferTo)
    if (const auto refer = parse_refer_to(text))
      if (const auto replaces = uri_header(refer->target.uri, "Replaces")) (void)parse_replaces(*replaces);
  if (fault || text.find_first_of("\r\n") != std::string_view::npos) return 0;
  const auto message =
      Message::parse("OPTIONS sip:a SIP/2.0\r\n" + std::string(name_of(id)) + ": " + std::string(text) + "\r\n\r\n");
  const auto value = message.value(id);
  PARLEY_ASSERT(value);
  PARLEY_ASSERT(!grammar_fault(id, *value));
  PARLEY_ASSERT(text.find(*value) != std::string_view::npos);
  return 0;
}
