#include <algorithm>

#include <base/assert.hpp>
#include <rtp/telephone_event.hpp>
#include <rtp/wire.hpp>

/// Records of 8 bytes: milliseconds to wait, flags, time stamp (2 bytes), payload.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace parley::rtp;
  TelephoneEventDecoder decoder;
  parley::FakeClock clock;
  std::size_t packets = 0, presses = 0;
  for (; size > 0; bytes += std::min<std::size_t>(size, 8), size -= std::min<std::size_t>(size, 8)) {
    clock.advance(std::chrono::milliseconds(bytes[0]));
    if (decoder.on_time(clock.now())) ++presses;
    if (size < 4) break;
    const auto out =
        decoder.on_packet(bytes[1] & 1U, std::uint32_t{get16(bytes + 2)} << (bytes[1] >> 4U), (bytes[1] & 2U) != 0,
                          {bytes + 4, std::min<std::size_t>(size - 4, 4)}, clock.now());
    PARLEY_ASSERT(out.count <= 2);
    presses += out.count;
    PARLEY_ASSERT(presses <= ++packets);  // never more presses than packets
  }
  return 0;
}
