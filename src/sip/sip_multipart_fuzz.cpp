// libFuzzer entry: a body of multipart/mixed with the boundary "b" is cut into parts that lie in it, in order, within
// the bounds; what is cut and joined again is cut the same.
#include <base/assert.hpp>
#include <sip/message.hpp>
#include <sip/multipart.hpp>

using namespace parley::sip;

namespace {

Message with(std::string_view body) {
  return Message::parse("MESSAGE sip:a SIP/2.0\r\nContent-Type: multipart/mixed;boundary=b\r\n\r\n" +
                        std::string(body));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 16'384) return 0;
  const auto message = with({reinterpret_cast<const char*>(data), size});
  (void)message.sdp();
  const auto parts = body_parts(message);
  if (!parts) {
    PARLEY_ASSERT(parts.error().offset <= message.bytes().size());
    return 0;
  }
  PARLEY_ASSERT(parts->size() <= kMaxBodyParts);
  std::string joined;
  const char* last = message.body().data();
  for (const auto& part : *parts) {
    PARLEY_ASSERT(part.content.data() >= last);
    PARLEY_ASSERT(part.content.data() + part.content.size() <= message.bytes().data() + message.bytes().size());
    last = part.content.data() + part.content.size();
    joined.append("--b\r\nContent-Type: ").append(part.type).append("\r\n\r\n").append(part.content).append("\r\n");
  }
  joined += "--b--";
  bool flat = !parts->empty();  // a part of a nested body may hold the outer boundary's look, and types that are odd
  for (const auto& part : *parts)
    flat = flat && part.content.find("--b") == std::string_view::npos && !part.type.starts_with("multipart/");
  if (!flat) return 0;
  const auto again = with(joined);
  const auto same = body_parts(again);
  PARLEY_ASSERT(same && same->size() == parts->size());
  for (std::size_t i = 0; i < parts->size(); ++i) PARLEY_ASSERT((*same)[i].content == (*parts)[i].content);
  return 0;
}
