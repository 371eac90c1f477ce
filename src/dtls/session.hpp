#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include <srtp/keys.hpp>

#include <base/clock.hpp>
#include <dtls/identity.hpp>
#include <dtls/record_check.hpp>

using X509_STORE_CTX = struct x509_store_ctx_st;  // the TLS library's

namespace parley::dtls {

/// Which end says ClientHello: a=setup:active is the client, passive the server (RFC 5763 §5).
enum class Role : std::uint8_t { Client, Server };

/// One end of a DTLS association whose only purpose are SRTP's keys.
/// Source:   RFC 6347 (DTLS 1.2; nothing older), RFC 5763, RFC 5764, RFC 8122 (fingerprints), RFC 8827 §6.5 (suites).
/// Pure but for the TLS library's own randomness and the clock of its retransmission timer, which counts real time:
/// the caller asks next_deadline() and calls on_time(). Thread: one at a time; about a millisecond of CPU time in all.
/// A broken handshake begins anew, at most kMaxRestarts times, since anybody who can forge the peer's address can
/// break one; a wrong certificate ends it for good. Alerts in clear are not heard (record_check.hpp).
/// Bounds:   kMaxHandshakeMessage, kMaxOutgoing datagrams, kHandshakeTime.
class Session {
 public:
  enum class State : std::uint8_t {
    Waiting,      // nothing came yet
    Handshaking,  //
    Up,           // keys() are there
    Closed,       // the peer said so
    Failed,       // wrong certificate, or no end of the handshake in time
  };
  enum class Input : std::uint8_t { Start, Record, Done, Broken, Forged, Late, Close };
  struct Transition {
    State from;
    Input input;
    State to;
  };
  static const std::array<Transition, 11> kTable;
  /// Not listed: ignored.
  [[nodiscard]] static State next(State state, Input input) noexcept;

  static constexpr std::size_t kMtu = 1200, kMaxOutgoing = 32;
  static constexpr unsigned kMaxRestarts = 8;
  static constexpr Duration kHandshakeTime = std::chrono::seconds(30);

  /// `peer`: what signalling says of the peer's certificate.
  Session(std::shared_ptr<const Identity> identity, Role role, std::vector<Fingerprint> peer);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// The client's first flight; nothing for a server.
  void start(TimePoint now);
  /// One datagram from an address that ICE or signalling vouches for.
  RecordVerdict on_datagram(BytesView datagram, TimePoint now);
  void on_time(TimePoint now);
  [[nodiscard]] std::optional<TimePoint> next_deadline() const noexcept;
  /// Tells the peer that it is over.
  void close();

  /// What has to be sent, each a datagram of its own.
  [[nodiscard]] std::vector<Bytes> take_outgoing();
  [[nodiscard]] State state() const noexcept;
  [[nodiscard]] Role role() const noexcept;
  /// What use_srtp and the exporter gave (RFC 5764 §4.1.2, §4.2); nullptr until it is up.
  [[nodiscard]] const std::shared_ptr<const srtp::KeyPair>& keys() const noexcept;
  /// The TLS library's question about the peer's certificate.
  [[nodiscard]] static int verify(X509_STORE_CTX* store, void* unused);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

[[nodiscard]] std::string_view to_string(Session::State state) noexcept;

}  // namespace parley::dtls
