#pragma once
#include <optional>
#include <string>
#include <vector>

#include <base/clock.hpp>
#include <base/ids.hpp>
#include <base/result.hpp>
#include <media/media_types.hpp>
#include <pbx/trunk_board.hpp>

namespace parley::pbx {

enum class LiveState : std::uint8_t { Ringing, Answered, Held };
enum class RecordingStatus : std::uint8_t { Off, Notice, On, Paused, Failed };
enum class RecordingAction : std::uint8_t { Start, Pause, Resume, Stop };
[[nodiscard]] std::string_view to_string(LiveState state) noexcept;         // "ringing", "answered", "held"
[[nodiscard]] std::string_view to_string(RecordingStatus status) noexcept;  // "off", "notice", "on", "paused", "failed"
[[nodiscard]] std::optional<RecordingAction> recording_action(std::string_view name) noexcept;  // "start" …

struct LiveParty {
  std::string number, name;  // personal data
  std::optional<ExtensionId> extension;
};

/// A running call as a page shows it.
struct LiveCall {
  CallId id;
  OrganisationId organisation;
  WallTime started{};
  std::optional<WallTime> answered;
  LiveState state = LiveState::Ringing;
  RecordingStatus recording = RecordingStatus::Off;
  LiveParty caller, callee;
};

/// A call in a conference as a page shows it.
struct ConferenceParticipant {
  LegId id;
  CallId call;
  LiveParty who;
  WallTime joined{};
  media::MixSettings mix{};
  bool speaking = false;  // the one who talks now, or talked last
};
struct Conference {
  std::string room;
  WallTime since{};
  unsigned most = 0;                                // participants that it takes
  std::vector<ConferenceParticipant> participants;  // in the order in which they came
};
/// What a moderator changes; nullopt: stays.
struct ParticipantChange {
  std::optional<bool> muted{}, deaf{};
  std::optional<unsigned> gain_percent{};
};

/// A registered contact as a page shows it.
struct RegistrationView {
  ExtensionId extension;
  std::string extension_number;
  DeviceId device;
  std::string device_name;  // its SIP user name
  std::string contact;
  std::string transport;   // "udp", "tcp"
  std::string user_agent;  // a stranger's text
  std::string source;      // address:port
  WallTime expires{};
  std::vector<std::string> path;  // RFC 3327
  /// By probes (sip.probe_interval): how long the last answer took, and whether there are answers at all; nullopt: not
  /// probed yet.
  std::optional<std::uint32_t> latency_ms;
  std::optional<bool> answers;
};

/// The door through which the API sees and steers running calls.
/// Thread: any but a reactor (orders wait for the reactor that owns the call, 2 s at most). Lifetime: the Pbx.
/// Errors: NotFound for a call of another organisation as for one that is over; Conflict when the call is not in a
/// state for the order; Timeout when its reactor did not answer. Events on the EventBus: call.ringing, call.answered,
/// call.held, call.resumed, call.ended, recording.started, recording.paused, recording.resumed, recording.stopped,
/// recording.failed, registration.added, registration.removed, participant.joined, participant.left.
class Switchboard {
 public:
  virtual ~Switchboard() = default;
  [[nodiscard]] virtual std::vector<LiveCall> live_calls(OrganisationId organisation) const = 0;
  [[nodiscard]] virtual std::optional<LiveCall> live_call(OrganisationId organisation, CallId call) const = 0;
  [[nodiscard]] virtual std::size_t live_call_count() const = 0;  // of all organisations
  [[nodiscard]] virtual std::vector<RegistrationView> registrations(OrganisationId organisation) const = 0;
  [[nodiscard]] virtual std::size_t registration_count() const = 0;
  /// nullopt: it was made a moment ago, or is gone. Not by organisation: ask for trunks of the store's.
  [[nodiscard]] virtual std::optional<TrunkStatus> trunk_status(TrunkId trunk) const = 0;
  /// Registers and probes now, also what was refused before.
  virtual void retry_trunk(TrunkId trunk) = 0;
  /// BYE (or CANCEL and 480 before the answer) to both parties.
  [[nodiscard]] virtual Result<void> hangup(OrganisationId organisation, CallId call) = 0;
  /// Start plays the notice to both parties first and returns before it has ended: see recording.started /
  /// recording.failed.
  [[nodiscard]] virtual Result<void> recording(OrganisationId organisation, CallId call, RecordingAction action) = 0;
  [[nodiscard]] virtual std::vector<Conference> conferences(OrganisationId organisation) const = 0;
  [[nodiscard]] virtual Result<ConferenceParticipant> adjust_participant(OrganisationId organisation, LegId participant,
                                                                         const ParticipantChange& change) = 0;
  /// Out of the conference: its call ends.
  [[nodiscard]] virtual Result<void> remove_participant(OrganisationId organisation, LegId participant) = 0;
};

}  // namespace parley::pbx
