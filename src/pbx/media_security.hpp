#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <base/random.hpp>
#include <sdp/crypto.hpp>
#include <sdp/ice_dtls.hpp>
#include <sdp/session.hpp>
#include <store/media_encryption.hpp>

namespace parley::pbx {

/// What one party's media may be. Pure rules over descriptions (RFC 3264, RFC 4568); they hold no state.
struct MediaSecurity {
  store::MediaEncryption policy = store::MediaEncryption::Optional;
  /// Keys stand in the description, so that only signalling which is encrypted itself may carry them (RFC 4568 §8.3),
  /// or where the operator said so.
  bool keys_may_pass = false;
  /// A party behind a WebSocket: its media is DTLS-SRTP, and our offers to it say so (RFC 8827 §6.5).
  bool browser = false;
  unsigned owner = 0;  // the call's reactor

  [[nodiscard]] bool may_encrypt() const noexcept { return policy != store::MediaEncryption::Off && keys_may_pass; }
  [[nodiscard]] bool may_be_plain() const noexcept { return policy != store::MediaEncryption::Required; }
};

/// Whether the media engine can anchor this stream: audio over RTP with a codec that it knows, secured by nothing or
/// SDES or DTLS.
[[nodiscard]] bool can_anchor(const sdp::Media& medium);
/// The first such stream; nullptr: none.
[[nodiscard]] const sdp::Media* anchored(const sdp::Session& session);

/// Which of an offer's streams is taken, and with which of its keys.
struct ChosenStream {
  std::size_t line = 0;
  std::optional<sdp::CryptoLine> crypto{};  // the offerer's; nullopt: plain RTP
};
/// One over DTLS whatever the policy (its keys pass through nobody's signalling); an encrypted one where that may be,
/// in the offerer's order; plain RTP only if the policy lets it. nullopt: 488.
[[nodiscard]] std::optional<ChosenStream> choose_stream(const sdp::Session& offer, const MediaSecurity& security);
/// Why not, for the call's record.
[[nodiscard]] std::string_view why_not(const std::string& offer, const MediaSecurity& security);

/// How an offer of ours is secured. Best effort is RTP/AVP with keys beside it, which who cannot do it overlooks.
struct OfferedSecurity {
  std::string_view profile;  // of `standing`, or a literal
  std::vector<std::string> lines;
  sdp::TransportLines transport{};  // of ICE and DTLS (webrtc_side.hpp)
};
/// `standing`: our stream as agreed or last offered, whose profile and keys go on; nullptr: the first offer. nullopt:
/// the policy demands what may not be offered.
[[nodiscard]] std::optional<OfferedSecurity> offered_security(const MediaSecurity& security, const sdp::Media* standing,
                                                              Random& random);
/// The line that accepts the offerer's: its tag and suite, our key. The one of `standing` goes on if it is of that
/// suite.
[[nodiscard]] std::string accepted_line(const sdp::CryptoLine& theirs, const sdp::Media* standing, Random& random);

/// What both descriptions agree on: nullptr is plain RTP. Errors: Unsupported (encryption was demanded by the policy or
/// a profile, and is not there).
[[nodiscard]] Result<std::shared_ptr<const srtp::KeyPair>> agreed_keys(const MediaSecurity& security,
                                                                       const sdp::Media& ours,
                                                                       const sdp::Media& theirs);

}  // namespace parley::pbx
