#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include <srtp/keys.hpp>

#include <base/clock.hpp>
#include <base/endpoint.hpp>
#include <codec/format.hpp>
#include <dtls/session.hpp>
#include <ice/credentials.hpp>

/// Plain values that cross between signalling and media.
namespace parley::media {

/// Runs a function later on the owner's thread, e.g. `[&reactor](auto fn) { reactor.post(std::move(fn)); }`.
using Poster = std::function<void(std::function<void()>)>;

/// Names a leg across threads and time; a handle of a closed leg is recognised and ignored.
struct LegHandle {
  std::uint32_t index = 0;
  std::uint32_t generation = 0;  // 0: no leg
  friend bool operator==(const LegHandle&, const LegHandle&) = default;
  explicit operator bool() const { return generation != 0; }
};

/// Names a room across threads and time, the same way.
struct RoomHandle {
  std::uint64_t number = 0;  // 0: no room
  friend bool operator==(const RoomHandle&, const RoomHandle&) = default;
  explicit operator bool() const { return number != 0; }
};

/// What a moderator decides about one party of a room.
struct MixSettings {
  bool muted = false;           // nobody hears it
  bool deaf = false;            // it is sent nothing
  unsigned gain_percent = 100;  // of what it says: 0 to 800
};

/// What we may do on a leg after offer/answer, as seen from us (RFC 3264 §8.4). A phone that puts us on hold with
/// a=sendonly makes us RecvOnly.
enum class Direction : std::uint8_t { SendRecv, SendOnly, RecvOnly, Inactive };

/// One negotiated audio format.
struct PayloadFormat {
  codec::CodecId codec = codec::CodecId::Pcmu;
  std::uint8_t payload_type = 0;                       // that we send: the number in the peer's SDP
  std::optional<std::uint8_t> receive_payload_type{};  // that the peer sends: the number in our SDP; nullopt: the same
  friend bool operator==(const PayloadFormat&, const PayloadFormat&) = default;
};

/// Our side of ICE and DTLS on a leg, as our description names it.
struct LocalIce {
  ice::Credentials credentials;
  std::shared_ptr<const dtls::Identity> identity;
};
/// The peer's, from its description.
struct RemoteIce {
  ice::Credentials credentials;
  std::vector<dtls::Fingerprint> fingerprints;
  dtls::Role role = dtls::Role::Server;  // ours
};

/// The peer's side of one audio stream, from its SDP. Replaces all earlier knowledge (re-INVITE).
struct RemoteMedia {
  Endpoint rtp;                    // c= and m=; port 0 or address 0.0.0.0: nothing may be sent
  std::optional<Endpoint> rtcp{};  // a=rtcp (RFC 3605); nullopt: the port above RTP's
  bool rtcp_mux = false;           // RFC 5761, both sides agreed
  /// The address that the (authenticated) signalling came from. If the SDP names a private address and this differs,
  /// the phone sits behind NAT and packets of this address are accepted as well.
  std::optional<IpAddress> signalling_source{};
  Direction direction = Direction::SendRecv;
  std::vector<PayloadFormat> formats;                     // negotiated; the first is what we prefer to send
  std::optional<std::uint8_t> telephone_event{};          // RFC 4733 payload type that we send; nullopt: none
  std::optional<std::uint8_t> receive_telephone_event{};  // that the peer sends; nullopt: the same
  std::uint32_t telephone_event_clock_rate = 8000;
  /// SRTP: nothing plain is sent or taken. Without keys (DTLS has them later, by set_keys) those of before stay; where
  /// there are none yet, nothing is sent or taken at all.
  bool encrypted = false;
  /// ICE and DTLS-SRTP over the one port: `rtp` is then nothing, `encrypted` and `rtcp_mux` are set, keys come from the
  /// handshake. Where we have a side of our own (set_local_ice) only.
  std::optional<RemoteIce> ice{};
  std::shared_ptr<const srtp::KeyPair> keys{};
};

/// One pressed key, reported once however many packets carried it (RFC 4733 §2.5.1.4).
struct DtmfPress {
  char digit = '0';  // 0-9 * # A-D
  Duration duration{};
};

enum class PlayOutcome : std::uint8_t {
  Finished,  // sent to the last sample
  Stopped,   // by stop_play or by another play
  Failed,    // not or not wholly sent: no address, on hold, no common codec, the network refused
  Closed,    // the leg was closed meanwhile
};

/// Figures of one leg at a moment; "in" is what the peer sent to us.
struct LegStatistics {
  std::uint64_t packets_in = 0, bytes_in = 0;
  std::uint64_t packets_out = 0, bytes_out = 0;
  std::uint64_t lost_in = 0;  // by gaps in the sequence
  std::uint64_t late_or_duplicate_in = 0;
  double jitter_in_ms = 0;     // RFC 3550 §6.4.1
  std::uint64_t lost_out = 0;  // as the peer reports (RTCP)
  double jitter_out_ms = 0;    // as the peer reports
  std::optional<double> round_trip_ms{};
  double mos_in = 0;                 // estimate by the E-model, 1 to 4.5; 0: no packet
  std::uint64_t refused_source = 0;  // packets of strangers
  std::uint64_t refused_malformed = 0;
  std::uint64_t refused_payload = 0;   // payload types that were not negotiated
  std::uint64_t refused_unproven = 0;  // SRTP: not authentic, or repeated
  std::uint64_t send_errors = 0;
  std::optional<Endpoint> learned_remote{};  // personal data
  std::optional<codec::CodecId> codec{};     // last received
  bool encrypted = false;                    // SRTP
};

}  // namespace parley::media
