#pragma once
#include <optional>
#include <string>

#include <base/random.hpp>
#include <base/result.hpp>
#include <pbx/media_gate.hpp>
#include <sdp/offer_answer.hpp>

namespace parley::pbx {

/// The media of one leg: its ports at the media engine, and the offer/answer state between us and this one party
/// (RFC 3264). Descriptions of the other party pass through with our address in them; codecs stay as they are, those
/// that nobody here can relay (unknown formats, video, encrypted transports) are left out.
/// Thread: the call's reactor.   Lifetime: its CallLeg; the destructor gives the ports back.
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
    bool holds = false, speaks = true;
  };
  LegMedia(MediaGate& gate, Moved moved);
  [[nodiscard]] Moved move_out();

  [[nodiscard]] Result<void> open(media::LegCallbacks callbacks);
  [[nodiscard]] media::LegHandle handle() const noexcept { return open_.handle; }
  /// Gives the ports back; `closed` gets the figures (by the poster of open()). Once.
  void close(MediaGate::Closed closed);

  /// Whether a description has an audio stream that can be anchored (else: 488).
  [[nodiscard]] static bool usable(const std::string& sdp);

  /// Texts to send to this party. Each is kept as our latest description, its version counted up if it differs from the
  /// one before.
  [[nodiscard]] std::string offer_of_ours(const IpAddress& address);
  [[nodiscard]] std::optional<std::string> answer_of_ours(const std::string& offer, const IpAddress& address);
  /// What the other party said (offer or answer), as an offer of ours; `direction` instead of the other's. nullopt:
  /// nothing usable in it.
  [[nodiscard]] std::optional<std::string> relayed_offer(const std::string& sdp, const IpAddress& address,
                                                         std::optional<sdp::Direction> direction = std::nullopt);
  /// ... as our answer to this party's `offer`.
  [[nodiscard]] std::optional<std::string> relayed_answer(const std::string& sdp, const std::string& offer,
                                                          const IpAddress& address);
  [[nodiscard]] const std::string& local() const noexcept { return local_; }

  /// Offer and answer are both there: our latest description and this one of the party. Points the media engine at it.
  /// Errors: Invalid (unreadable), Unsupported (no codec in common).
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
  [[nodiscard]] const std::string& codec() const noexcept { return codec_; }  // "PCMU", …; empty before agree()

 private:
  std::optional<std::string> relayed(const std::string& sdp, const IpAddress& address, const std::string* offer,
                                     std::optional<sdp::Direction> direction);
  std::string versioned(const std::function<std::string(const sdp::Origin&)>& write);
  MediaGate& gate_;
  media::OpenLeg open_;
  sdp::Origin origin_;
  [[nodiscard]] const std::string& agreed_local() const noexcept { return before_ ? *before_ : local_; }
  std::string local_, remote_, codec_;
  std::optional<std::string> before_;  // our description that was agreed last, while local_ is another one
  bool holds_ = false, speaks_ = true;
};

}  // namespace parley::pbx
