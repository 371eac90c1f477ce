#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sdp/session.hpp>

namespace parley::sdp {

inline constexpr std::size_t kMaxFingerprints = 8;

/// Which end opens the DTLS association (RFC 4145 §4, RFC 8842 §5). Of an offer that leaves it open: ActPass.
enum class Setup : std::uint8_t { ActPass, Active, Passive, HoldConn };

/// What a description says about ICE and DTLS of one stream.
/// Source: RFC 8839 (ICE), RFC 8122 (fingerprint), RFC 5763 and RFC 8842 (setup), RFC 9143 (BUNDLE), RFC 8858
/// (rtcp-mux). Attributes of the stream count before those of the session. Candidates are not read: as a lite agent we
/// learn where the peer is from its checks, so that names of .local, late ones and unknown transports do no harm.
/// Lifetime: views into the parsed text.
struct IceDtls {
  std::string_view ufrag, password;
  std::vector<std::string_view> fingerprints;  // values of a=fingerprint, at most kMaxFingerprints
  Setup setup = Setup::ActPass;
  std::string_view mid;  // "": none
  bool bundled = false;  // its mid stands in a group of BUNDLE
  bool lite = false;     // the peer sends no checks either
  bool rtcp_mux = false;
};
/// nullopt: not over DTLS, or without credentials or fingerprint.
[[nodiscard]] std::optional<IceDtls> ice_dtls_of(const Session& session, const Media& medium);

/// Our side of it. We are ice-lite, have all candidates at once, and one port for everything.
struct LocalIceDtls {
  std::string_view ufrag, password;
  std::string_view fingerprint;  // "sha-256 AB:CD…"
  Setup setup = Setup::ActPass;
  std::string_view mid;
  bool bundled = true;
  std::span<const Endpoint> candidates;  // by preference
};
/// Whole lines with their ends: of the session, and of the stream.
struct TransportLines {
  std::string session, media;
};
[[nodiscard]] TransportLines write_ice_dtls(const LocalIceDtls& local);
inline constexpr std::string_view kDtlsProfile = "UDP/TLS/RTP/SAVPF";

/// Whether a body is a piece of a description as trickle ICE sends it (RFC 8840 §9): lines of a=, m= and c= alone.
[[nodiscard]] bool is_trickle_fragment(std::string_view text) noexcept;

}  // namespace parley::sdp
