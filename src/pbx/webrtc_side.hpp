#pragma once
#include <memory>
#include <optional>
#include <string>

#include <dtls/identity.hpp>
#include <ice/credentials.hpp>
#include <media/media_types.hpp>
#include <pbx/media_gate.hpp>
#include <sdp/ice_dtls.hpp>

namespace parley::pbx {

/// Our side of ICE and DTLS towards one party, as our descriptions say it and the media engine has to do it: the same
/// credentials through all of a dialog, new ones when the party restarts ICE (RFC 8839 §4.4); the certificate of the
/// day that the leg began (dtls/identity.hpp).
/// Thread: the call's reactor. Lifetime: its LegMedia; moves along with the leg.
class WebrtcSide {
 public:
  /// `owner`: the reactor's number, which our ufrag carries.
  explicit WebrtcSide(unsigned owner) : owner_(owner) {}

  /// Lines of an offer of ours for one stream at this endpoint. nullopt: no certificate could be made.
  [[nodiscard]] std::optional<sdp::TransportLines> offer(MediaGate& gate, media::LegHandle leg, Random& random,
                                                         const Endpoint& own, const sdp::Media* standing);
  /// ... of our answer. nullopt: the offer's setup or credentials cannot be served.
  [[nodiscard]] std::optional<sdp::TransportLines> answer(MediaGate& gate, media::LegHandle leg, Random& random,
                                                          const Endpoint& own, const sdp::IceDtls& offer);
  /// Both descriptions are there. Errors: Unsupported (no fingerprint of a hash that we take, a peer that is lite too,
  /// no rtcp-mux, both ends waiting).
  [[nodiscard]] Result<media::RemoteIce> agree(const std::optional<sdp::IceDtls>& ours,
                                               const std::optional<sdp::IceDtls>& theirs);

 private:
  [[nodiscard]] bool prepare(MediaGate& gate, media::LegHandle leg, Random& random, bool renew);
  [[nodiscard]] sdp::TransportLines lines(const Endpoint& own, sdp::Setup setup, std::string_view mid,
                                          bool bundled) const;

  unsigned owner_;
  ice::Credentials credentials_;
  std::shared_ptr<const dtls::Identity> identity_;
  std::string remote_ufrag_;        // as agreed
  std::optional<dtls::Role> role_;  // ... ours
};

/// Whether an offer's or answer's stream can be served: what agree() would say of it alone.
[[nodiscard]] bool can_serve(const sdp::IceDtls& theirs);

}  // namespace parley::pbx
