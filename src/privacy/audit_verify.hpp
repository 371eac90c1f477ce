#pragma once
#include <string>
#include <vector>

#include <base/ids.hpp>
#include <store/store.hpp>

namespace parley::privacy {

struct AuditFinding {
  std::uint64_t seq;  // the entry it is about
  std::string what;   // "altered", "missing", "reordered", "head signature wrong", ...
};

struct AuditVerdict {
  bool intact = true;
  std::uint64_t entries = 0;
  std::uint64_t checkpoints = 0;
  std::string head;                    // hash of the last entry, hex
  std::vector<AuditFinding> findings;  // at most 100
};

/// Reads the whole chain of an organisation again: hashes, order, gaps, signed checkpoints and the signed head (SEC-5).
[[nodiscard]] Result<AuditVerdict> verify_audit(store::Store& store, OrganisationId organisation);

}  // namespace parley::privacy
