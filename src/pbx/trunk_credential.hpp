#pragma once
#include <string>

#include <base/random.hpp>
#include <pbx/target_selection.hpp>
#include <sip/digest.hpp>
#include <sip/message.hpp>

namespace parley::pbx {

/// User and password at a carrier. Good for one realm, and for the servers that the trunk's host leads to.
struct TrunkCredential {
  std::string user, password;
  std::string realm;  // never empty in use: the trunk's host where nothing else was set
};

/// By which a dialog with a carrier answers its challenges.
struct CarrierLogin {
  TrunkCredential credential;
  Target asked;  // the server that the dialog is with
};

/// What a 401 or 407 that came from a carrier deserves.
struct ChallengeAnswer {
  enum class Verdict : std::uint8_t {
    Answer,
    OtherRealm,  // a password never answers for a realm that it is not meant for
    OtherHost,   // nor to anybody but the server that was asked
    Nothing,     // no challenge, or none by an algorithm of ours
  };
  Verdict verdict = Verdict::Nothing;
  sip::Header header = sip::Header::Authorization;
  std::string value;   // of that header
  std::string realm;   // that was asked for; a stranger's text, printable, short
  bool stale = false;  // the nonce was too old, the password not wrong
};

/// Answers only a challenge that came from `asked` (over TLS if that was asked by TLS) and names the credential's realm
/// (digest leak: a redirected or forged challenge would get a hash to try passwords against). What is refused is
/// counted. Source: RFC 7616, RFC 8760, RFC 3261 §22.
[[nodiscard]] ChallengeAnswer answer_carrier(const sip::Message& response, const TrunkCredential& credential,
                                             const Target& asked, sip::Method method, std::string_view uri,
                                             Random& random);

}  // namespace parley::pbx
