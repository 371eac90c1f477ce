#include <base/assert.hpp>
#include <rtp/rtcp.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace parley::rtp;
  const auto compound = RtcpCompound::parse({bytes, size});
  if (!compound) return 0;
  PARLEY_ASSERT(compound->block_count <= compound->blocks.size());
  for (unsigned i = 0; i < compound->block_count; ++i) (void)round_trip(compound->blocks[i], compound->sender_ssrc);
  RtcpReport again{compound->sender_ssrc, compound->sender_info, std::nullopt, compound->cname, compound->bye};
  if (compound->block_count > 0) again.block = compound->blocks[0];
  std::array<std::uint8_t, kMaxRtcpReport> out{};
  const auto written = write_rtcp(out, again);
  PARLEY_ASSERT(RtcpCompound::parse(parley::BytesView(out).first(written)));
  return 0;
}
