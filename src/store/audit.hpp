#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <base/ids.hpp>
#include <base/random.hpp>
#include <store/database.hpp>
#include <store/page.hpp>
#include <vault/keyring.hpp>

namespace parley::store {

struct AuditEntry {
  OrganisationId organisation;
  std::string actor_kind;   // "user", "system", "device", "platform", "nobody" (not signed in)
  std::string actor;        // id, may be empty
  std::string action;       // "call.read", "recording.listened", "call.erased", ...
  std::string target_kind;  // "call", "user", ...
  std::string target;       // id
  std::string result = "ok";
  std::string ip;              // personal: committed, and sealed beside
  std::string details = "{}";  // JSON without personal data
  std::map<std::string, std::string>
      personal;  // committed, and sealed beside with the target's key when it is a call or user
};

struct AuditRecord {
  AuditEntry entry;  // `personal` and `ip` empty where the key is gone
  std::uint64_t seq = 0;
  WallTime time{};
  std::string hash;  // hex
};

/// Append-only and tamper-evident (SEC-5): each entry's SHA-256 covers the one before; the head is signed with each
/// append and a signed checkpoint is kept every 64 entries. Personal fields enter the chain as salted commitments only;
/// salt and value lie beside it, sealed, so that erasing them leaves the chain verifiable. Thread: any, blocking.
/// Errors: the database's. privacy::verify_audit reads it back.
class AuditLog {
 public:
  static constexpr std::uint64_t kCheckpointEvery = 64;
  AuditLog(Database& database, vault::Keyring& keyring, Random& random)
      : database_(database), keyring_(keyring), random_(random) {}

  Result<std::uint64_t> append(const AuditEntry& entry);
  /// In the caller's transaction. Sealing needs keys: `prepare` before, `insert` within.
  struct Prepared {
    AuditEntry entry;
    std::string commitments;  // JSON: name -> hex
    std::string sealed;
    std::string sealed_with;  // "call", "user" or "organisation"
    std::shared_ptr<const vault::SigningKey> signer;
  };
  Result<Prepared> prepare(const AuditEntry& entry);
  static std::uint64_t insert(Session& session, const Prepared& prepared);

  Result<Page<AuditRecord>> list(OrganisationId organisation, std::string_view cursor,
                                 std::size_t limit);  // newest first

 private:
  Database& database_;
  vault::Keyring& keyring_;
  Random& random_;
};

/// One row as stored, and the hash that it should have: shared by the writer and the verifier.
struct AuditRow {
  std::uint64_t seq = 0;
  std::int64_t time = 0;
  std::string actor_kind, actor, action, target_kind, target, result, details, commitments, previous, hash;
};
[[nodiscard]] std::string audit_hash(OrganisationId organisation, const AuditRow& row);
/// What the signature of a head or checkpoint covers.
[[nodiscard]] std::string audit_head_text(OrganisationId organisation, std::uint64_t seq, std::string_view hash);

}  // namespace parley::store
