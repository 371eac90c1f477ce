// libFuzzer entry: the kind of any datagram, the check of any records, and what passes it into a waiting server: no
// forged datagram brings it up.
#include <cstdint>

#include <base/assert.hpp>
#include <dtls/demultiplex.hpp>
#include <dtls/session.hpp>

using namespace parley;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const BytesView datagram{data, size};
  const auto kind = dtls::kind_of(datagram);
  const auto verdict = dtls::check_records(datagram);
  if (verdict != dtls::RecordVerdict::Fine) return 0;
  PARLEY_ASSERT(kind == dtls::Kind::Dtls);
  static const auto identity = dtls::Identity::make(FakeClock().wall()).value();
  dtls::Session session(identity, dtls::Role::Server, {identity->fingerprint()});
  PARLEY_ASSERT(session.on_datagram(datagram, TimePoint{}) == verdict);
  PARLEY_ASSERT(session.state() != dtls::Session::State::Up && !session.keys());
  PARLEY_ASSERT(session.take_outgoing().size() <= dtls::Session::kMaxOutgoing);
  return 0;
}
