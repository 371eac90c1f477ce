#include <algorithm>
#include <charconv>

#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include <api/api.hpp>
#include <api/authentication.hpp>
#include <api/console_files.hpp>
#include <api/event_streams.hpp>
#include <api/idempotency.hpp>
#include <api/openapi.hpp>
#include <base/bytes.hpp>
#include <base/json_text.hpp>
#include <base/log.hpp>
#include <base/metrics.hpp>
#include <net/http_server.hpp>
#include <store/store.hpp>
#include <vault/hash.hpp>
#include <vault/password.hpp>

namespace parley::api {

namespace {

std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> out;
  while (!path.empty()) {
    path.remove_prefix(1);
    out.push_back(path.substr(0, path.find('/')));
    path.remove_prefix(out.back().size());
  }
  return out;
}

/// The ids of a path that has the form of the pattern; nullopt if it has not.
std::optional<std::vector<std::pair<std::string_view, Uuid>>> match(const std::vector<std::string_view>& pattern,
                                                                    const std::vector<std::string_view>& path) {
  if (pattern.size() != path.size()) return std::nullopt;
  std::vector<std::pair<std::string_view, Uuid>> ids;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (!pattern[i].starts_with('{')) {
      if (pattern[i] != path[i]) return std::nullopt;
      continue;
    }
    const auto id = Uuid::parse(path[i]);
    if (!id) return std::nullopt;
    ids.emplace_back(pattern[i].substr(1, pattern[i].size() - 2), *id);
  }
  return ids;
}

struct Compiled {
  const Route* route;
  std::vector<std::string_view> segments;
};

const std::vector<Compiled>& compiled() {
  static const std::vector<Compiled> all = [] {
    std::vector<Compiled> out;
    for (const auto& route : routes()) out.push_back({&route, split(route.path)});
    return out;
  }();
  return all;
}

bool is_loopback(const net::HttpRequest& request) {
  return request.is_local_socket || request.peer.address.is_loopback();
}

std::expected<json::object, Refusal> body_of(const net::HttpRequest& http, const Route& route) {
  if (http.body.empty()) return json::object{};
  if (!http.header("content-type").starts_with("application/json")) {
    return refuse(Problem::NotJson, "send Content-Type: application/json");
  }
  boost::system::error_code failure;
  auto value = json::parse(http.body, failure);
  if (failure) return refuse(Problem::BadJson, failure.message());
  if (value.is_null()) return json::object{};
  if (!value.is_object()) return refuse(Problem::InvalidValue, "the body must be a JSON object");
  if (route.request == nullptr && !value.get_object().empty()) {
    return refuse(Problem::UnknownField, "this request takes no body");
  }
  return std::move(value.get_object());
}
}  // namespace

struct Api::Impl {
  Impl(Api& owner, ApiParts p)
      : api(owner),
        parts(std::move(p)),
        begun(parts.clock.now()),
        authentication(parts),
        idempotency(parts.store.answers),
        streams(parts),
        document(json_text(openapi_document(routes(), parts.version))) {}

  net::HttpResponse rest(net::HttpRequest& http);
  Answer run(const Route& route, Request& request);
  Answer run_once(const Route& route, Request& request, std::string_view key);
  Result<bool> organisation_is_visible(const Request& request);

  Api& api;
  const ApiParts parts;
  const TimePoint begun;
  Authentication authentication;
  Idempotency idempotency;
  EventStreams streams;
  const std::string document;
};

Api::Api(ApiParts parts) : impl_(std::make_unique<Impl>(*this, std::move(parts))) {}
Api::~Api() = default;

net::HttpResponse Api::handle(net::HttpRequest& request) {
  const std::string& path = request.path;
  if (path == "/v1" || path.starts_with("/v1/")) return impl_->rest(request);
  if (path == "/healthz") {
    const bool healthy = impl_->parts.store.database.schema_version() > 0;
    return ok({{"status", healthy ? "ok" : "failing"}}, healthy ? 200 : 503);
  }
  if (path == "/metrics") {
    if (!is_loopback(request)) {
      const auto caller = impl_->authentication.caller_of(request);
      if (!caller) return to_response(caller.error());
      if (!allowed(caller->role, Permission::MetricsRead) || caller->kind == Caller::Kind::Nobody) {
        return to_response(
            {Problem::Forbidden, "metrics are for this machine and the platform's administrator", std::nullopt});
      }
    }
    return net::HttpResponse::text(200, metrics::expose(), "text/plain; version=0.0.4; charset=utf-8");
  }
  if (path == "/docs") {
    auto response =
        net::HttpResponse::text(200, documentation_page(routes(), impl_->parts.version), "text/html; charset=utf-8");
    response.set("Cache-Control", "no-cache");
    return response;
  }
  if (path == "/docs/style.css")
    return net::HttpResponse::text(200, std::string(documentation_style()), "text/css; charset=utf-8");
  return console_file(impl_->parts.console_folder, request);
}

