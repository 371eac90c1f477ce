#pragma once
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <base/ids.hpp>
#include <store/database.hpp>
#include <store/jobs.hpp>
#include <store/page.hpp>
#include <vault/keyring.hpp>

namespace parley::store {

class EventLog;
struct Policy;

enum class Direction : std::uint8_t { Inbound = 1, Outbound = 2, Internal = 3 };
enum class Disposition : std::uint8_t { Answered = 1, NoAnswer = 2, Busy = 3, Cancelled = 4, Failed = 5, Rejected = 6 };
enum class HangupSide : std::uint8_t { Caller = 1, Callee = 2, System = 3 };
[[nodiscard]] std::string_view to_string(Direction value) noexcept;
[[nodiscard]] std::string_view to_string(Disposition value) noexcept;
[[nodiscard]] std::string_view to_string(HangupSide value) noexcept;
[[nodiscard]] std::optional<Direction> direction_of(std::string_view text) noexcept;
[[nodiscard]] std::optional<Disposition> disposition_of(std::string_view text) noexcept;

struct Party {
  std::string number;
  std::string name;
  std::optional<ExtensionId> extension;
};

struct LegStats {
  std::uint64_t packets_in = 0;
  std::uint64_t packets_out = 0;
  std::uint64_t lost = 0;
  double jitter_ms = 0;
  double mos = 0;              // of what came from the party, by the E-model; 0: not measured
  std::uint64_t lost_out = 0;  // of what went to it, as it reports (RTCP)
  double jitter_out_ms = 0;    // as it reports
  double round_trip_ms = 0;    // 0: not measured
  bool encrypted = false;      // SRTP
};

struct CallLegRecord {
  LegId id;
  std::string party;  // "caller" or "callee"
  std::optional<ExtensionId> extension;
  std::optional<DeviceId> device;
  std::string remote_ip;
  std::string sip_call_id;
  WallTime started{};
  std::optional<WallTime> answered;
  std::optional<WallTime> ended;
  std::string codec;
  std::string end_reason;
  LegStats stats;
};

struct PathEntry {
  WallTime at{};
  std::string what;
};

/// The call detail record (PBX-3): one per call story. All but times, direction, disposition and counts is sealed at
/// rest with the call's key.
struct CallRecord {
  CallId id;
  OrganisationId organisation;
  Direction direction = Direction::Internal;
  WallTime started{};
  std::optional<WallTime> answered;
  std::optional<WallTime> ended;
  Disposition disposition = Disposition::Failed;
  HangupSide hangup_side = HangupSide::System;
  std::string hangup_cause;
  int sip_status = 0;
  std::int64_t billed_s = 0;
  Party caller;
  Party callee;
  std::string dialled;
  std::vector<CallLegRecord> legs;
  std::vector<PathEntry> path;
};

/// A call's end: its record and the jobs that follow.
struct Closing {
  CallRecord call;
  std::vector<NewJob> follow_ups;
};

/// none | queued | running | ready | failed
enum class WorkState : std::uint8_t { None, Queued, Running, Ready, Failed };
[[nodiscard]] std::string_view to_string(WorkState value) noexcept;

struct CallSummary {
  CallRecord call;  // without legs and path in lists
  struct RecordingPart {
    RecordingId id;
    std::string state;
    double seconds = 0;
  };
  std::optional<RecordingPart> recording;
  WorkState transcript = WorkState::None;
  WorkState analysis = WorkState::None;
  std::optional<std::string> headline;
};

struct CallFilter {
  std::string text = {};    // words: all must occur (names, numbers, transcript)
  std::string number = {};  // whole number, or its last 4, 7 or 10 digits
  std::optional<WallTime> from = {};
  std::optional<WallTime> to = {};
  std::optional<Direction> direction = {};
  std::optional<Disposition> disposition = {};
  std::optional<ExtensionId> extension = {};
  std::optional<bool> has_recording = {};
};

/// Thread: any, blocking.   Errors: NotFound (also for another organisation's id), Invalid (cursor), and the
/// database's.
class CallRepository {
 public:
  CallRepository(Database& database, vault::Keyring& keyring, EventLog& events)
      : database_(database), keyring_(keyring), events_(events) {}

  /// At the call's start: makes its key and an open row. Idempotent.
  Result<void> create(const CallRecord& call);
  /// At the end: record, deadlines by the organisation's policy (RET-3), follow-up jobs and the event call.ended, in
  /// one transaction. Idempotent by call id: the second close changes nothing; that of an erased call does nothing.
  Result<void> close(const CallRecord& call, std::vector<NewJob> follow_ups);
  /// The same for many calls of one organisation: one commit for their keys, one for the rest; all or none.
  Result<void> close_all(OrganisationId organisation, std::span<const Closing* const> closings);
  /// After a crash: calls still open are closed as failed by the system. Returns them.
  Result<std::vector<CallId>> close_abandoned(OrganisationId organisation, std::string_view cause);

  Result<CallRecord> find(OrganisationId organisation, CallId id);
  Result<CallSummary> summary(OrganisationId organisation, CallId id);
  Result<Page<CallSummary>> list(OrganisationId organisation, const CallFilter& filter, std::string_view cursor,
                                 std::size_t limit);

 private:
  struct Prepared;
  struct Known;
  Result<Prepared> prepare(const Closing& closing, const vault::ThingKey& key);
  Result<void> write(Session& session, OrganisationId organisation, const std::vector<Prepared>& prepared);
  static void keep_recordings(Session& session, const CallRecord& call, WallTime ended, const Policy& policy);
  Result<CallSummary> unsealed(Session& session, const Row& row, bool whole);
  Database& database_;
  vault::Keyring& keyring_;
  EventLog& events_;
};

}  // namespace parley::store
