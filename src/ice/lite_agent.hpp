#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include <base/clock.hpp>
#include <ice/credentials.hpp>
#include <ice/stun_message.hpp>

namespace parley::ice {

inline constexpr std::size_t kMaxPaths = 16;
inline constexpr Duration kConsent = std::chrono::seconds(30);  // RFC 7675 §5.1

/// The lite side of ICE for one component: it answers the checks of a full peer and sends only where that peer, having
/// proven itself with the credentials of the signalling, nominated.
/// Source:   RFC 8445 §2.5, §7.3, §8.1 (controlled), §9 (restart); RFC 7675 (consent); RFC 8489 §9.1 (short-term
///           credentials). A lite agent is always controlled: a check that says ICE-CONTROLLED gets 487 whatever its
///           tie-breaker (§6.1.1). No checks of our own are sent. Consent is taken from the peer's: each proven check
///           on the selected path renews it, 30 s without one end all sending there, and neither path nor credentials
///           count again until signalling brings new ones (RFC 7675 §5.2).
///           Of several nominations the latest counts: a peer that moves nominates again (RFC 8445 has no aggressive
///           nomination any more, in which the highest priority would win).
/// What did not prove itself gets no answer, not even 400 or 401: the port is found by spraying otherwise.
/// Pure.     Thread: the owner's.   Bounds: kMaxPaths addresses of the peer; the one unheard of longest gives way.
class LiteAgent {
 public:
  /// What a remote address is to us.
  enum class State : std::uint8_t {
    Unknown,   // nothing is taken from it, nothing sent to it
    Valid,     // proven: DTLS and SRTP are taken from it; only answers go there
    Selected,  // nominated, consent is fresh: media goes there
    Lost,      // its consent ended
  };
  enum class Input : std::uint8_t {
    Check,     // a proven check without USE-CANDIDATE
    Nominate,  // ... with it
    Other,     // another path was nominated
    Silence,   // no proven check for kConsent
    Restart,   // signalling brought new credentials
  };
  enum class Action : std::uint8_t { None, Answer, AnswerAndSelect, Stop, Forget, Ignore };
  struct Transition {
    State from;
    Input input;
    State to;
    Action action;
  };
  /// What the table says; what is not listed is ignored and keeps the state.
  [[nodiscard]] static Transition next(State state, Input input) noexcept;
  static const std::array<Transition, 13> kTable;

  enum class Verdict : std::uint8_t {
    Answered,
    Refused,       // proven, and answered with an error: 400, 420, 487
    Unproven,      // no or wrong MESSAGE-INTEGRITY, another's USERNAME
    Malformed,     // no STUN, a wrong FINGERPRINT, broken attributes
    NotForUs,      // proven or not: a response or indication; we send no requests
    AfterConsent,  // its path is lost
  };
  struct Reaction {
    Verdict verdict = Verdict::Malformed;
    BytesView answer{};  // to the source; empty: nothing. Valid until the next call
    bool moved = false;  // selected() changed
  };

  explicit LiteAgent(Credentials local) : local_(std::move(local)) {}

  /// The peer's, from its description. Checks may come before it (RFC 8445 §7.3): they are answered by then, and
  /// those of another ufrag forgotten.
  void set_remote(Credentials remote);
  /// An ICE restart: both ends have new credentials. Media stays on the selected path until another is nominated;
  /// checks on it with the old credentials count as consent so long (RFC 8445 §9, RFC 8839 §4.4).
  void restart(Credentials local, Credentials remote);

  [[nodiscard]] Reaction on_datagram(BytesView datagram, const Endpoint& from, TimePoint now);
  /// A few times a second. Whether selected() changed.
  bool on_time(TimePoint now);

  [[nodiscard]] std::optional<Endpoint> selected() const noexcept;
  /// Whether what is no STUN may be taken from there.
  [[nodiscard]] bool takes_from(const Endpoint& source) const noexcept;
  [[nodiscard]] const Credentials& local() const noexcept { return local_; }
  [[nodiscard]] const std::optional<Credentials>& remote() const noexcept { return remote_; }

 private:
  struct Path {
    Endpoint remote;
    std::string ufrag;  // the peer's, as its checks say
    State state = State::Unknown;
    TimePoint heard{};
  };
  [[nodiscard]] const Credentials* proven_by(const StunMessage& message, const Endpoint& from,
                                             std::string_view& remote_ufrag) const;
  [[nodiscard]] Reaction refuse(const StunMessage& request, unsigned code, std::string_view reason,
                                std::span<const std::uint16_t> unknown, const Credentials& by);
  [[nodiscard]] Path& path_to(const Endpoint& remote);
  Action apply(Path& path, Input input) noexcept;

  Credentials local_;
  std::optional<Credentials> remote_;
  std::optional<Credentials> old_local_;  // of before the restart, until the new ones are nominated with
  std::vector<Path> paths_;
  std::optional<StunWriter> out_;
};

[[nodiscard]] std::string_view to_string(LiteAgent::State state) noexcept;

}  // namespace parley::ice
