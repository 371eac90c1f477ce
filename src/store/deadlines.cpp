#include <store/deadlines.hpp>
#include <store/insert_rows.hpp>

namespace parley::store {
namespace {

constexpr const char* kColumns = "d.organisation, d.kind, d.thing, d.call_id, d.base_at, d.due_at, d.rule";

Deadline deadline_of(const Row& row) {
  return {row.id<OrganisationId>(0),
          static_cast<DeadlineKind>(row.integer(1)),
          Uuid::parse(row.text(2)).value_or(Uuid{}),
          row.id<CallId>(3),
          row.time(4),
          row.time(5),
          row.text(6)};
}

/// Holds in force on the deadline's call (RET-10).
constexpr const char* kNotHeld =
    " NOT EXISTS (SELECT 1 FROM holds h WHERE h.organisation = d.organisation AND h.call_id = d.call_id AND "
    "h.released_at IS NULL)";

}  // namespace

std::string_view to_string(DeadlineKind kind) noexcept {
  switch (kind) {
    case DeadlineKind::Call: return "call";
    case DeadlineKind::Recording: return "recording";
    case DeadlineKind::Transcript: return "transcript";
    case DeadlineKind::Analysis: return "analysis";
  }
  return "unknown";
}

void DeadlineRepository::put(Session& session, const std::vector<Deadline>& deadlines) {
  Session::Values rows;
  for (const auto& one : deadlines)
    add_row(rows, one.organisation, one.kind, one.thing, one.call, one.base, one.due, one.rule);
  insert_rows(session, "INSERT INTO deadlines (organisation, kind, thing, call_id, base_at, due_at, rule)", 7,
              std::move(rows),
              "ON CONFLICT (organisation, kind, thing) DO UPDATE SET base_at = excluded.base_at, due_at = "
              "excluded.due_at, rule = excluded.rule");
}

void DeadlineRepository::remove(Session& session, OrganisationId organisation, DeadlineKind kind, const Uuid& thing) {
  session.execute("DELETE FROM deadlines WHERE organisation = ? AND kind = ? AND thing = ?",
                  {organisation, kind, thing});
}

Result<std::vector<Deadline>> DeadlineRepository::list(OrganisationId organisation, CallId call) {
  return database_.read([&](Session& session) -> Result<std::vector<Deadline>> {
    std::vector<Deadline> out;
    for (const auto& row :
         session.query(std::string("SELECT ") + kColumns +
                           " FROM deadlines d WHERE d.organisation = ? AND d.call_id = ? ORDER BY d.due_at, d.kind",
                       {organisation, call})) {
      out.push_back(deadline_of(row));
    }
    return out;
  });
}

Result<std::vector<Deadline>> DeadlineRepository::due(WallTime now, std::size_t limit) {
  return database_.read([&](Session& session) -> Result<std::vector<Deadline>> {
    std::vector<Deadline> out;
    for (const auto& row :
         session.query(std::string("SELECT ") + kColumns + " FROM deadlines d WHERE d.due_at <= ? AND" + kNotHeld +
                           " ORDER BY d.due_at, d.kind, d.thing LIMIT ?",
                       {now, limit})) {
      out.push_back(deadline_of(row));
    }
    return out;
  });
}

Result<std::optional<WallTime>> DeadlineRepository::next_due() {
  return database_.read([&](Session& session) -> Result<std::optional<WallTime>> {
    const auto row =
        session.find(std::string("SELECT d.due_at FROM deadlines d WHERE") + kNotHeld + " ORDER BY d.due_at LIMIT 1");
    return row ? std::optional(row->time(0)) : std::nullopt;
  });
}

}  // namespace parley::store
