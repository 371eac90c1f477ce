// Of a leg with ICE: one port for checks, handshake, sound and reports (RFC 7983).
#include <media/leg.hpp>
#include <media/media_thread.hpp>

namespace parley::media {

void Leg::set_local_ice(LocalIce local) {
  if (ice_) return ice_->set_local(std::move(local));
  ice_ = std::make_unique<LegIce>(std::move(local), shared_.handshakes,
                                  [&thread = shared_.thread, handle = handle_](HandshakeReport report) {
                                    thread.run([&thread, handle, report = std::move(report)]() mutable {
                                      if (Leg* const leg = thread.find(handle))
                                        leg->on_handshake(std::move(report), thread.now());
                                    });
                                  });
}

bool Leg::takes_as_media(BytesView datagram, const sockaddr_storage& from, TimePoint now) {
  const auto source = Endpoint::from_sockaddr(reinterpret_cast<const sockaddr&>(from));
  const auto taken = ice_->on_datagram(datagram, source, now);
  if (!taken.answer.empty()) (void)sockets_.rtp.send(taken.answer, NativeAddress(source, sockets_.rtp.v6()));
  if (taken.moved) update_destination();
  if (taken.kind == dtls::Kind::Stun) ++(taken.admitted ? shared_.totals.checks : shared_.totals.unproven_checks);
  if (!taken.admitted) {
    ++refused_source_;
    ++shared_.totals.refused_source;
  }
  return taken.admitted && (taken.kind == dtls::Kind::Rtp || taken.kind == dtls::Kind::Rtcp);
}

void Leg::on_handshake(HandshakeReport report, TimePoint now) {
  if (!ice_) return;
  const auto outcome = ice_->on_report(std::move(report));
  if (outcome.to)
    for (const auto& datagram : outcome.outgoing)
      (void)sockets_.rtp.send(datagram, NativeAddress(*outcome.to, sockets_.rtp.v6()));
  if (outcome.keys) {
    set_keys(*outcome.keys, now);
    ++shared_.totals.handshakes;
  }
  if (!outcome.closed || !security_) return;
  security_ = std::make_unique<LegSecurity>();  // the peer's farewell, or none at all: nothing more is sent or believed
  ++shared_.totals.failed_handshakes;
}

}  // namespace parley::media
