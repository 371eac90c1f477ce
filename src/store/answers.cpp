#include <store/answers.hpp>
#include <store/json.hpp>

namespace parley::store {

using vault::ThingKind;

struct AnswerRepository::Names {
  std::string key, request;
  [[nodiscard]] std::string part() const { return "answer " + key; }
};

namespace {

std::string text_of(const StoredAnswer& answer) {
  json::array headers;
  for (const auto& [name, value] : answer.headers) headers.push_back(json::array{name, value});
  return json::serialize(
      json::object{{"status", answer.status}, {"headers", std::move(headers)}, {"body", answer.body}});
}

Result<StoredAnswer> answer_of(std::string_view text) {
  const auto object = parse_object(text);
  if (!object) return std::unexpected(object.error());
  StoredAnswer out;
  out.status = static_cast<int>(integer_at(*object, "status"));
  out.body = text_at(*object, "body");
  for (const auto& header : array_at(*object, "headers")) {
    if (!header.is_array() || header.get_array().size() != 2) return fail(Errc::Corrupt, "a stored answer is damaged");
    const auto& pair = header.get_array();
    if (!pair[0].is_string() || !pair[1].is_string()) return fail(Errc::Corrupt, "a stored answer is damaged");
    out.headers.emplace_back(std::string(pair[0].get_string()), std::string(pair[1].get_string()));
  }
  return out;
}

}  // namespace

Result<AnswerRepository::Names> AnswerRepository::names_of(const KeyedRequest& request) {
  auto key = keyring_.blind_index(request.organisation, "idempotency key", request.scope);
  if (!key) return std::unexpected(key.error());
  auto content = keyring_.blind_index(request.organisation, "idempotency request", request.content);
  if (!content) return std::unexpected(content.error());
  return Names{std::move(*key), std::move(*content)};
}

Result<AnswerRepository::Begun> AnswerRepository::begin(const KeyedRequest& request) {
  const auto names = names_of(request);
  if (!names) return std::unexpected(names.error());
  struct Found {
    Outcome outcome = Outcome::Fresh;
    std::string sealed, sealed_with;
  };
  const auto found = database_.transaction(request.organisation, [&](Session& session) -> Result<Found> {
    session.execute("DELETE FROM idempotency WHERE organisation = ? AND key_index = ? AND expires_at <= ?",
                    {request.organisation, names->key, session.now()});
    if (const auto row = session.find(
            "SELECT request_index, sealed, sealed_with FROM idempotency WHERE organisation = ? AND key_index = ?",
            {request.organisation, names->key})) {
      if (row->text(0) != names->request) return Found{Outcome::Mismatch, {}, {}};
      if (row->null(1)) return Found{Outcome::Unknown, {}, {}};
      return Found{Outcome::Repeated, row->text(1), row->text(2)};
    }
    if (session.count("SELECT count(*) FROM idempotency WHERE organisation = ?", {request.organisation}) >= kMost)
      session.execute(
          "DELETE FROM idempotency WHERE organisation = ? AND key_index IN (SELECT key_index FROM idempotency WHERE "
          "organisation = ? ORDER BY created_at LIMIT 1)",
          {request.organisation, request.organisation});
    session.execute(
        "INSERT INTO idempotency (organisation, key_index, request_index, call_id, about, sealed_with, created_at, "
        "expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        {request.organisation, names->key, names->request, request.call, request.about,
         request.call ? "call" : "organisation", session.now(), session.now() + std::chrono::milliseconds(kKept)});
    return Found{};
  });
  if (!found) return std::unexpected(found.error());
  if (found->outcome != Outcome::Repeated) return Begun{found->outcome, {}};
  const auto key = found->sealed_with == "call" && request.call
                       ? keyring_.open(request.organisation, ThingKind::Call, request.call->uuid)
                       : keyring_.organisation(request.organisation);
  if (!key) return std::unexpected(key.error());
  const auto text = key->open_text(names->part(), found->sealed);
  if (!text) return std::unexpected(text.error());
  auto answer = answer_of(*text);
  if (!answer) return std::unexpected(answer.error());
  return Begun{Outcome::Repeated, std::move(*answer)};
}

Result<void> AnswerRepository::finish(const KeyedRequest& request, const StoredAnswer& answer,
                                      const std::optional<Uuid>& made) {
  const auto names = names_of(request);
  if (!names) return std::unexpected(names.error());
  std::string_view with = "organisation";
  auto key = keyring_.organisation(request.organisation);
  if (request.call) {  // a running call that is not recorded has no key, and its answers no body
    auto calls = keyring_.open(request.organisation, ThingKind::Call, request.call->uuid);
    if (calls) {
      key = std::move(calls);
      with = "call";
    } else if (calls.error().code != Errc::NotFound) {
      return std::unexpected(calls.error());
    } else if (!answer.body.empty()) {
      return forget(request);  // it was erased meanwhile
    }
  }
  if (!key) return std::unexpected(key.error());
  const auto sealed = key->seal_text(names->part(), text_of(answer));
  return database_.transaction(request.organisation, [&](Session& session) -> Result<void> {
    // A row that went with its thing meanwhile does not come back.
    session.execute(
        "UPDATE idempotency SET sealed = ?, sealed_with = ?, made = ? WHERE organisation = ? AND key_index = ?",
        {sealed, with, made, request.organisation, names->key});
    return {};
  });
}

Result<void> AnswerRepository::forget(const KeyedRequest& request) {
  const auto names = names_of(request);
  if (!names) return std::unexpected(names.error());
  return database_.transaction(request.organisation, [&](Session& session) -> Result<void> {
    session.execute("DELETE FROM idempotency WHERE organisation = ? AND key_index = ?",
                    {request.organisation, names->key});
    return {};
  });
}

Result<std::uint64_t> AnswerRepository::remove_expired() {
  return database_.transaction({}, [&](Session& session) -> Result<std::uint64_t> {
    const auto gone = session.execute("DELETE FROM idempotency WHERE expires_at <= ?", {session.now()});
    if (gone > 0) session.after_commit([&database = database_] { database.checkpoint_soon(); });
    return gone;
  });
}

void AnswerRepository::wipe(Session& session, Database& database, OrganisationId organisation, const Uuid& thing) {
  std::uint64_t wiped = 0;
  for (const auto& owner : {organisation, OrganisationId{}}) {  // the platform's answers tell of organisations
    wiped += session.execute(
        "UPDATE idempotency SET sealed = NULL WHERE organisation = ? AND sealed IS NOT NULL AND call_id IS NULL AND "
        "(about = ? OR made = ? OR (about IS NULL AND made IS NULL))",
        {owner, thing, thing});
  }
  if (wiped > 0) session.after_commit([&database] { database.checkpoint_soon(); });
}

}  // namespace parley::store