net::HttpResponse Api::Impl::rest(net::HttpRequest& http) {
  const auto path = split(http.path);
  const std::string_view method = http.method == "HEAD" ? std::string_view("GET") : std::string_view(http.method);
  std::string allow;
  for (const auto& [route, segments] : compiled()) {
    auto ids = match(segments, path);
    if (!ids) continue;
    if (route->method != method) {
      allow += fmt::format("{}{}{}", allow.empty() ? "" : ", ", route->method, route->method == "GET" ? ", HEAD" : "");
      continue;
    }
    Request request{http, parts, api, {}, {}, std::move(*ids), {}};
    auto answer = run(*route, request);
    return answer ? std::move(*answer) : to_response(answer.error());
  }
  if (allow.empty())
    return to_response({Problem::NotFound, "there is no such address; see /v1/openapi.json", std::nullopt});
  allow += ", OPTIONS";
  if (method == "OPTIONS") return no_content().set("Allow", allow);
  return to_response({Problem::MethodNotAllowed, fmt::format("allowed are: {}", allow), std::nullopt})
      .set("Allow", allow);
}

Result<bool> Api::Impl::organisation_is_visible(const Request& request) {
  if (!request.caller.is_platform() && request.caller.user.organisation != request.organisation) return false;
  const auto found = parts.store.organisations.find(request.organisation);
  if (found) return true;
  if (found.error().code == Errc::NotFound) return false;
  return std::unexpected(found.error());
}

Answer Api::Impl::run(const Route& route, Request& request) {
  const bool changes = route.method != "GET";
  if (route.permission != Permission::Nobody) {
    auto caller = authentication.caller_of(request.http);
    if (!caller) return std::unexpected(caller.error());
    if (caller->kind == Caller::Kind::Nobody) return refuse(Problem::NotSignedIn, "this needs a sign-in");
    request.caller = std::move(*caller);
  }
  if (changes && (request.caller.by_cookie || route.permission == Permission::Nobody) &&
      !authentication.is_own_origin(request.http)) {
    if (request.caller.by_cookie || !request.http.header("origin").empty()) {
      return refuse(Problem::ForeignOrigin, "a change needs an Origin of this server");
    }
  }
  request.organisation = request.id<OrganisationId>("organisation");
  if (!request.organisation.is_nil()) {
    const auto visible = organisation_is_visible(request);
    if (!visible) return refuse(visible.error());
    if (!*visible) return refuse(Problem::NotFound, "there is no such organisation");  // another's looks the same
  }
  if (route.permission != Permission::Nobody && !allowed(request.caller.role, route.permission)) {
    if (changes) (void)request.audit("refused", "route", route.path, {{"method", route.method}});
    return refuse(Problem::Forbidden, fmt::format("this needs the permission {}", to_string(route.permission)));
  }
  auto body = body_of(request.http, route);
  if (!body) return std::unexpected(body.error());
  if (route.request != nullptr) {
    if (auto refusal = check(*route.request, *body, route.method == "PATCH"))
      return std::unexpected(std::move(*refusal));
  }
  request.body = std::move(*body);
  const std::string_view key = request.http.header("idempotency-key");
  if (route.method == "POST" && !key.empty() && route.permission != Permission::Nobody) {
    if (key.size() > 200) return refuse(Problem::BadRequest, "an Idempotency-Key has at most 200 bytes");
    return run_once(route, request, key);
  }
  return route.handler(request);
}

Answer Api::Impl::run_once(const Route& route, Request& request, std::string_view key) {
  using Outcome = Idempotency::Outcome;
  const std::string who = request.caller.kind == Caller::Kind::User ? request.caller.user.id.text() : "local";
  store::KeyedRequest keyed;
  keyed.organisation = request.organisation;
  keyed.scope = fmt::format("{} {} {}", who, request.http.path, key);
  keyed.content = to_hex(vault::sha256(as_bytes(request.http.target + '\n' + request.http.body)));
  if (const auto call = request.id<CallId>("call"); !call.is_nil())
    keyed.call = call;
  else if (!request.ids.empty() && request.ids.back().first != "organisation")
    keyed.about = request.ids.back().second;
  net::HttpResponse earlier;
  const auto outcome = idempotency.begin(keyed, earlier);
  if (!outcome) return refuse(outcome.error());
  switch (*outcome) {
    case Outcome::Repeated: return earlier;
    case Outcome::Running: return refuse(Problem::Conflict, "the same request is being worked on");
    case Outcome::Unknown:
      return refuse(Problem::Conflict,
                    "its answer is not known any more: the server ended while it worked on it, what it told of was "
                    "deleted, or it was too long to keep. Look whether it was done; a new request needs a new key");
    case Outcome::Mismatch: return refuse(Problem::KeyReused, "use a new key for a new request");
    case Outcome::Fresh: break;
  }
  struct Guard {  // a handler that throws leaves no key behind that nobody finishes
    Idempotency& answers;
    const store::KeyedRequest& keyed;
    bool kept = false;
    ~Guard() {
      if (!kept) answers.forget(keyed);
    }
  } guard{idempotency, keyed};
  auto answer = route.handler(request);
  if (answer) {
    idempotency.done(keyed, *answer);
    guard.kept = true;
  }
  return answer;
}

