#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <boost/json/value.hpp>

#include <base/result.hpp>

namespace parley::cli {

namespace json = boost::json;

/// Where parleyd is and who we are there. Either its local socket, which knows us by our user id, or an address and a
/// token.
struct Target {
  std::string socket_path;  // empty: `server` is used
  std::string server;       // https://host:port
  std::string token;
  std::string pin;  // "sha256//…" of the server's public key, when its certificate is trusted by that alone
  std::string ca;   // PEM of what alone vouches for the server; empty: the system's authorities
  [[nodiscard]] std::string name() const { return socket_path.empty() ? server : socket_path; }
};

/// parleyd's REST API for a program that does one thing after the other. Source: docs of the API at /v1/openapi.json.
/// Thread: one.   Errors: every method throws Failure, with the server's own words (RFC 9457) and what to do about it.
class Client {
 public:
  explicit Client(Target target);
  ~Client();
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;

  [[nodiscard]] json::value get(std::string_view path);
  json::value post(std::string_view path, const json::value& body = nullptr);
  json::value put(std::string_view path, const json::value& body);
  json::value patch(std::string_view path, const json::value& body);
  json::value remove(std::string_view path);
  /// Hands the body over piece by piece, so that an hour of audio needs no memory. `sink` returns false to stop.
  void download(std::string_view path, const std::function<bool(std::string_view)>& sink);
  /// Follows next_cursor until the end or `limit` items. `path` may have a query.
  [[nodiscard]] json::array get_all(std::string path, std::size_t limit);
  [[nodiscard]] const Target& target() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// One part of a path or query, percent-encoded (RFC 3986 §2.1).
[[nodiscard]] std::string encode(std::string_view text);

/// What a server shows of itself before anything is said to it.
struct ServerKey {
  std::string pin;  // "sha256//…" of its public key, as libcurl pins it; empty: the system trusts its certificate
  std::string fingerprint;  // SHA-256 of the certificate as "41:88:…", as parleyd prints it at its first start
  std::string why;          // not trusted, in OpenSSL's words: self-signed, expired, another host's
};
/// Over a connection that carries nothing else. Throws Failure when nobody answers.
[[nodiscard]] ServerKey key_of(const std::string& server, const std::string& ca);

}  // namespace parley::cli
