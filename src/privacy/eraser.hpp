#pragma once
#include <string>
#include <string_view>

#include <base/ids.hpp>
#include <base/result.hpp>
#include <store/store.hpp>

namespace parley::privacy {

/// Why something is erased: for audit and receipt. No personal data.
struct ErasureReason {
  std::string rule;         // "RET-9 by hand", "RET-3 recordings_days=90"
  store::AuditEntry actor;  // organisation, action and target are filled in by the eraser
};

/// Permanent deletion in steps that a crash may cut anywhere (RET-9, RET-11): intent row; rows, search terms, jobs,
/// events; blobs (overwritten, unlinked); key (shredded); WAL cut; everything read again; signed receipt and audit
/// entry. resume() finishes what a crash left. Erasing what is gone already gives the same receipt again. Thread: any,
/// blocking.   Errors: NotFound (also for another organisation's id), Conflict when a legal hold forbids it (RET-10;
/// audited), Corrupt when the second reading found something left, and the store's.
class Eraser {
 public:
  explicit Eraser(store::Store& store) : store_(store) {}
  Result<store::Receipt> erase_call(OrganisationId organisation, CallId call, const ErasureReason& reason);
  /// Audio, transcript, analysis, their search terms, jobs and key; the call's record stays.
  Result<store::Receipt> erase_recording(OrganisationId organisation, RecordingId recording,
                                         const ErasureReason& reason);
  /// All calls (none may be under hold), then every row and key of the organisation.
  Result<void> erase_organisation(OrganisationId organisation, const ErasureReason& reason);
  /// Finishes erasures that a crash cut. Returns how many. Call it at start.
  Result<std::size_t> resume();

 private:
  struct Erasure;
  Result<store::Receipt> erase(OrganisationId organisation, std::string_view kind, const Uuid& thing,
                               const ErasureReason& reason);
  Result<store::Receipt> run(Erasure erasure);
  Result<Erasure> load(OrganisationId organisation, std::string_view kind, const Uuid& thing);
  store::Store& store_;
};

}  // namespace parley::privacy
