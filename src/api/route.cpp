#include <charconv>

#include <api/route.hpp>
#include <base/bytes.hpp>
#include <base/json_text.hpp>
#include <store/store.hpp>
#include <vault/hash.hpp>

namespace parley::api {

std::optional<std::string> Request::text(std::string_view name) const {
  const auto* value = body.if_contains(name);
  return value != nullptr && value->is_string() ? std::optional(std::string(value->get_string())) : std::nullopt;
}

std::optional<std::int64_t> Request::integer(std::string_view name) const {
  const auto* value = body.if_contains(name);
  return value != nullptr && value->is_int64() ? std::optional(value->get_int64()) : std::nullopt;
}

std::optional<bool> Request::truth(std::string_view name) const {
  const auto* value = body.if_contains(name);
  return value != nullptr && value->is_bool() ? std::optional(value->get_bool()) : std::nullopt;
}

store::AuditEntry Request::entry(std::string_view action, std::string_view target_kind, std::string_view target,
                                 const json::object& details) const {
  store::AuditEntry out;
  out.organisation = organisation.is_nil() ? caller.user.organisation : organisation;
  switch (caller.kind) {
    case Caller::Kind::User: out.actor_kind = "user", out.actor = caller.user.id.text(); break;
    case Caller::Kind::LocalSocket: out.actor_kind = "platform", out.actor = "local"; break;
    case Caller::Kind::Nobody: out.actor_kind = "nobody"; break;
  }
  out.action = action;
  out.target_kind = target_kind;
  out.target = target;
  out.ip = http.is_local_socket ? std::string() : http.peer.address.text();
  out.details = json_text(details);
  return out;
}

Result<void> Request::audit(std::string_view action, std::string_view target_kind, std::string_view target,
                            const json::object& details) const {
  if (auto done = parts.store.audit.append(entry(action, target_kind, target, details)); !done) {
    return std::unexpected(done.error());
  }
  return {};
}

net::HttpResponse ok(const json::value& body, int status) {
  auto response = net::HttpResponse::text(status, json_text(body), "application/json");
  response.set("Cache-Control", "no-store");
  return response;
}

net::HttpResponse no_content() {
  net::HttpResponse response;
  response.status = 204;
  response.set("Cache-Control", "no-store");
  return response;
}

json::object page(json::array items, const std::optional<std::string>& next_cursor) {
  json::value next;
  if (next_cursor && !next_cursor->empty()) next = *next_cursor;
  return {{"items", std::move(items)}, {"next_cursor", std::move(next)}};
}

json::value time_or_null(const std::optional<WallTime>& time) {
  return time ? json::value(to_rfc3339(*time)) : json::value(nullptr);
}

std::string etag_of(const json::value& body) {
  const auto digest = vault::sha256(as_bytes(json_text(body)));
  return '"' + to_hex(BytesView(digest).first(12)) + '"';
}

std::optional<Refusal> check_if_match(const Request& request, std::string_view etag) {
  const std::string_view wanted = request.http.header("if-match");
  if (wanted.empty() || wanted == "*" || wanted.find(etag) != std::string_view::npos) return std::nullopt;
  return Refusal{Problem::ChangedMeanwhile, "read it again, then repeat your change", std::nullopt};
}

std::expected<std::size_t, Refusal> limit_of(const Request& request, std::size_t fallback) {
  const auto given = request.http.parameter("limit");
  if (!given) return fallback;
  std::size_t value = 0;
  const auto [end, failure] = std::from_chars(given->data(), given->data() + given->size(), value);
  if (failure != std::errc{} || end != given->data() + given->size() || value == 0 || value > store::kMaxPage) {
    return refuse(Problem::InvalidValue, "limit must be from 1 to 500");
  }
  return value;
}

std::string_view cursor_of(const Request& request) { return request.http.parameter("cursor").value_or(""); }

const std::vector<Route>& routes() {
  static const std::vector<Route> all = [] {
    std::vector<Route> out;
    add_session_routes(out);
    add_status_routes(out);
    add_organisation_routes(out);
    add_user_routes(out);
    add_extension_routes(out);
    add_device_routes(out);
    add_dial_routes(out);
    add_trunk_routes(out);
    add_live_call_routes(out);
    add_conference_routes(out);
    add_call_routes(out);
    add_recording_routes(out);
    add_ban_routes(out);
    add_trace_routes(out);
    add_hold_routes(out);
    add_policy_routes(out);
    add_evidence_routes(out);
    add_demo_routes(out);
    add_apply_routes(out);
    return out;
  }();
  return all;
}

}  // namespace parley::api
