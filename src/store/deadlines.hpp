#pragma once
#include <optional>
#include <string>
#include <vector>

#include <base/ids.hpp>
#include <store/database.hpp>

namespace parley::store {

enum class DeadlineKind : std::uint8_t { Call = 1, Recording = 2, Transcript = 3, Analysis = 4 };
[[nodiscard]] std::string_view to_string(DeadlineKind kind) noexcept;

/// When a thing must be gone, written with the thing. `base` is what the rule counts from, so that a changed policy can
/// count anew.
struct Deadline {
  OrganisationId organisation;
  DeadlineKind kind = DeadlineKind::Recording;
  Uuid thing;
  CallId call;
  WallTime base{};
  WallTime due{};
  std::string rule;  // "RET-3 recordings_days=90"
};

/// The queue that privacy::Retention works off.   Thread: any, blocking.
class DeadlineRepository {
 public:
  explicit DeadlineRepository(Database& database) : database_(database) {}
  static void put(Session& session, const Deadline& deadline) { put(session, std::vector{deadline}); }  // replaces
  static void put(Session& session, const std::vector<Deadline>& deadlines);
  static void remove(Session& session, OrganisationId organisation, DeadlineKind kind, const Uuid& thing);
  Result<std::vector<Deadline>> list(OrganisationId organisation, CallId call);
  /// Of all organisations, the earliest first, without those whose call has a hold.
  Result<std::vector<Deadline>> due(WallTime now, std::size_t limit);
  Result<std::optional<WallTime>> next_due();

 private:
  Database& database_;
};

}  // namespace parley::store
