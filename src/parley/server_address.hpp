#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace parley::cli {

/// Where parleyd listens unless its configuration says otherwise (http.port).
constexpr std::uint16_t kUsualPort = 8443;

/// The address of a server as a person types it, in the one form that is kept and compared: "https://host[:port]".
/// Without a scheme it is https and, without a port, the usual one: "phones.example.org", "192.0.2.1:8443", "::1".
/// With a scheme it stays as it is: "https://phones.example.org" is port 443, where a proxy may stand.
/// Throws Failure (Usage) for http://, a user or password, a path, a query, and what is no address; each says what to
/// write.
[[nodiscard]] std::string server_address(std::string_view typed);

/// Of an address in that form.
[[nodiscard]] bool has_port(std::string_view address);

/// What a person trusts by --ca FILE: the text of the file, so that the command works when the file has gone.
/// Empty for an empty path. Throws Failure (Usage) when it cannot be read or holds no certificate.
[[nodiscard]] std::string certificates_in(const std::string& file);

}  // namespace parley::cli