std::optional<net::HttpResponse> Api::upgrade(net::HttpRequest& http,
                                              const std::shared_ptr<net::WebSocketSession>& session) {
  const auto no = [](Problem problem, std::string detail) {
    return std::optional(to_response({problem, std::move(detail), std::nullopt}));
  };
  if (http.path != "/v1/events") return no(Problem::NotFound, "the event stream is /v1/events");
  if (!http.header("origin").empty() && !impl_->authentication.is_own_origin(http)) {
    return no(Problem::ForeignOrigin, "a page of another site may not listen");  // T-23
  }
  auto caller = impl_->authentication.caller_of(http);
  if (!caller) return to_response(caller.error());
  EventStreams::Door door;
  const auto organisation = http.parameter("organisation");
  const auto id = organisation ? OrganisationId::parse(*organisation) : std::nullopt;
  if (!id) return no(Problem::InvalidValue, "say ?organisation=ID");
  door.organisation = *id;
  if (const auto after = http.parameter("after_seq")) {
    std::uint64_t seq = 0;
    const auto [end, failure] = std::from_chars(after->data(), after->data() + after->size(), seq);
    if (failure != std::errc{} || end != after->data() + after->size())
      return no(Problem::InvalidValue, "after_seq is not a number");
    door.after_seq = seq;
  }
  if (caller->kind != Caller::Kind::Nobody) {
    if (!allowed(caller->role, Permission::EventsRead))
      return no(Problem::Forbidden, "this needs the permission events.read");
    if (!may_hear(*caller, *id)) return no(Problem::NotFound, "there is no such organisation");
    door.caller = std::move(*caller);
  }
  const bool opened =
      impl_->streams.open(session, std::move(door), [this](const std::string& token) -> std::optional<Caller> {
        auto known = impl_->authentication.caller_of_token(token);
        return known ? std::optional(std::move(*known)) : std::nullopt;
      });
  if (!opened) return no(Problem::Unavailable, "too many event streams are open");
  return std::nullopt;
}

std::size_t Api::body_limit(const net::HttpRequest& head, std::size_t general) {
  if (!head.path.starts_with("/v1/")) return 1024;  // files and probes take none
  const auto path = split(head.path);
  for (const auto& [route, segments] : compiled()) {
    if (route->body_limit != 0 && route->method == head.method && match(segments, path)) return route->body_limit;
  }
  return general;
}

void Api::tick() { impl_->streams.tick(); }
void Api::stop() { impl_->streams.stop(); }
Answer Api::sign_in(Request& request) { return impl_->authentication.sign_in(request); }
void Api::close_streams_of_token(std::string_view token) { impl_->streams.close_token(token); }
void Api::close_streams_of_user(UserId user) { impl_->streams.close_user(user); }
const std::string& Api::openapi() const { return impl_->document; }
Duration Api::uptime() const { return impl_->parts.clock.now() - impl_->begun; }
std::string Api::hash_new_password(std::string_view password) const { return impl_->authentication.hash(password); }

std::string Api::content_security_policy() {
  return "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
}

net::HttpFields Api::security_headers() {
  return {{"Content-Security-Policy", content_security_policy()},
          {"X-Content-Type-Options", "nosniff"},
          {"X-Frame-Options", "DENY"},
          {"Referrer-Policy", "no-referrer"},
          {"Permissions-Policy", "camera=(), geolocation=(), microphone=(self), payment=(), usb=()"},
          {"Cross-Origin-Opener-Policy", "same-origin"},
          {"Cross-Origin-Resource-Policy", "same-origin"}};
}

net::HttpFields Api::tls_headers() { return {{"Strict-Transport-Security", "max-age=63072000"}}; }

std::vector<std::string> Api::cookies() {
  return {session_cookie("TOKEN", std::nullopt), session_cookie("TOKEN", store::kUserTokenLife),
          session_cookie("", std::chrono::seconds(0))};
}

}  // namespace parley::api
