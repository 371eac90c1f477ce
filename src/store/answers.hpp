#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <base/ids.hpp>
#include <store/database.hpp>
#include <vault/keyring.hpp>

namespace parley::store {

/// An answer as it was given, to be given again.
struct StoredAnswer {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

/// One request with an Idempotency-Key.
struct KeyedRequest {
  OrganisationId organisation;  // nil: the platform
  std::string scope;            // who asks, where, with which key: hashed before it is stored
  std::string content;          // a hash of what is asked for
  std::optional<CallId> call;   // what it is about, if it is about a call
  std::optional<Uuid> about;    // else the last thing that its address names
};

/// Answers to requests with an Idempotency-Key, so that a repeated request is done once, also across a restart.
/// They can hold personal data and secrets (a new phone's password): sealed with the call's key when they are about a
/// call, so that they go with it, else with the organisation's; gone after 24 h, or with what they tell of.
/// Thread: any, blocking.   Bounds: kMost answers an organisation; the oldest go first.
class AnswerRepository {
 public:
  static constexpr std::chrono::hours kKept{24};
  static constexpr std::int64_t kMost = 4096;

  AnswerRepository(Database& database, vault::Keyring& keyring) : database_(database), keyring_(keyring) {}

  /// Fresh: it is noted as begun; do it, then finish() or forget(). Unknown: it was begun by a process that ended
  /// meanwhile, so that nobody knows whether it was done, or what its answer told of is deleted.
  enum class Outcome : std::uint8_t { Fresh, Unknown, Repeated, Mismatch };
  struct Begun {
    Outcome outcome = Outcome::Fresh;
    StoredAnswer answer;  // when Repeated
  };
  [[nodiscard]] Result<Begun> begin(const KeyedRequest& request);
  /// `made`: what is new since, when the request is not about a call.
  [[nodiscard]] Result<void> finish(const KeyedRequest& request, const StoredAnswer& answer,
                                    const std::optional<Uuid>& made);
  [[nodiscard]] Result<void> forget(const KeyedRequest& request);
  [[nodiscard]] Result<std::uint64_t> remove_expired();

  /// Part of the transaction that deletes `thing`: wipes what was told of it, and what was told of no single thing
  /// (a whole document that was applied), also from the write-ahead log. That it was done stays known: a late
  /// repetition does not make the thing again.
  static void wipe(Session& session, Database& database, OrganisationId organisation, const Uuid& thing);

 private:
  struct Names;
  [[nodiscard]] Result<Names> names_of(const KeyedRequest& request);
  Database& database_;
  vault::Keyring& keyring_;
};

}  // namespace parley::store
