#include <base/assert.hpp>
#include <rtp/packet.hpp>
#include <rtp/reception.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace parley::rtp;
  static Reception reception;  // lives on: its state must hold under any history
  static parley::FakeClock clock;
  const parley::BytesView datagram(bytes, size);
  (void)looks_like_rtcp(datagram);
  if (const auto packet = RtpPacket::parse(datagram)) {
    PARLEY_ASSERT(packet->payload.data() >= bytes && packet->payload.data() + packet->payload.size() <= bytes + size);
    reception.on_packet(packet->ssrc, packet->sequence_number, packet->timestamp, 8000, clock.now());
    clock.advance(std::chrono::milliseconds(packet->payload_type));
    const auto report = reception.report(clock.now());
    PARLEY_ASSERT(report.cumulative_lost >= 0 && reception.sequence().highest() >= 65536);
  }
  return 0;
}
