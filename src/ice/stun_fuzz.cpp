#include <cstdint>

#include <base/assert.hpp>
#include <ice/stun.hpp>

/// Whatever is taken as a request gets a well-formed answer, hardly larger than itself.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const parley::BytesView datagram{data, size};
  const auto request = parley::ice::parse_binding_request(datagram);
  if (!request) return 0;
  PARLEY_ASSERT(parley::ice::is_stun(datagram));
  parley::Endpoint source;
  source.address.v6 = size % 2 == 0;
  const auto answer = parley::ice::answer(*request, source);
  PARLEY_ASSERT(parley::ice::is_stun(answer) && !parley::ice::parse_binding_request(answer));
  PARLEY_ASSERT(answer.size() <= size + 48);
  return 0;
}
