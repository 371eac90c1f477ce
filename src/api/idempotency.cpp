#include <boost/json/parse.hpp>

#include <api/idempotency.hpp>
#include <base/log.hpp>

namespace parley::api {

namespace {

/// The id of what was made: its answer is wiped when it is deleted.
std::optional<Uuid> made_by(const net::HttpResponse& answer) {
  boost::system::error_code failure;
  const auto body = boost::json::parse(answer.body, failure);
  if (failure || !body.is_object()) return std::nullopt;
  const auto* id = body.get_object().if_contains("id");
  return id != nullptr && id->is_string() ? Uuid::parse(std::string_view(id->get_string())) : std::nullopt;
}

}  // namespace

Result<Idempotency::Outcome> Idempotency::begin(const store::KeyedRequest& request, net::HttpResponse& answer) {
  const auto other = running_.with([&](auto& running) -> std::optional<Outcome> {
    const auto [entry, added] = running.emplace(request.scope, request.content);
    if (added) return std::nullopt;
    return entry->second == request.content ? Outcome::Running : Outcome::Mismatch;
  });
  if (other) return *other;
  auto begun = answers_.begin(request);
  if (begun && begun->outcome == store::AnswerRepository::Outcome::Fresh) return Outcome::Fresh;
  leave(request);
  if (!begun) return std::unexpected(begun.error());
  switch (begun->outcome) {
    case store::AnswerRepository::Outcome::Mismatch: return Outcome::Mismatch;
    case store::AnswerRepository::Outcome::Unknown: return Outcome::Unknown;
    default: break;
  }
  answer.status = begun->answer.status;
  answer.headers = std::move(begun->answer.headers);
  answer.body = std::move(begun->answer.body);
  answer.set("Idempotency-Replayed", "true");
  return Outcome::Repeated;
}

void Idempotency::done(const store::KeyedRequest& request, const net::HttpResponse& answer) {
  if (answer.status >= 500) return forget(request);
  if (answer.stream || answer.body.size() > kLargest) return leave(request);  // known to be begun, not how it ended
  const auto kept = answers_.finish(request, {answer.status, answer.headers, answer.body}, made_by(answer));
  if (!kept) log::warning("idempotency.not_kept", {{"error", kept.error().text}});
  leave(request);
}

void Idempotency::forget(const store::KeyedRequest& request) {
  if (const auto gone = answers_.forget(request); !gone)
    log::warning("idempotency.not_forgotten", {{"error", gone.error().text}});
  leave(request);
}

void Idempotency::leave(const store::KeyedRequest& request) {
  running_.with([&](auto& running) { running.erase(request.scope); });
}

}  // namespace parley::api
