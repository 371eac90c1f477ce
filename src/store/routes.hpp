#pragma once
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <base/ids.hpp>
#include <store/database.hpp>
#include <vault/keyring.hpp>

namespace parley::store {

enum class RefusalReason : std::uint8_t { Busy, Forbidden, NotFound };
[[nodiscard]] std::string_view to_string(RefusalReason reason) noexcept;  // "busy", "forbidden", "not_found"
[[nodiscard]] std::optional<RefusalReason> refusal_reason_of(std::string_view text) noexcept;

/// Where a route ends. A new kind of destination is one more alternative here, its stored form in routes.cpp, its form
/// outside in api/route_json.cpp, and what it does in pbx/routing.cpp.
struct ToExtension {
  std::string number;
  friend bool operator==(const ToExtension&, const ToExtension&) = default;
};
struct ToEchoTest {
  friend bool operator==(const ToEchoTest&, const ToEchoTest&) = default;
};
struct ToNumber {      // as if the caller had dialled it
  std::string number;  // empty: what was dialled, after strip and prepend
  friend bool operator==(const ToNumber&, const ToNumber&) = default;
};
struct ToRefusal {
  RefusalReason reason = RefusalReason::Forbidden;
  friend bool operator==(const ToRefusal&, const ToRefusal&) = default;
};
struct ToTrunks {                  // what was dialled, after strip and prepend
  std::vector<std::string> names;  // the first that takes the call
  friend bool operator==(const ToTrunks&, const ToTrunks&) = default;
};
struct ToConference {  // whoever dials it meets the others who did
  static constexpr unsigned kUsual = 50, kMost = 500;
  std::string room;  // its name; routes with the same one lead into the same room
  unsigned participants = kUsual;
  friend bool operator==(const ToConference&, const ToConference&) = default;
};
using RouteDestination = std::variant<ToExtension, ToEchoTest, ToNumber, ToRefusal, ToTrunks, ToConference>;

/// What a dialled number means that is no extension of the organisation. Which one applies: pbx/routing.hpp.
struct Route {
  RouteId id;
  OrganisationId organisation;
  std::string name;                  // unique in the organisation, however it is written
  int order = 100;                   // the lower is asked first
  std::string pattern;               // pbx/dial_pattern.hpp
  std::vector<std::string> callers;  // extension numbers; empty: everybody
  unsigned strip = 0;                // this many from the front of what was dialled
  std::string prepend;               // then this before it
  RouteDestination destination = ToRefusal{};
  bool enabled = true;
  WallTime created{};
};

/// Sealed with the organisation's key; the name has a blind index.
/// Thread: any, blocking.   Errors: NotFound (also for another organisation's id), Conflict (the name is in use, or
/// kMaxRoutes are there), and the database's.
class RouteRepository {
 public:
  static constexpr std::size_t kMaxRoutes = 1000;  // of one organisation: each is asked for each call

  RouteRepository(Database& database, vault::Keyring& keyring) : database_(database), keyring_(keyring) {}

  Result<void> create(const Route& route);
  Result<void> create(Session& session, const Route& route);
  Result<void> update(const Route& route);
  Result<void> update(Session& session, const Route& route);
  Result<Route> find(OrganisationId organisation, RouteId id);
  Result<std::vector<Route>> list(OrganisationId organisation);  // by order, then name
  /// Asks them in the order of `ids` from now on, in one step; gives how many changed. Errors: Conflict if `ids` are
  /// not all routes of the organisation, each once.
  Result<std::size_t> reorder(OrganisationId organisation, const std::vector<RouteId>& ids);
  Result<void> remove(OrganisationId organisation, RouteId id);
  Result<void> remove(Session& session, OrganisationId organisation, RouteId id);

 private:
  Result<std::vector<Route>> all(Session& session, OrganisationId organisation);
  /// The name's blind index. Errors: Conflict if another route has it.
  Result<std::string> free_name(Session& session, const Route& route);
  Database& database_;
  vault::Keyring& keyring_;
};

}  // namespace parley::store
