#pragma once
#include <optional>
#include <string>

#include <base/random.hpp>
#include <base/result.hpp>
#include <pbx/media_gate.hpp>
#include <pbx/media_security.hpp>
#include <pbx/webrtc_side.hpp>
#include <sdp/offer_answer.hpp>

namespace parley::pbx {

/// The media of one leg: its ports at the media engine, and the offer/answer state between us and this one party
/// (RFC 3264). Descriptions of the other party pass through with our address in them; codecs stay as they are, those
/// that nobody here can relay (unknown formats, video) are left out. Whether a party's media is encrypted is agreed
/// with it alone (SDES, RFC 4568; DTLS-SRTP, RFC 5763; media_security.hpp): keys of ours stand in our descriptions, and
/// are never the other's. Thread: the call's reactor.   Lifetime: its CallLeg; the destructor gives the ports back.
class LegMedia {
 public:
  LegMedia(MediaGate& gate, Random& random);
  ~LegMedia();
  LegMedia(const LegMedia&) = delete;
  LegMedia& operator=(const LegMedia&) = delete;

  /// What goes along when the leg goes on in another call.
  struct Moved {
    media::OpenLeg open;
    sdp::Origin origin;
    std::string local, remote, codec;
    bool holds = false, speaks = true, encrypted = false;
    MediaSecurity security{};
    std::optional<WebrtcSide> webrtc{};
  };
  LegMedia(MediaGate& gate, Random& random, Moved moved);
  [[nodiscard]] Moved move_out();

  [[nodiscard]] Result<void> open(media::LegCallbacks callbacks);
  [[nodiscard]] media::LegHandle handle() const noexcept { return open_.handle; }
  /// Gives the ports back; `closed` gets the figures (by the poster of open()). Once.
  void close(MediaGate::Closed closed);

  /// What this party's media has to be. Before the first description.
  void secure(const MediaSecurity& security) noexcept { security_ = security; }
  /// false: it must be encrypted, and no offer may carry the keys (488).
  [[nodiscard]] bool can_offer() const noexcept { return security_.may_encrypt() || security_.may_be_plain(); }
  /// Whether an offer of this party has an audio stream that can be anchored and is as it has to be (else: 488).
  [[nodiscard]] bool accepts(const std::string& offer) const;
  /// Why it has none.
  [[nodiscard]] std::string why_not(const std::string& offer) const {
    return std::string(pbx::why_not(offer, security_));
  }

  /// Texts to send to this party. Each is kept as our latest description, its version counted up if it differs from the
  /// one before. nullopt: nothing usable in what it is made from, or this party's media must be encrypted and cannot
  /// be.
  [[nodiscard]] std::optional<std::string> offer_of_ours(const IpAddress& address);
  [[nodiscard]] std::optional<std::string> answer_of_ours(const std::string& offer, const IpAddress& address);
  /// What the other party said (offer or answer), as an offer of ours; `direction` instead of the other's.
  [[nodiscard]] std::optional<std::string> relayed_offer(const std::string& sdp, const IpAddress& address,
                                                         std::optional<sdp::Direction> direction = std::nullopt);
  /// ... as our answer to this party's `offer`.
  [[nodiscard]] std::optional<std::string> relayed_answer(const std::string& sdp, const std::string& offer,
                                                          const IpAddress& address);
  [[nodiscard]] const std::string& local() const noexcept { return local_; }

  /// Offer and answer are both there: our latest description and this one of the party. Points the media engine at it.
  /// Errors: Invalid (unreadable), Unsupported (no codec in common, or not encrypted as it has to be).
  [[nodiscard]] Result<void> agree(const std::string& remote, bool remote_is_answer,
                                   const IpAddress& signalling_source);
  /// Back to what was agreed last (an offer was refused).
  void keep_agreed() {
    if (before_) local_ = std::move(*before_);
    before_.reset();
  }
  [[nodiscard]] bool agreed() const noexcept { return !remote_.empty(); }
  [[nodiscard]] const std::string& remote() const noexcept { return remote_; }
  /// This party has put the other on hold (it does not want to hear anything).
  [[nodiscard]] bool holds() const noexcept { return holds_; }
  /// As agreed it may send us something.
  [[nodiscard]] bool speaks() const noexcept { return speaks_; }
  [[nodiscard]] bool encrypted() const noexcept { return encrypted_; }        // as agreed
  [[nodiscard]] const std::string& codec() const noexcept { return codec_; }  // "PCMU", …; empty before agree()

 private:
  std::optional<std::string> relayed(const std::string& sdp, const IpAddress& address, const std::string* offer,
                                     std::optional<sdp::Direction> direction);
  /// How offers of ours to this party are carried; nullopt: not as the policy wants it.
  std::optional<OfferedSecurity> offered(const sdp::Media* standing, const IpAddress& address);
  /// ... our answer to this stream of its offer.
  std::optional<OfferedSecurity> accepted(const sdp::Session& offer, const ChosenStream& chosen,
                                          const IpAddress& address);
  [[nodiscard]] std::uint16_t rtcp_port(const OfferedSecurity& security) const noexcept;
  Result<void> secure_towards(media::RemoteMedia& to, const sdp::Session& ours, const sdp::Media& our_stream,
                              const sdp::Session& theirs, const sdp::Media& their_stream);
  std::string versioned(const std::function<std::string(const sdp::Origin&)>& write);
  MediaGate& gate_;
  Random& random_;
  MediaSecurity security_;
  std::optional<WebrtcSide> webrtc_;
  media::OpenLeg open_;
  sdp::Origin origin_;
  [[nodiscard]] const std::string& agreed_local() const noexcept { return before_ ? *before_ : local_; }
  std::string local_, remote_, codec_;
  std::optional<std::string> before_;  // our description that was agreed last, while local_ is another one
  bool holds_ = false, speaks_ = true, encrypted_ = false;
};

}  // namespace parley::pbx
