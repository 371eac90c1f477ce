#include <exception>

#include <parleyd/housekeeping.hpp>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <base/log.hpp>
#include <privacy/retention.hpp>

namespace parley::server {

namespace {
constexpr auto kEvery = std::chrono::seconds(3);
constexpr auto kSweep = std::chrono::hours(1);  // events, jobs and tokens that have an end of their own

void lower_priority() { (void)::setpriority(PRIO_PROCESS, static_cast<id_t>(::syscall(SYS_gettid)), 10); }

std::int64_t day_of(WallTime time) { return std::chrono::floor<std::chrono::days>(time).time_since_epoch().count(); }
}  // namespace

Housekeeping::Housekeeping(Parts parts) : parts_(std::move(parts)) {}
Housekeeping::~Housekeeping() { stop(); }

void Housekeeping::start() {
  const auto now = parts_.store.clock.wall();
  const auto hour = std::chrono::floor<std::chrono::hours>(now - std::chrono::floor<std::chrono::days>(now)).count();
  last_proof_day_ = day_of(now) - (hour < static_cast<int>(parts_.prove.hour) ? 1 : 0);  // not at once, but at the hour
  retention_ = std::thread([this] { run(&Housekeeping::retention_turn); });
  proof_ = std::thread([this] { run(&Housekeeping::proof_turn); });
}

void Housekeeping::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (retention_.joinable()) retention_.join();
  if (proof_.joinable()) proof_.join();
}

bool Housekeeping::wait() {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, kEvery, [this] { return stopping_; });
}

void Housekeeping::run(void (Housekeeping::*turn)()) {
  lower_priority();
  do {
    try {
      (this->*turn)();
    } catch (const std::exception& caught) {
      log::error("housekeeping.exception", {{"what", caught.what()}});
    }
  } while (wait());
}

void Housekeeping::retention_turn() {
  parts_.tick();
  if (parts_.store.journal->waiting() > 0) {
    if (auto drained = parts_.store.cdrs.drain(); !drained)
      log::warning("journal.waits", {{"error", drained.error().text}});
  }
  privacy::Retention retention(parts_.store);
  const auto now = parts_.store.clock.wall();
  const auto next = retention.next_due();
  const bool due = next && *next && **next <= now;
  if (!due && now - last_sweep_ < kSweep && now >= last_sweep_) return;
  last_sweep_ = now;
  const auto outcome = retention.run();
  if (!outcome) return log::error("retention.failed", {{"error", outcome.error().text}});
  if (outcome->erased + outcome->failed > 0)
    log::info("retention.ran", {{"erased", outcome->erased}, {"failed", outcome->failed}});
}

void Housekeeping::proof_turn() {
  if (!parts_.prove.nightly) return;
  const auto now = parts_.store.clock.wall();
  const auto hour = std::chrono::floor<std::chrono::hours>(now - std::chrono::floor<std::chrono::days>(now)).count();
  if (day_of(now) <= last_proof_day_ || hour < static_cast<int>(parts_.prove.hour)) return;
  last_proof_day_ = day_of(now);
  const auto organisations = parts_.store.organisations.list();
  if (!organisations) return;
  for (const auto& organisation : *organisations) {
    const auto report = parts_.prover.run(organisation.id);
    if (!report) {
      log::error("prove.failed", {{"organisation", organisation.id.text()}, {"error", report.error().text}});
      continue;
    }
    log::write(report->violated > 0 ? log::Level::Error : log::Level::Info, "prove.finished",
               {{"organisation", organisation.id.text()},
                {"holds", report->holds},
                {"violated", report->violated},
                {"not_checkable", report->not_checkable}});
  }
}

}  // namespace parley::server
