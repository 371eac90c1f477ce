#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <base/endpoint.hpp>
#include <base/result.hpp>

namespace parley::sdp {

inline constexpr std::size_t kMaxText = 32'768;
inline constexpr std::size_t kMaxMedia = 32;
inline constexpr std::size_t kMaxFormats = 64;      // per m= line
inline constexpr std::size_t kMaxAttributes = 512;  // in all

enum class SdpErrc : std::uint8_t { TooLarge, TooMany, BadLine, BadOrder, BadVersion, BadNumber, BadAddress, Missing };
[[nodiscard]] std::string_view to_string(SdpErrc code) noexcept;
struct ParseError {
  SdpErrc code = SdpErrc::BadLine;
  std::uint32_t offset = 0;  // in bytes from the start of the text
};

enum class Direction : std::uint8_t { SendRecv, SendOnly, RecvOnly, Inactive };
[[nodiscard]] std::string_view to_string(Direction direction) noexcept;
/// The same stream seen from the other end.
[[nodiscard]] constexpr Direction mirrored(Direction direction) noexcept {
  return direction == Direction::SendOnly   ? Direction::RecvOnly
         : direction == Direction::RecvOnly ? Direction::SendOnly
                                            : direction;
}
[[nodiscard]] constexpr bool sends(Direction d) noexcept {
  return d == Direction::SendRecv || d == Direction::SendOnly;
}
[[nodiscard]] constexpr bool receives(Direction d) noexcept {
  return d == Direction::SendRecv || d == Direction::RecvOnly;
}
[[nodiscard]] constexpr Direction make_direction(bool send, bool receive) noexcept {
  return send ? (receive ? Direction::SendRecv : Direction::SendOnly)
              : (receive ? Direction::RecvOnly : Direction::Inactive);
}

enum class MediaKind : std::uint8_t { Audio, Video, Image, Application, Text, Message, Other };
enum class Profile : std::uint8_t { RtpAvp, RtpAvpf, RtpSavp, RtpSavpf, DtlsSavp, DtlsSavpf, Udptl, Other };
[[nodiscard]] constexpr bool is_rtp(Profile p) noexcept { return p <= Profile::DtlsSavpf; }
[[nodiscard]] constexpr bool is_dtls(Profile p) noexcept { return p == Profile::DtlsSavp || p == Profile::DtlsSavpf; }
[[nodiscard]] constexpr bool is_plain_rtp(Profile p) noexcept { return p <= Profile::RtpAvpf; }

struct Attribute {
  std::string_view name;
  std::string_view value;
  bool has_value = false;
};

struct Connection {
  std::string_view text;             // the address as written, without TTL
  std::optional<IpAddress> address;  // nullopt: a host name
};

/// A payload type with what rtpmap (or RFC 3551's static table) and fmtp say about it.
struct Codec {
  std::uint8_t payload_type = 0;
  std::string_view name;  // "PCMU", "opus", "telephone-event"; "" for a dynamic type without rtpmap
  std::uint32_t clock_rate = 0;
  std::uint8_t channels = 1;
  std::string_view fmtp;
  /// Same encoding whatever the payload type says (name in any case, rate, channels).
  [[nodiscard]] bool same_encoding(const Codec& other) const noexcept;
  [[nodiscard]] bool is_telephone_event() const noexcept;
};

struct Media {
  MediaKind kind = MediaKind::Other;
  std::string_view kind_text;
  std::uint16_t port = 0;  // 0: rejected (RFC 3264 §6), or bundled
  std::uint16_t port_count = 1;
  Profile profile = Profile::Other;
  std::string_view profile_text;
  std::vector<std::string_view> formats;
  std::optional<Connection> connection;  // of this m=; else the session's
  std::vector<Attribute> attributes;

  [[nodiscard]] const Attribute* find(std::string_view name) const noexcept;
  [[nodiscard]] bool has(std::string_view name) const noexcept { return find(name) != nullptr; }
  [[nodiscard]] std::vector<Codec> codecs() const;               // in the order of the formats
  [[nodiscard]] std::optional<unsigned> ptime() const noexcept;  // in ms
  [[nodiscard]] bool rtcp_mux() const noexcept { return has("rtcp-mux"); }
  [[nodiscard]] bool rejected() const noexcept { return port == 0 && !has("bundle-only"); }
};

/// A session description.   Source: RFC 8866.   Lifetime: views into the parsed text.
/// Errors: parse_session refuses what breaks the grammar or the bounds; unknown attributes and line types that RFC 8866
/// names are kept or skipped. LF alone ends a line too (§5).
struct Session {
  std::string_view text;
  std::string_view origin_user, origin_id, origin_version;
  std::string_view origin_address;
  std::string_view name;
  std::optional<Connection> connection;
  std::vector<Attribute> attributes;
  std::vector<Media> media;

  [[nodiscard]] const Attribute* find(std::string_view attribute) const noexcept;
  /// The medium's own direction, else the session's, else sendrecv. An address 0.0.0.0 is hold too (RFC 3264 §8.4):
  /// inactive towards it, so SendRecv counts as SendOnly, RecvOnly as Inactive. Not with ICE, where it says that the
  /// candidates come later (RFC 8839 §4.2.1).
  [[nodiscard]] Direction direction_of(const Media& medium) const noexcept;
  /// Where the other end wants RTP; nullopt: rejected, held by 0.0.0.0, a name or a multicast address.
  [[nodiscard]] std::optional<Endpoint> rtp_of(const Media& medium) const noexcept;
  /// ... and RTCP: a=rtcp (RFC 3605), else port + 1; with rtcp-mux the RTP port.
  [[nodiscard]] std::optional<Endpoint> rtcp_of(const Media& medium) const noexcept;
  [[nodiscard]] const Media* first_audio() const noexcept;  // that is not rejected
};

[[nodiscard]] Result<Session, ParseError> parse_session(std::string_view text);

}  // namespace parley::sdp
