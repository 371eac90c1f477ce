#pragma once
#include <span>
#include <string>
#include <vector>

#include <sdp/ice_dtls.hpp>
#include <sdp/session.hpp>

namespace parley::sdp {

/// o= of the descriptions that one leg sends: the id stays, the version grows by one with every change (RFC 3264 §8).
struct Origin {
  std::uint64_t id = 0;
  std::uint64_t version = 0;
};

/// A codec that an end of ours can do, with the payload type to offer it under.
struct LocalCodec {
  std::uint8_t payload_type = 0;
  std::string name;
  std::uint32_t clock_rate = 8000;
  std::uint8_t channels = 1;
  std::string fmtp;
};

struct LocalAudio {
  IpAddress address;
  std::uint16_t rtp_port = 0;
  std::uint16_t rtcp_port = 0;  // 0: rtp_port + 1, no attribute
  std::vector<LocalCodec> codecs;
  Direction direction = Direction::SendRecv;
  unsigned ptime = 20;
  bool rtcp_mux = false;                 // offered / accepted
  std::string_view profile = "RTP/AVP";  // of an offer; an answer keeps what it answers
  std::vector<std::string> crypto{};     // values of a=crypto lines: the keys that we send with
  TransportLines transport{};            // of ICE and DTLS
  /// Of the offer that is answered: this line, whatever its profile; nullopt: the first that fits over plain RTP.
  std::optional<std::size_t> line{};
};

/// The m= lines that a dialog has already: no later offer may leave one out or move it (RFC 3264 §8).
struct Standing {
  const Session* ours = nullptr;  // our description that was agreed last; nullptr: none yet
  std::size_t audio = 0;          // its line that is ours to use
};

/// An offer of our own with one audio stream.
[[nodiscard]] std::string build_offer(const Origin& origin, const LocalAudio& audio, const Standing& standing = {});

struct Answer {
  std::string text;
  std::vector<LocalCodec> codecs;  // chosen, in the offerer's order, with the offerer's payload types; the first that
                                   // is not telephone-event is what we send
  std::size_t media_index = 0;     // which m= line was taken
  Direction direction = Direction::SendRecv;  // ours
};
/// Answers an offer with one audio stream: the line that the caller chose, or the first audio m= over plain RTP that
/// shares a codec with us; every other m= is rejected with port 0. Direction is mirrored and narrowed by ours. nullopt:
/// nothing in common (488). Source: RFC 3264 §6.
[[nodiscard]] std::optional<Answer> build_answer(const Session& offer, const Origin& origin, const LocalAudio& audio);

struct RelayOptions {
  Origin origin;
  IpAddress address;            // ours, towards the receiver of the rewritten text
  std::uint16_t rtp_port = 0;   // of the stream that is anchored
  std::uint16_t rtcp_port = 0;  // 0: rtp_port + 1, no attribute
  /// nullopt keeps the direction as it is; else it is written instead.
  std::optional<Direction> direction;
  /// Payload types that may pass; empty: all.
  std::span<const std::uint8_t> payload_types{};
  std::string_view profile{};             // of an offer; empty: as the dialog or the other party has it, never secure
  std::span<const std::string> crypto{};  // values of a=crypto lines: the keys that we send with
  TransportLines transport{};             // of ICE and DTLS
};
/// One stream of the other party's description as an offer of ours: o=, c=, port and a=rtcp point to the relay;
/// whatever belongs to a transport that we do not relay (candidates, ICE, crypto, DTLS, rtcp-mux, bundle, mid, ssrc) is
/// left out; codecs, fmtp, ptime and direction stay in their order. Lines that the dialog has already keep their
/// places, rejected. nullopt: the stream is rejected, not RTP, or nothing of it may pass. How the other party's packets
/// are secured is its leg's business: it is not passed on.
[[nodiscard]] std::optional<std::string> relay_offer(const Session& from, std::size_t stream,
                                                     const RelayOptions& options, const Standing& standing = {});
/// ... as our answer to `offer`, whose line `taken` it answers: every line of the offer is answered in its place, with
/// port 0 but for this one (RFC 3264 §6).
[[nodiscard]] std::optional<std::string> relay_answer(const Session& from, std::size_t stream,
                                                      const RelayOptions& options, const Session& offer,
                                                      std::size_t taken);

/// Codecs of both, in the order of `offer` and with its payload types (an answer uses them too).
[[nodiscard]] std::vector<Codec> common_codecs(const Media& offer, const Media& answer);
/// The encoding that the two ends will speak: the first of the answer that is not telephone-event.
[[nodiscard]] std::optional<Codec> chosen_codec(const Media& answer);
/// Events that a telephone-event fmtp lists ("0-15,66"); empty fmtp means 0-15 (RFC 4733 §2.4.1).
[[nodiscard]] bool has_event(std::string_view fmtp, unsigned event) noexcept;

}  // namespace parley::sdp
