#pragma once
#include <memory>
#include <optional>
#include <string>

#include <api/parts.hpp>
#include <api/route.hpp>
#include <net/http.hpp>

namespace parley::net {
class WebSocketSession;
}

namespace parley::api {

/// The doors over HTTP: REST below /v1, the event stream, the console's files, /healthz and /metrics. All from one
/// table of routes: dispatch, permission, organisation, validation, OpenAPI (DESIGN "Doors"). Thread: any; calls block
/// (database, argon2id), so on the HTTP server's workers. Errors: RFC 9457 (problem.hpp).
class Api {
 public:
  explicit Api(ApiParts parts);
  ~Api();
  Api(const Api&) = delete;
  Api& operator=(const Api&) = delete;

  [[nodiscard]] net::HttpResponse handle(net::HttpRequest& request);
  [[nodiscard]] std::optional<net::HttpResponse> upgrade(net::HttpRequest& request,
                                                         const std::shared_ptr<net::WebSocketSession>& session);
  /// For HttpServerOptions::body_limit.
  [[nodiscard]] static std::size_t body_limit(const net::HttpRequest& head, std::size_t general);
  /// Every few seconds: closes event streams whose sign-in ended or never came.
  void tick();
  /// Closes all event streams; no event is sent afterwards. Before the HTTP server and the store go.
  void stop();

  /// Headers of every response (SEC-2); HSTS, over TLS only.
  [[nodiscard]] static net::HttpFields security_headers();
  [[nodiscard]] static net::HttpFields tls_headers();
  [[nodiscard]] static std::string content_security_policy();
  /// Every Set-Cookie that can be sent, as sent (SEC-8).
  [[nodiscard]] static std::vector<std::string> cookies();

  // For handlers.
  [[nodiscard]] Answer sign_in(Request& request);
  void close_streams_of_token(std::string_view token);
  void close_streams_of_user(UserId user);
  [[nodiscard]] const std::string& openapi() const;
  [[nodiscard]] Duration uptime() const;
  [[nodiscard]] std::string hash_new_password(std::string_view password) const;

  struct Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

/// Me, as /v1/me and sign-in give it.
[[nodiscard]] json::object me_json(const ApiParts& parts, const Caller& caller);
[[nodiscard]] std::string session_cookie(std::string_view token, std::optional<std::chrono::seconds> max_age);

}  // namespace parley::api
