#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include <sdp/offer_answer.hpp>

namespace parley::sdp {
namespace {

using Out = std::string;

std::string_view family_of(const IpAddress& address) noexcept { return address.v6 ? "IP6" : "IP4"; }

void write_head(Out& out, const Origin& origin, const IpAddress& address) {
  const auto text = address.text();
  fmt::format_to(std::back_inserter(out), "v=0\r\no=- {} {} IN {} {}\r\ns=-\r\nc=IN {} {}\r\nt=0 0\r\n", origin.id,
                 origin.version, family_of(address), text, family_of(address), text);
}

void write_codec(Out& out, const LocalCodec& codec) {
  fmt::format_to(std::back_inserter(out), "a=rtpmap:{} {}/{}", codec.payload_type, codec.name, codec.clock_rate);
  if (codec.channels > 1) fmt::format_to(std::back_inserter(out), "/{}", codec.channels);
  out += "\r\n";
  if (!codec.fmtp.empty()) fmt::format_to(std::back_inserter(out), "a=fmtp:{} {}\r\n", codec.payload_type, codec.fmtp);
}

void write_crypto_lines(Out& out, std::span<const std::string> lines) {
  for (const auto& line : lines) out.append("a=crypto:").append(line).append("\r\n");
}

void write_audio(Out& out, std::string_view profile, const LocalAudio& audio, std::span<const LocalCodec> codecs,
                 Direction direction, bool rtcp_mux) {
  fmt::format_to(std::back_inserter(out), "m=audio {} {}", audio.rtp_port, profile);
  for (const auto& codec : codecs) fmt::format_to(std::back_inserter(out), " {}", codec.payload_type);
  out += "\r\n";
  for (const auto& codec : codecs) write_codec(out, codec);
  write_crypto_lines(out, audio.crypto);
  out += audio.transport.media;
  if (audio.ptime != 0) fmt::format_to(std::back_inserter(out), "a=ptime:{}\r\n", audio.ptime);
  if (audio.rtcp_port != 0) fmt::format_to(std::back_inserter(out), "a=rtcp:{}\r\n", audio.rtcp_port);
  if (rtcp_mux) out += "a=rtcp-mux\r\n";
  out.append("a=").append(to_string(direction)).append("\r\n");
}

/// A rejected m= keeps its place, kind, profile and a format (RFC 3264 §6), and its name (RFC 8829 §5.3.1).
void write_rejected(Out& out, const Media& medium) {
  out.append("m=")
      .append(medium.kind_text)
      .append(" 0 ")
      .append(medium.profile_text)
      .append(" ")
      .append(medium.formats.front());
  out += "\r\n";
  if (const auto* const mid = medium.find("mid")) out.append("a=mid:").append(mid->value).append("\r\n");
}

/// Every m= line of `lines` rejected but number `used`, which `write` writes; no lines: that one alone.
template <class Write>
void write_lines(Out& out, const Session* lines, std::size_t used, Write&& write) {
  if (lines == nullptr) return write();
  for (std::size_t i = 0; i < lines->media.size(); ++i) {
    if (i == used) {
      write();
    } else {
      write_rejected(out, lines->media[i]);
    }
  }
}

bool same_encoding(const Codec& offered, const LocalCodec& ours) noexcept {
  Codec local;
  local.name = ours.name;
  local.clock_rate = ours.clock_rate;
  local.channels = ours.channels;
  return offered.same_encoding(local);
}

/// Attributes that describe the codec and how it is used. Everything else belongs to the transport, or to what only the
/// end that wrote it can mean, and is not passed on.
bool passes(std::string_view name) noexcept {
  constexpr std::string_view kPassed[] = {"rtpmap", "fmtp",    "ptime", "maxptime",  "silenceSupp",
                                          "lang",   "content", "label", "framerate", "imageattr"};
  return std::ranges::find(kPassed, name) != std::end(kPassed);
}

std::optional<std::uint8_t> leading_number(std::string_view value) noexcept {
  unsigned number = 0;
  std::size_t at = 0;
  for (; at < value.size() && value[at] >= '0' && value[at] <= '9' && number < 1000; ++at)
    number = number * 10 + static_cast<unsigned>(value[at] - '0');
  return at == 0 || number > 127 ? std::nullopt : std::optional(static_cast<std::uint8_t>(number));
}

std::optional<std::string> relayed(const Session& from, std::size_t stream, const RelayOptions& options,
                                   const Session* lines, std::size_t used) {
  const Media& medium = from.media.at(stream);
  const auto allowed = [&](std::uint8_t payload_type) {
    return options.payload_types.empty() ||
           std::ranges::find(options.payload_types, payload_type) != options.payload_types.end();
  };
  std::vector<std::string_view> formats;
  for (const auto format : medium.formats)
    if (const auto number = leading_number(format); number && allowed(*number)) formats.push_back(format);
  if (medium.rejected() || !is_rtp(medium.profile) || formats.empty()) return std::nullopt;

  // An answer keeps the profile of what it answers (RFC 3264 §6).
  const auto profile = !options.profile.empty()                                 ? options.profile
                       : lines != nullptr && is_rtp(lines->media[used].profile) ? lines->media[used].profile_text
                       : is_plain_rtp(medium.profile)                           ? medium.profile_text
                                                                                : std::string_view("RTP/AVP");
  Out out;
  out.reserve(from.text.size() + 128);
  write_head(out, options.origin, options.address);
  out += options.transport.session;
  write_lines(out, lines, used, [&] {
    fmt::format_to(std::back_inserter(out), "m={} {} {}", medium.kind_text, options.rtp_port, profile);
    for (const auto format : formats) out.append(" ").append(format);
    out += "\r\n";
    for (const auto& attribute : medium.attributes) {
      if (!passes(attribute.name)) continue;
      const bool per_format = attribute.name == "rtpmap" || attribute.name == "fmtp";
      const auto number = leading_number(attribute.value);
      if (per_format && (!number || !allowed(*number))) continue;
      out.append("a=").append(attribute.name);
      if (attribute.has_value) out.append(":").append(attribute.value);
      out += "\r\n";
    }
    write_crypto_lines(out, options.crypto);
    out += options.transport.media;
    if (options.rtcp_port != 0) fmt::format_to(std::back_inserter(out), "a=rtcp:{}\r\n", options.rtcp_port);
    out.append("a=").append(to_string(options.direction.value_or(from.direction_of(medium)))).append("\r\n");
  });
  return out;
}

}  // namespace

std::string build_offer(const Origin& origin, const LocalAudio& audio, const Standing& standing) {
  Out out;
  out.reserve(512);
  write_head(out, origin, audio.address);
  out += audio.transport.session;
  write_lines(out, standing.ours, standing.audio,
              [&] { write_audio(out, audio.profile, audio, audio.codecs, audio.direction, audio.rtcp_mux); });
  return out;
}

std::optional<Answer> build_answer(const Session& offer, const Origin& origin, const LocalAudio& audio) {
  Answer answer;
  const Media* taken = nullptr;
  for (std::size_t i = 0; i < offer.media.size() && taken == nullptr; ++i) {
    const Media& medium = offer.media[i];
    if (medium.kind != MediaKind::Audio || medium.rejected()) continue;
    if (audio.line ? i != *audio.line || !is_rtp(medium.profile) : !is_plain_rtp(medium.profile)) continue;
    std::vector<LocalCodec> chosen;
    bool speech = false;
    for (const Codec& codec : medium.codecs()) {
      const auto ours =
          std::ranges::find_if(audio.codecs, [&](const LocalCodec& local) { return same_encoding(codec, local); });
      if (ours == audio.codecs.end()) continue;
      speech = speech || !codec.is_telephone_event();
      chosen.push_back({codec.payload_type, std::string(codec.name), codec.clock_rate, codec.channels, ours->fmtp});
    }
    if (!speech) continue;
    taken = &medium;
    answer.media_index = i;
    answer.codecs = std::move(chosen);
  }
  if (taken == nullptr) return std::nullopt;
  const auto theirs = mirrored(offer.direction_of(*taken));
  answer.direction =
      make_direction(sends(theirs) && sends(audio.direction), receives(theirs) && receives(audio.direction));
  answer.text.reserve(512);
  write_head(answer.text, origin, audio.address);
  answer.text += audio.transport.session;
  for (std::size_t i = 0; i < offer.media.size(); ++i) {
    if (i == answer.media_index) {
      write_audio(answer.text, taken->profile_text, audio, answer.codecs, answer.direction,
                  audio.rtcp_mux && taken->rtcp_mux());
    } else {
      write_rejected(answer.text, offer.media[i]);
    }
  }
  return answer;
}

std::optional<std::string> relay_offer(const Session& from, std::size_t stream, const RelayOptions& options,
                                       const Standing& standing) {
  return relayed(from, stream, options, standing.ours, standing.audio);
}

std::optional<std::string> relay_answer(const Session& from, std::size_t stream, const RelayOptions& options,
                                        const Session& offer, std::size_t taken) {
  return relayed(from, stream, options, &offer, taken);
}

std::vector<Codec> common_codecs(const Media& offer, const Media& answer) {
  std::vector<Codec> out;
  const auto answered = answer.codecs();
  for (const Codec& codec : offer.codecs())
    if (std::ranges::any_of(answered, [&](const Codec& other) { return codec.same_encoding(other); }))
      out.push_back(codec);
  return out;
}

std::optional<Codec> chosen_codec(const Media& answer) {
  for (const Codec& codec : answer.codecs())
    if (!codec.is_telephone_event() && !codec.name.empty() && codec.name != "CN") return codec;
  return std::nullopt;
}

bool has_event(std::string_view fmtp, unsigned event) noexcept {
  if (fmtp.empty()) return event <= 15;
  while (!fmtp.empty()) {
    const auto end = std::min(fmtp.find(','), fmtp.size());
    const auto range = fmtp.substr(0, end);
    fmtp.remove_prefix(std::min(end + 1, fmtp.size()));
    const auto dash = range.find('-');
    const auto first = leading_number(range.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : leading_number(range.substr(dash + 1));
    if (first && last && event >= *first && event <= *last) return true;
  }
  return false;
}

}  // namespace parley::sdp
