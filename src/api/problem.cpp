#include <algorithm>
#include <iterator>

#include <boost/json/value.hpp>

#include <api/problem.hpp>
#include <base/json_text.hpp>
#include <base/log.hpp>

namespace parley::api {

namespace {
constexpr ProblemRow kRows[] = {
    {Problem::BadRequest, 400, "bad_request", "The request is malformed"},
    {Problem::BadJson, 400, "bad_json", "The body is not JSON"},
    {Problem::InvalidValue, 422, "invalid_value", "A value is not allowed"},
    {Problem::UnknownField, 422, "unknown_field", "There is a field that this request does not know"},
    {Problem::NotSignedIn, 401, "not_signed_in", "Sign in first"},
    {Problem::WrongCredentials, 401, "wrong_credentials", "Login or password is wrong"},
    {Problem::Forbidden, 403, "forbidden", "Your role does not allow this"},
    {Problem::ForeignOrigin, 403, "foreign_origin", "The request comes from a page of another site"},
    {Problem::NotFound, 404, "not_found", "There is no such thing"},
    {Problem::MethodNotAllowed, 405, "method_not_allowed", "This address does not take that method"},
    {Problem::Timeout, 408, "timeout", "The request did not arrive in time"},
    {Problem::Conflict, 409, "conflict", "It collides with what is there"},
    {Problem::KeyReused, 422, "idempotency_key_reused", "The Idempotency-Key was used for another request"},
    {Problem::OnHold, 409, "on_hold", "A legal hold forbids it"},
    {Problem::ChangedMeanwhile, 412, "changed_meanwhile", "It was changed since you read it"},
    {Problem::TooLarge, 413, "too_large", "The body is too large"},
    {Problem::TargetTooLong, 414, "target_too_long", "The address is too long"},
    {Problem::NotJson, 415, "not_json", "The body must be application/json"},
    {Problem::RangeNotSatisfiable, 416, "range_not_satisfiable", "The range is outside of the body"},
    {Problem::ExpectationFailed, 417, "expectation_failed", "Unknown expectation"},
    {Problem::TooManyRequests, 429, "too_many_requests", "Too many requests"},
    {Problem::HeaderTooLarge, 431, "header_too_large", "The header is too large"},
    {Problem::Internal, 500, "internal", "An error inside the server"},
    {Problem::Corrupt, 500, "corrupt", "Stored data fails its check"},
    {Problem::NotSupported, 501, "not_supported", "The server cannot do this"},
    {Problem::Unavailable, 503, "unavailable", "A part of the server is away; try again later"},
    {Problem::HttpVersion, 505, "http_version", "The server speaks HTTP/1.1"},
    {Problem::StorageFull, 507, "storage_full", "The disk is full"},
};
}  // namespace

const ProblemRow& row_of(Problem problem) noexcept { return *std::ranges::find(kRows, problem, &ProblemRow::problem); }

const ProblemRow& row_of_status(int status) noexcept {
  const auto* row = std::ranges::find(kRows, status, &ProblemRow::status);
  return row == std::end(kRows) ? row_of(Problem::Internal) : *row;
}

Problem problem_of(Errc code) noexcept {
  switch (code) {
    case Errc::Invalid: return Problem::InvalidValue;
    case Errc::NotFound: return Problem::NotFound;
    case Errc::Conflict: return Problem::Conflict;
    case Errc::Forbidden: return Problem::Forbidden;
    case Errc::Unauthorized: return Problem::NotSignedIn;
    case Errc::Limited: return Problem::TooManyRequests;
    case Errc::Unavailable:
    case Errc::Timeout:
    case Errc::Io: return Problem::Unavailable;
    case Errc::Full: return Problem::StorageFull;
    case Errc::Corrupt: return Problem::Corrupt;
    case Errc::Unsupported: return Problem::NotSupported;
    case Errc::Internal: break;
  }
  return Problem::Internal;
}

std::unexpected<Refusal> refuse(const Error& error) {
  const Problem problem = problem_of(error.code);
  const bool ours = problem == Problem::Internal || problem == Problem::Unavailable || problem == Problem::Corrupt;
  if (ours) log::error("api.failed", {{"code", to_string(error.code)}, {"error", error.text}});
  return std::unexpected(Refusal{problem, problem == Problem::Internal ? "its log has the details" : error.text,
                                 problem == Problem::Unavailable ? std::optional(5) : std::nullopt});
}

Refusal refusal_of(std::vector<Fault> faults) {
  const auto& first = faults.front();
  auto detail =
      first.problem == Problem::UnknownField ? "there is no field " + first.path : first.path + " " + first.what;
  if (faults.size() > 1) detail += " (and " + std::to_string(faults.size() - 1) + " more)";
  if (faults.size() > kMaxFaults) faults.resize(kMaxFaults);
  return {first.problem, std::move(detail), std::nullopt, std::move(faults)};
}

net::HttpResponse to_response(const Refusal& refusal) {
  const auto& row = row_of(refusal.problem);
  boost::json::object body{{"type", "about:blank"},
                           {"title", row.title},
                           {"status", row.status},
                           {"detail", refusal.detail},
                           {"code", row.code}};
  if (!refusal.errors.empty()) {
    boost::json::array errors;
    for (const auto& one : refusal.errors)
      errors.push_back(boost::json::object{{"path", one.path}, {"detail", one.what}, {"remedy", one.remedy}});
    body["errors"] = std::move(errors);
  }
  auto response = net::HttpResponse::text(row.status, json_text(body), "application/problem+json");
  response.set("Cache-Control", "no-store");
  if (refusal.retry_after) response.set("Retry-After", std::to_string(*refusal.retry_after));
  if (row.status == 401) response.set("WWW-Authenticate", "Bearer realm=\"Parley\"");
  return response;
}

net::HttpResponse to_response(int status, std::string_view detail) {
  return to_response({row_of_status(status).problem, std::string(detail), std::nullopt});
}

}  // namespace parley::api
