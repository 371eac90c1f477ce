// libFuzzer entry: the first octet chooses the parser, the rest is the header value.
#include <base/assert.hpp>
#include <sip/digest_credentials.hpp>
#include <sip/headers.hpp>

using namespace parley::sip;

namespace {

template <class T>
void expect_inside(const parley::Result<T, ParseError>& result, std::string_view text) {
  if (!result) PARLEY_ASSERT(result.error().offset <= text.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 9) {
    case 0:
      if (const auto value = parse_name_addr(text)) {
        (void)value->display_text();
        (void)value->expires();
        PARLEY_ASSERT(value->q_thousandths() <= 1000);
        value->params.each([](const Param& param) { PARLEY_ASSERT(!param.name.empty()); });
      } else {
        PARLEY_ASSERT(value.error().offset <= text.size());
      }
      break;
    case 1: expect_inside(parse_via(text), text); break;
    case 2: expect_inside(parse_cseq(text), text); break;
    case 3:
      if (const auto said = parse_digest_credentials(text)) {
        PARLEY_ASSERT(said->username.size() + said->nonce.size() + said->response.size() <= text.size());
      } else {
        PARLEY_ASSERT(said.error().offset <= text.size());
      }
      if (const auto value = parse_auth(text)) {
        PARLEY_ASSERT(value->is_digest() == parse_digest_credentials(text).has_value());  // one grammar, two readers
        (void)unquote(value->value("realm"));
        (void)value->find("nonce");
      }
      break;
    case 4: expect_inside(parse_media_type(text), text); break;
    case 5: expect_inside(parse_reason(text), text); break;
    case 6: expect_inside(parse_retry_after(text), text); break;
    case 7: {
      std::string_view rest = text;
      std::string_view element;
      std::size_t count = 0;
      while (next_element(rest, element)) ++count;
      PARLEY_ASSERT(count <= text.size() + 1);
      break;
    }
    default: {
      const auto quoted = quote(text);
      PARLEY_ASSERT(unquote(quoted).size() == text.size());
      (void)parse_number(text);
      (void)parse_seconds(text);
    }
  }
  return 0;
}
