#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json/value.hpp>

#include <api/parts.hpp>
#include <api/permissions.hpp>
#include <api/problem.hpp>
#include <api/schema.hpp>
#include <net/http.hpp>
#include <store/audit.hpp>
#include <store/organisations.hpp>
#include <store/users.hpp>

namespace parley::api {

class Api;

/// Who asks.
struct Caller {
  enum class Kind : std::uint8_t { Nobody, User, LocalSocket };
  Kind kind = Kind::Nobody;
  store::Role role = store::Role::User;
  store::User user;        // Kind::User
  std::string token;       // as sent, for sign-out
  bool by_cookie = false;  // the browser sent it by itself: changes need our own Origin
  [[nodiscard]] bool is_platform() const noexcept { return role == store::Role::PlatformAdministrator; }
};

/// One request inside the API: checked, with its place in the tree known.
struct Request {
  net::HttpRequest& http;
  const ApiParts& parts;
  Api& api;
  Caller caller;
  OrganisationId organisation;                         // of the path; nil if it names none
  std::vector<std::pair<std::string_view, Uuid>> ids;  // the path's, by name
  json::object body;                                   // checked against the route's schema

  template <class IdType>
  [[nodiscard]] IdType id(std::string_view name) const {
    for (const auto& [key, value] : ids) {
      if (key == name) return IdType{value};
    }
    return {};
  }
  /// Members of the body that the schema has checked.
  [[nodiscard]] std::optional<std::string> text(std::string_view name) const;
  [[nodiscard]] std::optional<std::int64_t> integer(std::string_view name) const;
  [[nodiscard]] std::optional<bool> truth(std::string_view name) const;

  /// Who did what to what, for AuditLog. Details: JSON without personal data.
  [[nodiscard]] store::AuditEntry entry(std::string_view action, std::string_view target_kind, std::string_view target,
                                        const json::object& details = {}) const;
  /// Writes it. What cannot be audited is not done: check before you give content away (SEC-5).
  [[nodiscard]] Result<void> audit(std::string_view action, std::string_view target_kind, std::string_view target,
                                   const json::object& details = {}) const;
};

/// A parameter behind the '?', for OpenAPI; handlers check its value.
struct QueryParameter {
  std::string_view name;
  std::string_view about;
};

/// One row of the API: dispatch, permission, validation and OpenAPI all come from it.
struct Route {
  std::string_view method;
  std::string_view path;  // "/v1/organisations/{organisation}/calls/{call}": names in braces are ids
  Permission permission = Permission::SignedIn;
  std::string_view summary;
  const Schema* request = nullptr;
  const Schema* response = nullptr;  // nullptr: none, or not JSON
  bool list = false;                 // the response is a page of `response`
  int status = 200;
  Answer (*handler)(Request&) = nullptr;
  std::vector<QueryParameter> query;
  std::size_t body_limit = 0;  // 0: the general one
  std::string_view produces = "application/json";
};

[[nodiscard]] const std::vector<Route>& routes();

// One function a resource, in resources/.
void add_session_routes(std::vector<Route>& out);
void add_status_routes(std::vector<Route>& out);
void add_organisation_routes(std::vector<Route>& out);
void add_user_routes(std::vector<Route>& out);
void add_extension_routes(std::vector<Route>& out);
void add_device_routes(std::vector<Route>& out);
void add_dial_routes(std::vector<Route>& out);  // what numbers mean, not this table
void add_trunk_routes(std::vector<Route>& out);
void add_live_call_routes(std::vector<Route>& out);
void add_conference_routes(std::vector<Route>& out);
void add_call_routes(std::vector<Route>& out);
void add_recording_routes(std::vector<Route>& out);
void add_hold_routes(std::vector<Route>& out);
void add_policy_routes(std::vector<Route>& out);
void add_trace_routes(std::vector<Route>& out);
void add_ban_routes(std::vector<Route>& out);
void add_evidence_routes(std::vector<Route>& out);  // receipts, audit, prove
void add_demo_routes(std::vector<Route>& out);
void add_apply_routes(std::vector<Route>& out);

// Shorthands of handlers.
[[nodiscard]] net::HttpResponse ok(const json::value& body, int status = 200);
[[nodiscard]] net::HttpResponse no_content();
[[nodiscard]] json::object page(json::array items, const std::optional<std::string>& next_cursor = std::nullopt);
[[nodiscard]] json::value time_or_null(const std::optional<WallTime>& time);
/// Strong ETag of a representation.
[[nodiscard]] std::string etag_of(const json::value& body);
/// Refuses when the request has an If-Match that is not `etag` (RFC 9110 §13.1.1).
[[nodiscard]] std::optional<Refusal> check_if_match(const Request& request, std::string_view etag);
/// ?limit=, at most 500. Errors: InvalidValue.
[[nodiscard]] std::expected<std::size_t, Refusal> limit_of(const Request& request, std::size_t fallback = 50);
[[nodiscard]] std::string_view cursor_of(const Request& request);

}  // namespace parley::api
