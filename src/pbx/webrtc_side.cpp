#include <algorithm>

#include <pbx/webrtc_side.hpp>

namespace parley::pbx {
namespace {

std::vector<dtls::Fingerprint> fingerprints_of(const sdp::IceDtls& theirs) {
  std::vector<dtls::Fingerprint> out;
  for (const auto text : theirs.fingerprints)
    if (const auto one = dtls::Fingerprint::parse(text)) out.push_back(*one);
  return out;
}

}  // namespace

bool can_serve(const sdp::IceDtls& theirs) {
  return theirs.rtcp_mux && !theirs.lite && theirs.setup != sdp::Setup::HoldConn && ice::is_ufrag(theirs.ufrag) &&
         ice::is_password(theirs.password) && !fingerprints_of(theirs).empty();
}

bool WebrtcSide::prepare(MediaGate& gate, media::LegHandle leg, Random& random, bool renew) {
  if (!identity_) identity_ = gate.dtls_identity();
  if (!identity_) return false;
  if (renew || credentials_.ufrag.empty()) credentials_ = ice::mint_credentials(owner_, random);
  gate.set_local_ice(leg, {credentials_, identity_});
  return true;
}

sdp::TransportLines WebrtcSide::lines(const Endpoint& own, sdp::Setup setup, std::string_view mid, bool bundled) const {
  const auto fingerprint = identity_->fingerprint().text();
  const Endpoint candidates[] = {own};
  return sdp::write_ice_dtls({.ufrag = credentials_.ufrag,
                              .password = credentials_.password,
                              .fingerprint = fingerprint,
                              .setup = setup,
                              .mid = mid,
                              .bundled = bundled,
                              .candidates = candidates});
}

std::optional<sdp::TransportLines> WebrtcSide::offer(MediaGate& gate, media::LegHandle leg, Random& random,
                                                     const Endpoint& own, const sdp::Media* standing) {
  if (!prepare(gate, leg, random, false)) return std::nullopt;
  const auto* const mid = standing != nullptr ? standing->find("mid") : nullptr;
  return lines(own, sdp::Setup::ActPass, mid != nullptr ? mid->value : "0", true);
}

std::optional<sdp::TransportLines> WebrtcSide::answer(MediaGate& gate, media::LegHandle leg, Random& random,
                                                      const Endpoint& own, const sdp::IceDtls& offer) {
  if (!can_serve(offer)) return std::nullopt;
  const bool restart = !remote_ufrag_.empty() && remote_ufrag_ != offer.ufrag;
  if (!prepare(gate, leg, random, restart)) return std::nullopt;
  // Passive where we may choose: the peer, which sends the checks, also knows when there is a path. An association
  // that stands keeps its roles (RFC 8842 §5.3).
  const bool active =
      offer.setup == sdp::Setup::Passive || (offer.setup == sdp::Setup::ActPass && role_ == dtls::Role::Client);
  return lines(own, active ? sdp::Setup::Active : sdp::Setup::Passive, offer.mid, offer.bundled);
}

Result<media::RemoteIce> WebrtcSide::agree(const std::optional<sdp::IceDtls>& ours,
                                           const std::optional<sdp::IceDtls>& theirs) {
  if (!ours || !theirs || !can_serve(*theirs)) return fail(Errc::Unsupported, "no DTLS-SRTP that both ends can do");
  // Our own word decides if we answered; else the party's answer does, where actpass stands for active.
  const auto setup = ours->setup != sdp::Setup::ActPass     ? ours->setup
                     : theirs->setup == sdp::Setup::Passive ? sdp::Setup::Active
                                                            : sdp::Setup::Passive;
  role_ = setup == sdp::Setup::Active ? dtls::Role::Client : dtls::Role::Server;
  remote_ufrag_ = theirs->ufrag;
  return media::RemoteIce{
      {std::string(theirs->ufrag), std::string(theirs->password)}, fingerprints_of(*theirs), *role_};
}

}  // namespace parley::pbx
