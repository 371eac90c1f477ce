#include <algorithm>

#include <codec/format.hpp>
#include <pbx/media_security.hpp>
#include <pbx/webrtc_side.hpp>

namespace parley::pbx {
namespace {

bool is_sdes(sdp::Profile profile) noexcept {
  return profile == sdp::Profile::RtpSavp || profile == sdp::Profile::RtpSavpf;
}

const sdp::CryptoLine* line_of(const std::vector<sdp::CryptoLine>& lines, srtp::Profile profile) {
  const auto found = std::ranges::find_if(lines, [&](const auto& line) { return line.key.profile() == profile; });
  return found == lines.end() ? nullptr : &*found;
}

}  // namespace

bool can_anchor(const sdp::Media& medium) {
  return medium.kind == sdp::MediaKind::Audio && !medium.rejected() &&
         (sdp::is_plain_rtp(medium.profile) || is_sdes(medium.profile) || sdp::is_dtls(medium.profile)) &&
         std::ranges::any_of(medium.codecs(), [](const sdp::Codec& codec) {
           return codec::codec_by_name(codec.name, codec.clock_rate).has_value();
         });
}

const sdp::Media* anchored(const sdp::Session& session) {
  const auto found = std::ranges::find_if(session.media, can_anchor);
  return found == session.media.end() ? nullptr : &*found;
}

std::optional<ChosenStream> choose_stream(const sdp::Session& offer, const MediaSecurity& security) {
  for (std::size_t i = 0; i < offer.media.size(); ++i) {
    const auto transport = sdp::ice_dtls_of(offer, offer.media[i]);
    if (transport && can_anchor(offer.media[i]) && can_serve(*transport)) return ChosenStream{i};
  }
  for (const bool encrypted : {true, false}) {
    if (encrypted ? !security.may_encrypt() : !security.may_be_plain()) continue;
    for (std::size_t i = 0; i < offer.media.size(); ++i) {
      const auto& medium = offer.media[i];
      if (!can_anchor(medium)) continue;
      if (!encrypted && sdp::is_plain_rtp(medium.profile)) return ChosenStream{i};
      if (!encrypted) continue;
      if (const auto lines = sdp::crypto_lines(medium); !lines.empty()) return ChosenStream{i, lines.front()};
    }
  }
  return std::nullopt;
}

std::string_view why_not(const std::string& offer, const MediaSecurity& security) {
  const auto session = sdp::parse_session(offer);
  const auto* stream = session ? anchored(*session) : nullptr;
  if (!stream) return "no usable audio offered";
  const bool keys = !sdp::crypto_lines(*stream).empty();
  if (keys && security.policy != store::MediaEncryption::Off && !security.keys_may_pass)
    return "media keys were offered over signalling that is not encrypted";
  if (!security.may_be_plain()) return "media must be encrypted, and no usable key was offered";
  return "encrypted media was offered that cannot be taken";
}

std::optional<OfferedSecurity> offered_security(const MediaSecurity& security, const sdp::Media* standing,
                                                Random& random) {
  if (!security.may_encrypt() && !security.may_be_plain()) return std::nullopt;
  OfferedSecurity out{security.may_be_plain() ? "RTP/AVP" : "RTP/SAVP", {}};
  if (standing != nullptr) {
    out.profile = standing->profile_text;
    for (const auto& line : sdp::crypto_lines(*standing)) out.lines.push_back(sdp::write_crypto(line));
  } else if (security.may_encrypt()) {
    for (const auto profile : srtp::kProfiles)
      out.lines.push_back(sdp::write_crypto(
          {static_cast<std::uint32_t>(out.lines.size() + 1), srtp::MasterKey::make(profile, random)}));
  }
  return out;
}

std::string accepted_line(const sdp::CryptoLine& theirs, const sdp::Media* standing, Random& random) {
  const auto profile = theirs.key.profile();
  const auto lines = standing != nullptr ? sdp::crypto_lines(*standing) : std::vector<sdp::CryptoLine>{};
  const auto* own = line_of(lines, profile);
  return sdp::write_crypto({theirs.tag, own != nullptr ? own->key : srtp::MasterKey::make(profile, random)});
}

Result<std::shared_ptr<const srtp::KeyPair>> agreed_keys(const MediaSecurity& security, const sdp::Media& ours,
                                                         const sdp::Media& theirs) {
  const auto own = sdp::crypto_lines(ours);
  for (const auto& line : own.empty() ? std::vector<sdp::CryptoLine>{} : sdp::crypto_lines(theirs))
    for (const auto& mine : own)
      if (mine.tag == line.tag && mine.key.profile() == line.key.profile())
        return std::make_shared<const srtp::KeyPair>(mine.key, line.key);
  if (!security.may_be_plain() || is_sdes(ours.profile) || is_sdes(theirs.profile))
    return fail(Errc::Unsupported, "no agreed key for encrypted media");
  return nullptr;
}

}  // namespace parley::pbx
