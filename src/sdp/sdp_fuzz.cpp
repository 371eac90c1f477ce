// libFuzzer entry: descriptions are parsed, asked for all they can say, answered and relayed; what we write must read
// back.
#include <base/assert.hpp>
#include <sdp/ice_dtls.hpp>
#include <sdp/offer_answer.hpp>

using namespace parley;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)sdp::is_trickle_fragment(text);
  const auto session = sdp::parse_session(text);
  if (!session) return 0;
  for (const auto& medium : session->media) {
    for (const auto& codec : medium.codecs()) (void)sdp::has_event(codec.fmtp, 5);
    (void)session->direction_of(medium);
    (void)session->rtcp_of(medium);
    (void)sdp::chosen_codec(medium);
    (void)medium.ptime();
    if (const auto transport = sdp::ice_dtls_of(*session, medium))
      PARLEY_ASSERT(!transport->fingerprints.empty() && transport->fingerprints.size() <= sdp::kMaxFingerprints);
  }
  sdp::LocalAudio audio;
  audio.rtp_port = 20000;
  audio.codecs = {{0, "PCMU", 8000, 1, ""}, {111, "opus", 48000, 2, ""}};
  if (const auto answer = sdp::build_answer(*session, {1, 1}, audio)) PARLEY_ASSERT(sdp::parse_session(answer->text));
  for (std::size_t i = 0; i < session->media.size(); ++i) {
    const auto relayed = sdp::relay_answer(*session, i, {{1, 2}, {}, 30000, 30001, std::nullopt, {}}, *session, i);
    if (!relayed) continue;
    const auto again = sdp::parse_session(*relayed);
    if (again) {
      PARLEY_ASSERT(again->media.size() == session->media.size());
    } else {  // at the bounds our own lines may be the one too many
      PARLEY_ASSERT(again.error().code == sdp::SdpErrc::TooLarge || again.error().code == sdp::SdpErrc::TooMany);
    }
  }
  return 0;
}
