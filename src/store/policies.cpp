#include <store/deadlines.hpp>
#include <store/json.hpp>
#include <store/policies.hpp>

namespace parley::store {
namespace {

constexpr int kLongestDays = 3650;
constexpr std::size_t kLongestAnnouncement = 1000;
constexpr const char* kColumns = "organisation, version, document, changed_at, changed_by";

std::string document_of(const Policy& policy) {
  return json::serialize(
      json::object{{"recordings_days", policy.recordings_days},
                   {"cdr_days", policy.cdr_days ? json::value(*policy.cdr_days) : json::value(nullptr)},
                   {"announcement_mode", policy.announcement_mode},
                   {"announcement_text", policy.announcement_text}});
}

Policy policy_of(const Row& row) {
  Policy out;
  out.organisation = row.id<OrganisationId>(0);
  out.version = static_cast<int>(row.integer(1));
  out.changed = row.time(3);
  out.changed_by = row.text(4);
  if (const auto object = parse_object(row.text(2))) {
    out.recordings_days = static_cast<int>(integer_at(*object, "recordings_days"));
    const auto* days = object->if_contains("cdr_days");
    if (days != nullptr && days->is_number()) out.cdr_days = static_cast<int>(integer_at(*object, "cdr_days"));
    out.announcement_mode = text_at(*object, "announcement_mode");
    out.announcement_text = text_at(*object, "announcement_text");
  } else {
    throw DatabaseFailure(Errc::Corrupt, "a stored policy does not parse");
  }
  return out;
}

std::int64_t in_milliseconds(int days) { return std::chrono::milliseconds(std::chrono::days(days)).count(); }

}  // namespace

Policy PolicyRepository::current(Session& session, OrganisationId organisation) {
  const auto row = session.find(
      std::string("SELECT ") + kColumns + " FROM policies WHERE organisation = ? ORDER BY version DESC LIMIT 1",
      {organisation});
  if (row) return policy_of(*row);
  Policy out;
  out.organisation = organisation;
  return out;
}

Result<Policy> PolicyRepository::current(OrganisationId organisation) {
  return database_.read([&](Session& session) -> Result<Policy> { return current(session, organisation); });
}

Result<Policy> PolicyRepository::put(const Policy& policy) {
  const auto out_of_range = [](int days) { return days < 1 || days > kLongestDays; };
  if (out_of_range(policy.recordings_days) || (policy.cdr_days && out_of_range(*policy.cdr_days))) {
    return fail(Errc::Invalid, "a period is between 1 and 3650 days");
  }
  if (policy.announcement_mode != "default" && policy.announcement_mode != "custom") {
    return fail(Errc::Invalid, "the announcement is \"default\" or \"custom\"");
  }
  if (policy.announcement_text.size() > kLongestAnnouncement)
    return fail(Errc::Invalid, "the announcement is longer than 1000 bytes");
  return database_.transaction(policy.organisation, [&](Session& session) -> Result<Policy> {
    const Policy before = current(session, policy.organisation);
    if (before.version != policy.version) return fail(Errc::Conflict, "the policy was changed meanwhile");
    Policy next = policy;
    next.version = before.version + 1;
    next.changed = session.now();
    next.transcripts_follow_recordings = true;
    session.execute(
        "INSERT INTO policies (organisation, version, document, changed_at, changed_by) VALUES (?, ?, ?, ?, ?)",
        {next.organisation, next.version, document_of(next), next.changed, next.changed_by});
    session.execute(
        "UPDATE deadlines SET due_at = base_at + ?, rule = ? WHERE organisation = ? AND kind <> ?",
        {in_milliseconds(next.recordings_days), "RET-3 recordings_days=" + std::to_string(next.recordings_days),
         next.organisation, DeadlineKind::Call});
    session.execute("DELETE FROM deadlines WHERE organisation = ? AND kind = ?",
                    {next.organisation, DeadlineKind::Call});
    if (next.cdr_days) {
      session.execute(
          "INSERT INTO deadlines (organisation, kind, thing, call_id, base_at, due_at, rule) SELECT organisation, 1, "
          "id, id, ended_at,"
          " ended_at + ?, ? FROM calls WHERE organisation = ? AND closed = 1",
          {in_milliseconds(*next.cdr_days), "cdr_days=" + std::to_string(*next.cdr_days), next.organisation});
    }
    return next;
  });
}

Result<std::vector<Policy>> PolicyRepository::history(OrganisationId organisation) {
  return database_.read([&](Session& session) -> Result<std::vector<Policy>> {
    std::vector<Policy> out;
    for (const auto& row : session.query(
             std::string("SELECT ") + kColumns + " FROM policies WHERE organisation = ? ORDER BY version DESC",
             {organisation})) {
      out.push_back(policy_of(row));
    }
    return out;
  });
}

}  // namespace parley::store
