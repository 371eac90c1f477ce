#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include <base/clock.hpp>
#include <base/endpoint.hpp>
#include <base/random.hpp>
#include <base/result.hpp>
#include <pbx/sip_trace.hpp>
#include <pbx/source_guard.hpp>
#include <pbx/switchboard.hpp>

namespace parley::net {
class ReactorPool;
class TlsContext;
class WebSocketSession;
struct HttpRequest;
struct HttpResponse;
}  // namespace parley::net
namespace parley::media {
class MediaEngine;
class Recorder;
class PromptStore;
}  // namespace parley::media
namespace parley::pbx {

class Ledger;

/// Settings of the telephone part. Every one has a value that works.
struct PbxOptions {
  std::vector<IpAddress> bind;    // empty: all v4 addresses and, where the host has IPv6, all of its
  std::uint16_t sip_port = 5060;  // UDP and TCP; 0: any free port, the same for both
  std::uint16_t tls_port = 0;     // 0: the one after sip_port, or any free one
  bool udp = true, tcp = true;
  std::shared_ptr<net::TlsContext> tls;         // SIP over TLS; nullptr: none
  std::shared_ptr<net::TlsContext> tls_client;  // for TLS connections that we open; nullptr: none
  /// In Via, Contact and SDP: the first of the peer's family; none: our address on the route to each peer.
  std::vector<IpAddress> advertised;
  std::vector<std::string> web_origins;  // of pages that may speak SIP over WebSocket, beside our own
  std::string public_url;                // an origin that is ours
  /// Sources whose calls need no digest: an inner gateway or a test. Their From must name an extension. Empty by
  /// default.
  std::vector<IpAddress> trusted_addresses;

  std::string dns_servers;  // "192.0.2.53,[2001:db8::53]:5353"; empty: the system's

  Duration min_expires = std::chrono::seconds(60);  // shorter registrations get 423
  Duration max_expires = std::chrono::hours(1);
  Duration default_expires = std::chrono::minutes(10);
  SourceGuard::Limits guard;
  SipTrace::Limits trace;
  /// Sources that are never banned or cut off, beside the trusted ones: a proxy in front, a monitor.
  std::vector<IpRange> never_banned;

  Duration probe_interval{};  // between OPTIONS to each registered contact; 0: none

  unsigned max_calls = 1000;                       // in the whole process; more get 503
  unsigned max_calls_per_extension = 10;           // more get 486
  unsigned max_conferences_per_organisation = 20;  // rooms with somebody in them; more get 503
  unsigned max_conference_participants = 500;      // in one room, whatever its route says; more get 486
  unsigned max_forks = 20;                         // devices that ring for one call
  unsigned max_connections = 4096;                 // TCP, TLS and WebSocket
  unsigned max_connections_per_address = 64;
  std::size_t max_message_bytes = 64 * 1024;
  Duration longest_call = std::chrono::hours(12);
  Duration max_ring_time = std::chrono::minutes(3);
  Duration held_silence_limit = std::chrono::hours(2);  // on hold, after which nothing heard of anybody ends a call
  bool intercom = true;              // a phone of the organisation may ask another one to answer by itself (RFC 5373)
  bool media_keys_in_clear = false;  // a=crypto passes over UDP and TCP too: for laboratories
  bool pickup = true;                // extensions may pick up one another's ringing calls
  std::chrono::seconds session_expires{1800};    // RFC 4028: what we ask for
  std::chrono::seconds min_session_expires{90};  // shorter gets 422
};

/// What the telephone part is built on. All of it outlives the Pbx; the reactors are started after Pbx::start
/// and stopped before the Pbx is destroyed.
struct PbxParts {
  net::ReactorPool& reactors;
  media::MediaEngine& media;
  /// Preloaded: "recording_notice", "recording_paused", "recording_resumed", "recording_stopped", "echo_test"; an
  /// organisation's own notice is "notice-<organisation id>".
  media::PromptStore& prompts;
  Ledger& ledger;  // pbx/store_ledger.hpp: over the database, or the journal while that is away
  const Clock& clock;
  Random& random;
};

/// The telephone part of parleyd: SIP edge, registrar, calls, recording control, switchboard.
///   auto pbx = Pbx::start(options, parts);   // binds the ports, loads directory and registrations
///   parts.reactors.start();                  // from here on it answers
///   ... pbx->reload_directory() after each change of organisations, extensions or devices ...
///   pbx->drain(5s);                          // 503 for new calls, BYE to everybody, subscriptions ended, CDRs handed
///                                            // to the ledger
/// Thread: any but a reactor. Errors of start: Conflict (port in use), Forbidden, Invalid, Unavailable (database).
class Pbx {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Pbx>> start(const PbxOptions& options, const PbxParts& parts);
  ~Pbx();
  Pbx(const Pbx&) = delete;
  Pbx& operator=(const Pbx&) = delete;

  [[nodiscard]] Switchboard& switchboard();
  /// Banned and allowed addresses. Thread: any.
  [[nodiscard]] BanList& bans();
  [[nodiscard]] SipTrace& trace();
  /// Reads organisations, extensions, devices and policies again and swaps the snapshot; registrations of removed
  /// devices go. Running calls keep what they have. Errors: Unavailable; nothing changes then.
  [[nodiscard]] Result<void> reload_directory();
  /// The actual ports, for ports.json. 0: no TLS.
  [[nodiscard]] std::uint16_t sip_port() const;
  [[nodiscard]] std::uint16_t tls_port() const;
  /// For the HTTP server: a WebSocket that wants to speak SIP (RFC 7118). Thread: any.
  [[nodiscard]] std::optional<net::HttpResponse> upgrade(net::HttpRequest& request,
                                                         const std::shared_ptr<net::WebSocketSession>& session);
  /// Where WebSockets come to, once that is known.
  void web_port(std::uint16_t port);
  /// True while new calls are taken.
  [[nodiscard]] bool accepting() const;
  /// Refuses new calls, says BYE to all parties, waits until every call is closed or `limit` has passed.
  /// Returns the count of calls that were left.
  std::size_t drain(Duration limit);

  struct Impl;

 private:
  explicit Pbx(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace parley::pbx
