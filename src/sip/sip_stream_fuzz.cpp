// libFuzzer entry: the same stream in one piece and in pieces (size from the first octet) must be cut into the same
// messages.
#include <algorithm>
#include <vector>

#include <base/assert.hpp>
#include <sip/framer.hpp>
#include <sip/message.hpp>

using namespace parley;
using namespace parley::sip;

namespace {

std::vector<std::string> cut(std::string_view stream, std::size_t step) {
  StreamFramer framer;
  std::vector<std::string> out;
  for (std::size_t at = 0; at < stream.size(); at += step) {
    framer.append(as_bytes(stream.substr(at, step)));
    for (;;) {
      auto next = framer.next();
      if (!next) {
        (void)Message::parse(framer.take_broken(), Framing::Stream);
        return out;
      }
      if (!*next) break;
      out.push_back(std::move(**next));
    }
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view stream(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto whole = cut(stream, stream.size());
  const auto pieces = cut(stream, std::max<std::size_t>(1, data[0] % 64));
  // A body of an RFC 2543 peer without length is as long as what came with it.
  const auto endless = [](const std::string& bytes) { return !Message::parse(bytes).has(Header::ContentLength); };
  const bool told = std::ranges::any_of(whole, endless) || std::ranges::any_of(pieces, endless);
  PARLEY_ASSERT(whole == pieces || told || stream.size() > kMaxMessage);
  for (const auto& bytes : whole) {
    const auto message = Message::parse(bytes, Framing::Stream);
    if (!message.fault())
      PARLEY_ASSERT(message.body().data() + message.body().size() == message.bytes().data() + message.bytes().size());
  }
  return 0;
}
