#pragma once
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <base/result.hpp>
#include <net/http.hpp>

namespace parley::api {

/// Every way in which the API says no. The codes are stable: programs compare them. Source: RFC 9457.
enum class Problem : std::uint8_t {
  BadRequest,
  BadJson,
  InvalidValue,
  UnknownField,
  NotSignedIn,
  WrongCredentials,
  Forbidden,
  ForeignOrigin,
  NotFound,
  MethodNotAllowed,
  Timeout,
  Conflict,
  KeyReused,
  OnHold,
  ChangedMeanwhile,
  TooLarge,
  TargetTooLong,
  NotJson,
  RangeNotSatisfiable,
  ExpectationFailed,
  TooManyRequests,
  HeaderTooLarge,
  Internal,
  Corrupt,
  NotSupported,
  Unavailable,
  HttpVersion,
  StorageFull,
};

struct ProblemRow {
  Problem problem;
  int status;
  std::string_view code;
  std::string_view title;
};
[[nodiscard]] const ProblemRow& row_of(Problem problem) noexcept;
/// The row for a status that the HTTP server itself answers with.
[[nodiscard]] const ProblemRow& row_of_status(int status) noexcept;
[[nodiscard]] Problem problem_of(Errc code) noexcept;

/// One wrong value of a request: where it stands ("document.extensions[0].number"), what is wrong with it, what to do.
struct Fault {
  Problem problem = Problem::InvalidValue;
  std::string path, what, remedy;
};

/// A refusal on its way out of a handler. `detail` is for people and without personal data of others.
struct Refusal {
  Problem problem = Problem::Internal;
  std::string detail;
  std::optional<int> retry_after;  // seconds
  std::vector<Fault> errors{};     // every wrong value, where `detail` names the first
};
inline constexpr std::size_t kMaxFaults = 100;  // that one refusal lists
/// Of at least one.
[[nodiscard]] Refusal refusal_of(std::vector<Fault> faults);

using Answer = std::expected<net::HttpResponse, Refusal>;

[[nodiscard]] inline std::unexpected<Refusal> refuse(Problem problem, std::string detail) {
  return std::unexpected(Refusal{problem, std::move(detail), std::nullopt});
}
/// From the parts below; what an internal error says stays in the log.
[[nodiscard]] std::unexpected<Refusal> refuse(const Error& error);

[[nodiscard]] net::HttpResponse to_response(const Refusal& refusal);
[[nodiscard]] net::HttpResponse to_response(int status, std::string_view detail);

}  // namespace parley::api
