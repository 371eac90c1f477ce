#include <set>

#include <base/log.hpp>
#include <base/metrics.hpp>
#include <privacy/retention.hpp>

namespace parley::privacy {
namespace {

constexpr std::size_t kBatch = 100;

}  // namespace

Result<Retention::Outcome> Retention::run() {
  static auto& erased = metrics::counter("parley_retention_erased_total", "Things erased because their time was over.");
  static auto& failures =
      metrics::counter("parley_retention_failures_total", "Erasures that failed and are tried again.");
  Outcome outcome;
  std::set<std::pair<store::DeadlineKind, Uuid>> failed;
  for (;;) {
    const auto due = store_.deadlines.due(store_.clock.wall(), kBatch + failed.size());
    if (!due) return std::unexpected(due.error());
    bool moved = false;
    for (const auto& deadline : *due) {
      if (failed.contains({deadline.kind, deadline.thing})) continue;
      ErasureReason reason;
      reason.rule = deadline.rule;
      reason.actor.actor_kind = "system";
      reason.actor.actor = "retention";
      const auto receipt = deadline.kind == store::DeadlineKind::Call
                               ? eraser_.erase_call(deadline.organisation, CallId{deadline.thing}, reason)
                               : eraser_.erase_recording(deadline.organisation, RecordingId{deadline.thing}, reason);
      if (receipt || receipt.error().code == Errc::NotFound) {
        // Also where the thing was erased already: an entry without a thing would come up for ever.
        const auto removed =
            store_.database.transaction(deadline.organisation, [&](store::Session& session) -> Result<void> {
              store::DeadlineRepository::remove(session, deadline.organisation, deadline.kind, deadline.thing);
              return {};
            });
        if (!removed) return std::unexpected(removed.error());
        moved = true;
        if (receipt && deadline.kind != store::DeadlineKind::Transcript &&
            deadline.kind != store::DeadlineKind::Analysis) {
          ++outcome.erased;
          erased.add();
        }
        continue;
      }
      failed.insert({deadline.kind, deadline.thing});
      ++outcome.failed;
      failures.add();
      log::error("privacy.retention_failed", {{"kind", store::to_string(deadline.kind)},
                                              {"thing", deadline.thing.text()},
                                              {"error", receipt.error().text}});
    }
    if (!moved) break;
  }
  for (const auto& swept : {store_.events.remove_old(), store_.jobs.remove_done(), store_.sessions.remove_expired(),
                            store_.registrations.remove_expired(), store_.answers.remove_expired()}) {
    if (!swept) return std::unexpected(swept.error());
  }
  return outcome;
}

Result<std::optional<WallTime>> Retention::next_due() { return store_.deadlines.next_due(); }

}  // namespace parley::privacy
