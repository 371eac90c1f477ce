#pragma once
#include <optional>
#include <string>
#include <vector>

#include <base/ids.hpp>
#include <store/database.hpp>

namespace parley::store {

/// What an organisation keeps and for how long. Version 0 is the default that holds before anybody changed it.
struct Policy {
  OrganisationId organisation;
  int version = 0;
  int recordings_days = 90;                   // RET-3; transcripts and analyses follow the recording
  bool transcripts_follow_recordings = true;  // always
  std::optional<int> cdr_days;                // empty: until deleted by hand (RET-9)
  std::string announcement_mode = "default";  // or "custom"
  std::string announcement_text;
  WallTime changed{};
  std::string changed_by;  // user id
};

/// Thread: any, blocking.   Errors: Invalid (days out of 1..3650, text over 1000 bytes), Conflict (version is not the
/// latest's), and the database's.
class PolicyRepository {
 public:
  explicit PolicyRepository(Database& database) : database_(database) {}
  Result<Policy> current(OrganisationId organisation);
  static Policy current(Session& session, OrganisationId organisation);
  /// `policy.version` is the version that was read; stores the next one, and counts all deadlines of the organisation
  /// anew in the same transaction.
  Result<Policy> put(const Policy& policy);
  Result<std::vector<Policy>> history(OrganisationId organisation);  // newest first

 private:
  Database& database_;
};

}  // namespace parley::store
