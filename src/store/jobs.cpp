#include <algorithm>

#include <store/jobs.hpp>

namespace parley::store {
namespace {

using vault::ThingKind;

constexpr std::size_t kLongestText = 500;
constexpr int kMaxListed = 500;
constexpr const char* kColumns =
    "id, kind, organisation, call_id, recording_id, state, attempts, max_attempts, progress, progress_text, error, "
    "run_at, created_at, sealed";

Result<vault::ThingKey> key_of(vault::Keyring& keyring, OrganisationId organisation,
                               const std::optional<CallId>& call) {
  return call ? keyring.open(organisation, ThingKind::Call, call->uuid) : keyring.organisation(organisation);
}

std::string part_of(JobId id) { return "job " + id.text(); }

Job job_of(const Row& row) {
  Job out;
  out.id = row.id<JobId>(0);
  out.kind = row.text(1);
  out.organisation = row.id<OrganisationId>(2);
  out.call = row.maybe_id<CallId>(3);
  out.recording = row.maybe_id<RecordingId>(4);
  out.state = static_cast<JobState>(row.integer(5));
  out.attempts = static_cast<int>(row.integer(6));
  out.max_attempts = static_cast<int>(row.integer(7));
  out.progress = static_cast<int>(row.integer(8));
  out.progress_text = row.text(9);
  out.error = row.text(10);
  out.run_at = row.time(11);
  out.created = row.time(12);
  return out;
}

std::unexpected<Error> lost_lease() {
  return fail(Errc::Conflict, "the lease of this job has run out or the job is gone");
}

}  // namespace

std::string_view to_string(JobState value) noexcept {
  switch (value) {
    case JobState::Queued: return "queued";
    case JobState::Running: return "running";
    case JobState::Done: return "done";
    case JobState::Dead: return "dead";
  }
  return "dead";
}

Result<JobQueue::Prepared> JobQueue::prepare(vault::Keyring& keyring, NewJob job) {
  const auto key = key_of(keyring, job.organisation, job.call);
  if (!key) return std::unexpected(key.error());
  Prepared out;
  out.id = JobId::make();
  if (job.idempotency_key.empty()) job.idempotency_key = out.id.text();
  out.sealed = key->seal_text(part_of(out.id), job.payload);
  out.job = std::move(job);
  return out;
}

Result<JobId> JobQueue::insert(Session& session, const Prepared& prepared) {
  const NewJob& job = prepared.job;
  if (const auto row = session.find("SELECT id FROM jobs WHERE organisation = ? AND kind = ? AND idempotency_key = ?",
                                    {job.organisation, job.kind, job.idempotency_key})) {
    return row->id<JobId>(0);
  }
  session.execute(
      "INSERT INTO jobs (id, organisation, kind, idempotency_key, call_id, recording_id, state, attempts, "
      "max_attempts, run_at, progress,"
      " progress_text, error, created_at, sealed) VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, ?, 0, '', '', ?, ?)",
      {prepared.id, job.organisation, job.kind, job.idempotency_key, job.call, job.recording, JobState::Queued,
       job.max_attempts, job.run_at.value_or(session.now()), session.now(), prepared.sealed});
  return prepared.id;
}

Result<JobId> JobQueue::enqueue(NewJob job) {
  const OrganisationId organisation = job.organisation;
  const auto prepared = prepare(keyring_, std::move(job));
  if (!prepared) return std::unexpected(prepared.error());
  return database_.transaction(organisation, [&](Session& session) -> Result<JobId> {
    if (prepared->job.call &&
        !session.find("SELECT id FROM calls WHERE organisation = ? AND id = ?", {organisation, *prepared->job.call})) {
      return parley::fail(Errc::NotFound, "no such call");
    }
    return insert(session, *prepared);
  });
}

JobState JobQueue::failed(Session& session, JobId id, int attempts, int max_attempts, std::string_view error,
                          bool permanent) {
  const bool dead = permanent || attempts >= max_attempts;
  // 2^(attempt-1) back-offs, then anything between half and all of it, so that what failed together does not come back
  // together.
  const int doublings = std::clamp(attempts - 1, 0, 30);
  const auto longest = std::min(options_.longest_back_off.count(), options_.back_off.count() << doublings);
  const auto wait =
      longest / 2 + static_cast<std::int64_t>(random_.next() % static_cast<std::uint64_t>(longest / 2 + 1));
  const JobState state = dead ? JobState::Dead : JobState::Queued;
  session.execute(
      "UPDATE jobs SET state = ?, run_at = ?, lease = NULL, lease_until = NULL, error = ?, progress = 0, progress_text "
      "= '', finished_at = ?"
      " WHERE id = ?",
      {state, session.now() + std::chrono::milliseconds(wait), error.substr(0, kLongestText),
       dead ? std::optional(session.now()) : std::nullopt, id});
  return state;
}

Result<void> JobQueue::expire_leases(Session& session) {
  for (const auto& row :
       session.query("SELECT id, attempts, max_attempts FROM jobs WHERE state = ? AND lease_until <= ?",
                     {JobState::Running, session.now()})) {
    failed(session, row.id<JobId>(0), static_cast<int>(row.integer(1)), static_cast<int>(row.integer(2)),
           "the time limit ran out, or the worker ended without a word", false);
  }
  return {};
}

Result<std::optional<LeasedJob>> JobQueue::lease(const std::vector<std::string>& kinds,
                                                 std::chrono::milliseconds time_limit) {
  if (kinds.empty()) return std::nullopt;
  std::string marks = "?";
  for (std::size_t i = 1; i < kinds.size(); ++i) marks += ", ?";
  // Pollers look without writing; only what seems to be there is taken.
  const auto due = database_.read([&](Session& session) -> Result<bool> {
    Session::Values values{JobState::Queued, session.now(), JobState::Running, session.now()};
    for (const auto& kind : kinds) values.emplace_back(kind);
    return session
        .find(
            "SELECT 1 FROM jobs WHERE ((state = ? AND run_at <= ?) OR (state = ? AND lease_until <= ?)) AND kind IN (" +
                marks + ") LIMIT 1",
            values)
        .has_value();
  });
  if (!due) return std::unexpected(due.error());
  if (!*due) return std::nullopt;
  for (;;) {
    std::string sealed;
    auto leased = database_.transaction({}, [&](Session& session) -> Result<std::optional<LeasedJob>> {
      if (auto expired = expire_leases(session); !expired) return std::unexpected(expired.error());
      Session::Values values{JobState::Queued, session.now()};
      for (const auto& kind : kinds) values.emplace_back(kind);
      const auto row =
          session.find(std::string("SELECT ") + kColumns + " FROM jobs WHERE state = ? AND run_at <= ? AND kind IN (" +
                           marks + ") ORDER BY run_at, created_at, id LIMIT 1",
                       values);
      if (!row) return std::nullopt;
      LeasedJob out;
      out.job = job_of(*row);
      sealed = row->text(13);
      out.lease = random_.token(26);
      out.until = session.now() + time_limit;
      out.job.state = JobState::Running;
      ++out.job.attempts;
      session.execute(
          "UPDATE jobs SET state = ?, attempts = ?, lease = ?, lease_until = ?, progress = 0, progress_text = '' WHERE "
          "id = ?",
          {JobState::Running, out.job.attempts, out.lease, out.until, out.job.id});
      return out;
    });
    if (!leased || !*leased) return leased;
    LeasedJob& job = **leased;
    const auto key = key_of(keyring_, job.job.organisation, job.job.call);
    auto payload =
        key ? key->open_text(part_of(job.job.id), sealed) : Result<std::string>(std::unexpected(key.error()));
    if (payload) {
      job.payload = std::move(*payload);
      return leased;
    }
    // The call went meanwhile, or the row was damaged: nobody can do this job.
    if (auto dead = fail(job, "the payload cannot be read: " + payload.error().text, true); !dead)
      return std::unexpected(dead.error());
  }
}

Result<void> JobQueue::progress(const LeasedJob& job, int percent, std::string_view text) {
  return database_.transaction(job.job.organisation, [&](Session& session) -> Result<void> {
    const auto changed = session.execute(
        "UPDATE jobs SET progress = ?, progress_text = ? WHERE organisation = ? AND id = ? AND lease = ?",
        {std::clamp(percent, 0, 100), text.substr(0, kLongestText), job.job.organisation, job.job.id, job.lease});
    if (changed == 0) return lost_lease();
    return {};
  });
}

Result<void> JobQueue::extend(LeasedJob& job, std::chrono::milliseconds time_limit) {
  return database_.transaction(job.job.organisation, [&](Session& session) -> Result<void> {
    const WallTime until = session.now() + time_limit;
    const auto changed =
        session.execute("UPDATE jobs SET lease_until = ? WHERE organisation = ? AND id = ? AND lease = ?",
                        {until, job.job.organisation, job.job.id, job.lease});
    if (changed == 0) return lost_lease();
    job.until = until;
    return {};
  });
}

Result<void> JobQueue::complete(const LeasedJob& job) {
  return database_.transaction(job.job.organisation, [&](Session& session) -> Result<void> {
    const auto changed = session.execute(
        "UPDATE jobs SET state = ?, progress = 100, progress_text = '', error = '', lease = NULL, lease_until = NULL, "
        "finished_at = ?"
        " WHERE organisation = ? AND id = ? AND lease = ?",
        {JobState::Done, session.now(), job.job.organisation, job.job.id, job.lease});
    if (changed == 0) return lost_lease();
    return {};
  });
}

Result<JobState> JobQueue::fail(const LeasedJob& job, std::string_view error, bool permanent) {
  return database_.transaction(job.job.organisation, [&](Session& session) -> Result<JobState> {
    if (!session.find("SELECT 1 FROM jobs WHERE organisation = ? AND id = ? AND lease = ?",
                      {job.job.organisation, job.job.id, job.lease})) {
      return lost_lease();
    }
    return failed(session, job.job.id, job.job.attempts, job.job.max_attempts, error, permanent);
  });
}

Result<void> JobQueue::release(const LeasedJob& job) {
  return database_.transaction(job.job.organisation, [&](Session& session) -> Result<void> {
    const auto changed = session.execute(
        "UPDATE jobs SET state = ?, attempts = attempts - 1, run_at = ?, lease = NULL, lease_until = NULL, progress = "
        "0, progress_text = ''"
        " WHERE organisation = ? AND id = ? AND lease = ?",
        {JobState::Queued, session.now(), job.job.organisation, job.job.id, job.lease});
    if (changed == 0) return lost_lease();
    return {};
  });
}

Result<void> JobQueue::retry(OrganisationId organisation, JobId id) {
  return database_.transaction(organisation, [&](Session& session) -> Result<void> {
    const auto changed = session.execute(
        "UPDATE jobs SET state = ?, attempts = 0, run_at = ?, error = '', finished_at = NULL WHERE organisation = ? "
        "AND id = ? AND state = ?",
        {JobState::Queued, session.now(), organisation, id, JobState::Dead});
    if (changed == 0) return parley::fail(Errc::NotFound, "no such dead job");
    return {};
  });
}

Result<std::vector<Job>> JobQueue::list(OrganisationId organisation, CallId call) {
  return database_.read([&](Session& session) -> Result<std::vector<Job>> {
    std::vector<Job> out;
    for (const auto& row :
         session.query(std::string("SELECT ") + kColumns +
                           " FROM jobs WHERE organisation = ? AND call_id = ? ORDER BY created_at, id",
                       {organisation, call})) {
      out.push_back(job_of(row));
    }
    return out;
  });
}

Result<std::vector<Job>> JobQueue::list(OrganisationId organisation, std::optional<JobState> state, std::size_t limit) {
  return database_.read([&](Session& session) -> Result<std::vector<Job>> {
    Session::Values values{organisation};
    if (state) values.emplace_back(*state);
    values.emplace_back(std::clamp<std::size_t>(limit, 1, kMaxListed));
    std::vector<Job> out;
    for (const auto& row :
         session.query(std::string("SELECT ") + kColumns + " FROM jobs WHERE organisation = ?" +
                           (state ? " AND state = ?" : "") + " ORDER BY created_at DESC, id DESC LIMIT ?",
                       values)) {
      out.push_back(job_of(row));
    }
    return out;
  });
}

Result<JobCounts> JobQueue::counts() {
  return database_.read([&](Session& session) -> Result<JobCounts> {
    JobCounts out;
    for (const auto& row : session.query("SELECT state, count(*) FROM jobs GROUP BY state")) {
      const auto number = static_cast<std::uint64_t>(row.integer(1));
      switch (static_cast<JobState>(row.integer(0))) {
        case JobState::Queued: out.queued = number; break;
        case JobState::Running: out.running = number; break;
        case JobState::Dead: out.dead = number; break;
        case JobState::Done: break;
      }
    }
    return out;
  });
}

Result<std::uint64_t> JobQueue::remove_done() {
  return database_.transaction({}, [&](Session& session) -> Result<std::uint64_t> {
    return session.execute("DELETE FROM jobs WHERE state = ? AND finished_at <= ?",
                           {JobState::Done, session.now() - std::chrono::milliseconds(options_.keep_done)});
  });
}

}  // namespace parley::store
