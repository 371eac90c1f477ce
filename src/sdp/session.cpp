#include <algorithm>
#include <array>
#include <charconv>

#include <sdp/session.hpp>

namespace parley::sdp {
namespace {

bool iequals(std::string_view a, std::string_view b) noexcept {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [&](char x, char y) { return lower(x) == lower(y); });
}

template <class Int>
bool to_number(std::string_view text, Int& value) noexcept {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

/// Takes the next word off; words are separated by spaces (one by the grammar, more in the wild).
std::string_view word(std::string_view& rest) noexcept {
  while (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
  const auto end = std::min(rest.find(' '), rest.size());
  const auto out = rest.substr(0, end);
  rest.remove_prefix(end);
  return out;
}

struct KindRow {
  std::string_view name;
  MediaKind kind;
};
constexpr KindRow kKinds[] = {{"audio", MediaKind::Audio}, {"video", MediaKind::Video},
                              {"image", MediaKind::Image}, {"application", MediaKind::Application},
                              {"text", MediaKind::Text},   {"message", MediaKind::Message}};
struct ProfileRow {
  std::string_view name;
  Profile profile;
};
constexpr ProfileRow kProfiles[] = {{"RTP/AVP", Profile::RtpAvp},
                                    {"RTP/AVPF", Profile::RtpAvpf},
                                    {"RTP/SAVP", Profile::RtpSavp},
                                    {"RTP/SAVPF", Profile::RtpSavpf},
                                    {"UDP/TLS/RTP/SAVP", Profile::DtlsSavp},
                                    {"UDP/TLS/RTP/SAVPF", Profile::DtlsSavpf},
                                    {"udptl", Profile::Udptl}};

struct StaticCodec {
  std::string_view name;
  std::uint32_t clock_rate;
  std::uint8_t payload_type;
};
constexpr StaticCodec kStaticCodecs[] = {  // RFC 3551 §6, audio; G722 has the clock of 8000 by an old mistake
    {"PCMU", 8000, 0},   {"GSM", 8000, 3},    {"G723", 8000, 4},  {"PCMA", 8000, 8},
    {"G722", 8000, 9},   {"CN", 8000, 13},    {"G728", 8000, 15}, {"G729", 8000, 18},
    {"JPEG", 90000, 26}, {"H261", 90000, 31}, {"H263", 90000, 34}};

class SessionParser {
 public:
  explicit SessionParser(std::string_view text) { session_.text = text; }

  Result<Session, ParseError> run() {
    const auto text = session_.text;
    if (text.size() > kMaxText) return std::unexpected(ParseError{SdpErrc::TooLarge, kMaxText});
    std::size_t at = 0;
    while (at < text.size() && !error_) {
      line_at_ = at;
      const auto end = std::min(text.find('\n', at), text.size());
      auto line = text.substr(at, end - at);
      at = end + 1;
      if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
      if (line.empty() && at >= text.size()) break;
      if (line.size() < 2 || line[1] != '=' || line.find('\r') != std::string_view::npos ||
          line.find('\0') != std::string_view::npos)
        return bad(SdpErrc::BadLine);
      take(line[0], line.substr(2));
    }
    if (!error_ && (!version_ || session_.origin_address.empty()))
      error_ = ParseError{SdpErrc::Missing, static_cast<std::uint32_t>(text.size())};
    if (error_) return std::unexpected(*error_);
    return std::move(session_);
  }

 private:
  std::unexpected<ParseError> bad(SdpErrc code) {
    return std::unexpected(ParseError{code, static_cast<std::uint32_t>(line_at_)});
  }
  void fault(SdpErrc code) {
    if (!error_) error_ = ParseError{code, static_cast<std::uint32_t>(line_at_)};
  }

  void take(char type, std::string_view value) {
    if (!version_ && type != 'v') return fault(SdpErrc::BadOrder);
    switch (type) {
      case 'v':
        if (version_) return fault(SdpErrc::BadOrder);
        version_ = true;
        if (value != "0") fault(SdpErrc::BadVersion);
        return;
      case 'o': return origin(value);
      case 's': session_.name = value; return;
      case 'c': return connection(value);
      case 'm': return media(value);
      case 'a': return attribute(value);
      case 't': return times(value);
      case 'i':
      case 'u':
      case 'e':
      case 'p':
      case 'b':
      case 'z':
      case 'k':
      case 'r': return;  // nothing in a call depends on them
      default: return fault(SdpErrc::BadLine);
    }
  }

  void origin(std::string_view value) {
    if (!session_.media.empty() || !session_.origin_address.empty()) return fault(SdpErrc::BadOrder);
    session_.origin_user = word(value);
    session_.origin_id = word(value);
    session_.origin_version = word(value);
    const auto net = word(value);
    const auto family = word(value);
    session_.origin_address = word(value);
    const auto digits = [](std::string_view text) {
      return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
    };
    if (!digits(session_.origin_id) || !digits(session_.origin_version)) return fault(SdpErrc::BadNumber);
    if (net != "IN" || (family != "IP4" && family != "IP6") || session_.origin_address.empty())
      fault(SdpErrc::BadAddress);
  }

  void times(std::string_view value) {
    for (int i = 0; i < 2; ++i) {  // start and stop
      std::uint64_t number = 0;
      if (!to_number(word(value), number)) fault(SdpErrc::BadNumber);
    }
  }

  void connection(std::string_view value) {
    const auto net = word(value);
    const auto family = word(value);
    auto address = word(value);
    if (net != "IN" || (family != "IP4" && family != "IP6") || address.empty()) return fault(SdpErrc::BadAddress);
    address = address.substr(0, address.find('/'));  // TTL and count of multicast
    const Connection made{address, IpAddress::parse(address)};
    auto& into = session_.media.empty() ? session_.connection : session_.media.back().connection;
    if (!into) into = made;
  }

  void media(std::string_view value) {
    if (session_.media.size() >= kMaxMedia) return fault(SdpErrc::TooMany);
    Media medium;
    medium.kind_text = word(value);
    for (const auto& row : kKinds)
      if (iequals(row.name, medium.kind_text)) medium.kind = row.kind;
    auto port = word(value);
    if (const auto slash = port.find('/'); slash != std::string_view::npos) {
      if (!to_number(port.substr(slash + 1), medium.port_count) || medium.port_count == 0)
        return fault(SdpErrc::BadNumber);
      port = port.substr(0, slash);
    }
    if (!to_number(port, medium.port)) return fault(SdpErrc::BadNumber);
    medium.profile_text = word(value);
    for (const auto& row : kProfiles)
      if (iequals(row.name, medium.profile_text)) medium.profile = row.profile;
    for (auto format = word(value); !format.empty(); format = word(value)) {
      if (medium.formats.size() >= kMaxFormats) return fault(SdpErrc::TooMany);
      std::uint8_t payload_type = 0;
      if (is_rtp(medium.profile) && (!to_number(format, payload_type) || payload_type > 127))
        return fault(SdpErrc::BadNumber);
      medium.formats.push_back(format);
    }
    if (medium.kind_text.empty() || medium.profile_text.empty() || medium.formats.empty())
      return fault(SdpErrc::BadLine);
    session_.media.push_back(std::move(medium));
  }

  void attribute(std::string_view value) {
    if (++attributes_ > kMaxAttributes) return fault(SdpErrc::TooMany);
    const auto colon = value.find(':');
    Attribute made{value.substr(0, colon), {}, colon != std::string_view::npos};
    if (made.has_value) made.value = value.substr(colon + 1);
    if (made.name.empty()) return fault(SdpErrc::BadLine);
    (session_.media.empty() ? session_.attributes : session_.media.back().attributes).push_back(made);
  }

  Session session_;
  std::optional<ParseError> error_;
  std::size_t line_at_ = 0;
  std::size_t attributes_ = 0;
  bool version_ = false;
};

std::optional<Direction> direction_in(const std::vector<Attribute>& attributes) noexcept {
  for (const auto& attribute : attributes)
    for (const auto direction : {Direction::SendRecv, Direction::SendOnly, Direction::RecvOnly, Direction::Inactive})
      if (!attribute.has_value && attribute.name == to_string(direction)) return direction;
  return std::nullopt;
}

/// "111 opus/48000/2": whether it is for this payload type, and what it says.
bool read_rtpmap(std::string_view value, Codec& codec) noexcept {
  std::uint8_t payload_type = 0;
  if (!to_number(word(value), payload_type) || payload_type != codec.payload_type) return false;
  auto encoding = word(value);
  const auto slash = encoding.find('/');
  if (slash == 0 || slash == std::string_view::npos) return false;
  Codec read = codec;
  read.name = encoding.substr(0, slash);
  encoding.remove_prefix(slash + 1);
  const auto second = encoding.find('/');
  if (!to_number(encoding.substr(0, second), read.clock_rate) || read.clock_rate == 0) return false;
  read.channels = 1;
  if (second != std::string_view::npos && !to_number(encoding.substr(second + 1), read.channels)) return false;
  codec = read;
  return true;
}

}  // namespace

std::string_view to_string(SdpErrc code) noexcept {
  constexpr std::string_view kNames[] = {"too large",   "too many",   "bad line",    "lines out of order",
                                         "bad version", "bad number", "bad address", "missing line"};
  return kNames[static_cast<std::size_t>(code)];
}

std::string_view to_string(Direction direction) noexcept {
  constexpr std::string_view kNames[] = {"sendrecv", "sendonly", "recvonly", "inactive"};
  return kNames[static_cast<std::size_t>(direction)];
}

bool Codec::same_encoding(const Codec& other) const noexcept {
  return !name.empty() && iequals(name, other.name) && clock_rate == other.clock_rate && channels == other.channels;
}

bool Codec::is_telephone_event() const noexcept { return iequals(name, "telephone-event"); }

const Attribute* Media::find(std::string_view name) const noexcept {
  const auto found = std::ranges::find(attributes, name, &Attribute::name);
  return found == attributes.end() ? nullptr : &*found;
}

std::vector<Codec> Media::codecs() const {
  std::vector<Codec> out;
  if (!is_rtp(profile)) return out;
  out.reserve(formats.size());
  for (const auto format : formats) {
    Codec codec;
    if (!to_number(format, codec.payload_type)) continue;
    for (const auto& row : kStaticCodecs) {
      if (row.payload_type != codec.payload_type) continue;
      codec.name = row.name;
      codec.clock_rate = row.clock_rate;
    }
    for (const auto& attribute : attributes) {
      if (attribute.name == "rtpmap") {
        (void)read_rtpmap(attribute.value, codec);
      } else if (attribute.name == "fmtp" && codec.fmtp.empty()) {
        auto rest = attribute.value;
        if (word(rest) != format) continue;
        while (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
        codec.fmtp = rest;
      }
    }
    out.push_back(codec);
  }
  return out;
}

std::optional<unsigned> Media::ptime() const noexcept {
  const auto* const attribute = find("ptime");
  unsigned value = 0;
  if (attribute == nullptr || !to_number(attribute->value, value) || value == 0 || value > 1000) return std::nullopt;
  return value;
}

const Attribute* Session::find(std::string_view attribute) const noexcept {
  const auto found = std::ranges::find(attributes, attribute, &Attribute::name);
  return found == attributes.end() ? nullptr : &*found;
}

Direction Session::direction_of(const Media& medium) const noexcept {
  const auto direction =
      direction_in(medium.attributes).value_or(direction_in(attributes).value_or(Direction::SendRecv));
  const auto& where = medium.connection ? medium.connection : connection;
  const bool held = where && where->address && where->address->is_unspecified() && !medium.has("ice-ufrag") &&
                    find("ice-ufrag") == nullptr;
  return held ? make_direction(sends(direction), false) : direction;
}

std::optional<Endpoint> Session::rtp_of(const Media& medium) const noexcept {
  const auto& where = medium.connection ? medium.connection : connection;
  if (medium.port == 0 || !where || !where->address) return std::nullopt;
  if (where->address->is_unspecified() || where->address->is_multicast()) return std::nullopt;
  return Endpoint{*where->address, medium.port};
}

std::optional<Endpoint> Session::rtcp_of(const Media& medium) const noexcept {
  auto rtp = rtp_of(medium);
  if (!rtp || medium.rtcp_mux()) return rtp;
  if (const auto* const attribute = medium.find("rtcp")) {  // "53020" or "53020 IN IP4 126.16.64.4"
    auto rest = attribute->value;
    std::uint16_t port = 0;
    if (!to_number(word(rest), port) || port == 0) return std::nullopt;
    rtp->port = port;
    const auto net = word(rest);
    if (net.empty()) return rtp;
    (void)word(rest);
    const auto address = IpAddress::parse(word(rest));
    if (net != "IN" || !address || address->is_unspecified() || address->is_multicast()) return std::nullopt;
    rtp->address = *address;
    return rtp;
  }
  if (rtp->port == 65'535) return std::nullopt;
  ++rtp->port;
  return rtp;
}

const Media* Session::first_audio() const noexcept {
  const auto found =
      std::ranges::find_if(media, [](const Media& m) { return m.kind == MediaKind::Audio && !m.rejected(); });
  return found == media.end() ? nullptr : &*found;
}

Result<Session, ParseError> parse_session(std::string_view text) { return SessionParser(text).run(); }

}  // namespace parley::sdp
