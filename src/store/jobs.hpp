#pragma once
#include <optional>
#include <string>
#include <vector>

#include <base/ids.hpp>
#include <base/random.hpp>
#include <store/database.hpp>
#include <vault/keyring.hpp>

namespace parley::store {

struct NewJob {
  std::string kind = {};  // "transcribe", "analyse", ...
  OrganisationId organisation = {};
  std::optional<CallId> call = {};            // payload sealed with its key, and gone with it
  std::optional<RecordingId> recording = {};  // gone with it
  std::string payload = "{}";                 // JSON
  std::string idempotency_key = {};           // one job per organisation, kind and key; no personal data
  std::optional<WallTime> run_at = {};        // now if empty
  int max_attempts = 5;
};

enum class JobState : std::uint8_t { Queued = 1, Running = 2, Done = 3, Dead = 4 };
[[nodiscard]] std::string_view to_string(JobState value) noexcept;

struct Job {
  JobId id;
  std::string kind;
  OrganisationId organisation;
  std::optional<CallId> call;
  std::optional<RecordingId> recording;
  JobState state = JobState::Queued;
  int attempts = 0;
  int max_attempts = 5;
  int progress = 0;  // percent
  std::string progress_text;
  std::string error;  // of the last attempt; without personal data
  WallTime run_at{};
  WallTime created{};
};

struct LeasedJob {
  Job job;
  std::string payload;
  std::string lease;  // token: who holds it
  WallTime until{};
};

struct JobCounts {
  std::uint64_t queued = 0;
  std::uint64_t running = 0;
  std::uint64_t dead = 0;
};

/// Work to be done later, surviving restarts. A lease that runs out (the worker died or hung: the time limit) counts as
/// a failed attempt. Retries wait 2^attempt x `back_off` with jitter up to `longest_back_off`; after max_attempts the
/// job is dead, until retry(). Thread: any, blocking.   Errors: Conflict when the lease is not (any more) the caller's,
/// NotFound, and the database's.
class JobQueue {
 public:
  struct Options {
    std::chrono::milliseconds back_off{5'000};
    std::chrono::milliseconds longest_back_off{3'600'000};
    std::chrono::hours keep_done{24};
  };
  JobQueue(Database& database, vault::Keyring& keyring, Random& random, Options options)
      : database_(database), keyring_(keyring), random_(random), options_(options) {}
  JobQueue(Database& database, vault::Keyring& keyring, Random& random)
      : JobQueue(database, keyring, random, Options{}) {}

  Result<JobId> enqueue(NewJob job);
  /// In the caller's transaction. Sealing needs the key: `prepare` before, `insert` within.
  struct Prepared {
    NewJob job;
    JobId id;
    std::string sealed;
  };
  static Result<Prepared> prepare(vault::Keyring& keyring, NewJob job);
  static Result<JobId> insert(Session& session, const Prepared& job);

  /// The oldest job that is due, of any organisation; nullopt if none is. `time_limit`: how long the holder may take.
  Result<std::optional<LeasedJob>> lease(const std::vector<std::string>& kinds, std::chrono::milliseconds time_limit);
  Result<void> progress(const LeasedJob& job, int percent, std::string_view text);
  /// Holds the job for `time_limit` from now: for work that goes on visibly.
  Result<void> extend(LeasedJob& job, std::chrono::milliseconds time_limit);
  Result<void> complete(const LeasedJob& job);
  /// Errors are without personal data. `permanent`: dead at once.
  Result<JobState> fail(const LeasedJob& job, std::string_view error, bool permanent = false);
  /// Back to the queue as it was (orderly stop).
  Result<void> release(const LeasedJob& job);
  Result<void> retry(OrganisationId organisation, JobId id);  // a dead one

  Result<std::vector<Job>> list(OrganisationId organisation, CallId call);
  Result<std::vector<Job>> list(OrganisationId organisation, std::optional<JobState> state, std::size_t limit);
  Result<JobCounts> counts();
  Result<std::uint64_t> remove_done();

 private:
  Result<void> expire_leases(Session& session);
  JobState failed(Session& session, JobId id, int attempts, int max_attempts, std::string_view error, bool permanent);
  Database& database_;
  vault::Keyring& keyring_;
  Random& random_;
  Options options_;
};

}  // namespace parley::store
