#include <map>

#include <privacy/audit_verify.hpp>

namespace parley::privacy {
namespace {

using store::AuditRow;
using store::Session;

constexpr std::size_t kChunk = 2000;
constexpr std::size_t kMaxFindings = 100;
constexpr std::size_t kMaxSuspects = 1000;

class Verification {
 public:
  Verification(OrganisationId organisation, const vault::SigningKey& key) : organisation_(organisation), key_(key) {}

  void entry(const AuditRow& row) {
    ++verdict_.entries;
    if (row.seq != expected_) {
      find(expected_,
           row.seq == expected_ + 1 ? "missing" : "missing, with all up to entry " + std::to_string(row.seq - 1));
    }
    const bool sound = store::audit_hash(organisation_, row) == row.hash;
    if (!sound || (row.previous != last_ && row.seq == expected_)) suspects_.push_back(row);
    expected_ = row.seq + 1;
    last_ = row.hash;
    hashes_[row.seq] = row.hash;
  }

  /// An entry whose hash is right for another place was moved; one whose hash is right for none was altered.
  void explain_suspects() {
    if (suspects_.size() > kMaxSuspects) suspects_.resize(kMaxSuspects);
    for (const auto& suspect : suspects_) {
      std::uint64_t home = 0;
      for (const auto& other : suspects_) {
        AuditRow moved = suspect;
        moved.seq = other.seq;
        if (other.seq != suspect.seq && store::audit_hash(organisation_, moved) == suspect.hash) home = other.seq;
      }
      if (home != 0) {
        find(suspect.seq, "reordered: it belongs to place " + std::to_string(home));
      } else if (store::audit_hash(organisation_, suspect) != suspect.hash) {
        find(suspect.seq, "altered");
      } else if (!hashes_.contains(suspect.seq - 1) && suspect.seq > 1) {
        continue;  // follows a missing one, which is named already
      } else {
        find(suspect.seq, "does not follow the entry before it: that one was replaced, or this one");
      }
    }
  }

  void checkpoint(std::uint64_t seq, const std::string& hash, const std::string& key_id, const std::string& signature) {
    ++verdict_.checkpoints;
    if (!signed_well(seq, hash, key_id, signature)) find(seq, "checkpoint signature wrong");
    const auto at = hashes_.find(seq);
    if (at == hashes_.end()) {
      find(seq, "missing, although a signed checkpoint names it");
    } else if (at->second != hash) {
      find(seq, "differs from its signed checkpoint");
    }
  }

  void head(const std::optional<store::Row>& row) {
    if (!row) {
      if (verdict_.entries > 0) find(expected_ - 1, "head missing");
      return;
    }
    const auto seq = static_cast<std::uint64_t>(row->integer(0));
    if (!signed_well(seq, row->text(1), row->text(2), row->text(3))) find(seq, "head signature wrong");
    if (seq >= expected_) find(expected_, "missing: the log was cut, its signed head is entry " + std::to_string(seq));
    if (seq + 1 < expected_) find(seq + 1, "stands after the signed head");
    if (seq + 1 == expected_ && row->text(1) != last_) find(seq, "differs from the signed head");
  }

  AuditVerdict finish() {
    verdict_.head = last_;
    verdict_.intact = verdict_.findings.empty();
    return std::move(verdict_);
  }

  [[nodiscard]] std::uint64_t next() const { return expected_; }

 private:
  void find(std::uint64_t seq, std::string what) {
    if (verdict_.findings.size() < kMaxFindings) verdict_.findings.push_back({seq, std::move(what)});
  }
  [[nodiscard]] bool signed_well(std::uint64_t seq, const std::string& hash, const std::string& key_id,
                                 const std::string& signature) const {
    const auto bytes = from_base64(signature);
    return bytes && key_id == key_.key_id() &&
           vault::verify(key_.public_key(), as_bytes(store::audit_head_text(organisation_, seq, hash)), *bytes);
  }

  OrganisationId organisation_;
  const vault::SigningKey& key_;
  AuditVerdict verdict_;
  std::uint64_t expected_ = 1;
  std::string last_;
  std::vector<AuditRow> suspects_;
  std::map<std::uint64_t, std::string> hashes_;
};

AuditRow audit_row(const store::Row& row) {
  return {static_cast<std::uint64_t>(row.integer(0)),
          row.integer(1),
          row.text(2),
          row.text(3),
          row.text(4),
          row.text(5),
          row.text(6),
          row.text(7),
          row.text(8),
          row.text(9),
          row.text(10),
          row.text(11)};
}

}  // namespace

Result<AuditVerdict> verify_audit(store::Store& store, OrganisationId organisation) {
  const auto key = store.keyring.signing_key();
  if (!key) return std::unexpected(key.error());
  return store.database.read([&](Session& session) -> Result<AuditVerdict> {
    Verification verification(organisation, *key);
    for (std::uint64_t from = 0;;) {
      const auto rows = session.query(
          "SELECT seq, at, actor_kind, actor, action, target_kind, target, result, details, commitments, previous, "
          "hash FROM audit"
          " WHERE organisation = ? AND seq > ? ORDER BY seq LIMIT ?",
          {organisation, from, kChunk});
      for (const auto& row : rows) verification.entry(audit_row(row));
      if (rows.size() < kChunk) break;
      from = static_cast<std::uint64_t>(rows.back().integer(0));
    }
    verification.explain_suspects();
    for (const auto& row :
         session.query("SELECT seq, hash, key_id, signature FROM audit_checkpoints WHERE organisation = ? ORDER BY seq",
                       {organisation})) {
      verification.checkpoint(static_cast<std::uint64_t>(row.integer(0)), row.text(1), row.text(2), row.text(3));
    }
    verification.head(
        session.find("SELECT seq, hash, key_id, signature FROM audit_heads WHERE organisation = ?", {organisation}));
    return verification.finish();
  });
}

}  // namespace parley::privacy
