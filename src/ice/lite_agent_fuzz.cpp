// libFuzzer entry: what is no proven check gets no answer and changes nothing; a change of one bit in a proven one is
// found out.
#include <cstdint>

#include <base/assert.hpp>
#include <ice/lite_agent.hpp>

using namespace parley;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Endpoint from = *Endpoint::parse("192.0.2.7:40000");
  ice::LiteAgent agent({"evtj", "VOkJxbRl1RmTxUk/WvJxBt"});  // of RFC 5769, so that its request proves itself
  const BytesView datagram{data, size};
  const auto reaction = agent.on_datagram(datagram, from, TimePoint{});
  const bool proven =
      reaction.verdict == ice::LiteAgent::Verdict::Answered || reaction.verdict == ice::LiteAgent::Verdict::Refused;
  PARLEY_ASSERT(reaction.answer.empty() != proven);
  PARLEY_ASSERT(agent.takes_from(from) == (reaction.verdict == ice::LiteAgent::Verdict::Answered));
  if (!proven) return 0;
  PARLEY_ASSERT(ice::StunMessage::parse(datagram)->proves("VOkJxbRl1RmTxUk/WvJxBt"));
  PARLEY_ASSERT(reaction.answer.size() <= 160);
  return 0;
}
