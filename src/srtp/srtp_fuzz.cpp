// libFuzzer entry: strangers' bytes are opened with each profile, as RTP and RTCP; then the same bytes are secured as
// if they were ours, and must open to what they were.
#include <algorithm>

#include <srtp/session.hpp>

#include <base/assert.hpp>
#include <rtp/packet.hpp>

using namespace parley;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const BytesView bytes(data, std::min(size, rtp::kMaxPacket));
  SeededRandom random(1);
  for (const auto profile : srtp::kProfiles) {
    const auto key = srtp::MasterKey::make(profile, random);
    srtp::Receiver receiver(key);
    srtp::Sender sender(key);
    for (const bool rtcp : {false, true}) {
      Bytes buffer(bytes.begin(), bytes.end());
      PARLEY_ASSERT(!(rtcp ? receiver.open_rtcp(buffer) : receiver.open_rtp(buffer)));
      buffer.assign(bytes.begin(), bytes.end());
      buffer.resize(bytes.size() + srtp::kMaxTrailer);
      const auto secured = rtcp ? sender.protect_rtcp(buffer, bytes.size()) : sender.protect_rtp(buffer, bytes.size());
      if (!secured) continue;
      buffer.resize(*secured);
      const auto opened = rtcp ? receiver.open_rtcp(buffer) : receiver.open_rtp(buffer);
      PARLEY_ASSERT(opened && std::ranges::equal(std::span(buffer).first(*opened), bytes));
    }
  }
  return 0;
}
