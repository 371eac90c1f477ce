#include <utility>
#include <vector>

#include <pthread.h>

#include <base/log.hpp>
#include <base/metrics.hpp>
#include <store/registration_writer.hpp>

namespace parley::store {
namespace {

metrics::Counter& failures() {
  static auto& counter =
      metrics::counter("parley_registrations_not_kept_total", "Bindings that could not be written to the database");
  return counter;
}

}  // namespace

RegistrationWriter::RegistrationWriter(RegistrationRepository& repository) : repository_(repository) {
  thread_ = std::thread([this] { loop(); });
  (void)::pthread_setname_np(thread_.native_handle(), "registrations");
}

RegistrationWriter::~RegistrationWriter() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void RegistrationWriter::keep(Registration registration, bool merely_refreshed) {
  put({std::move(registration), false}, merely_refreshed);
}

void RegistrationWriter::forget(OrganisationId organisation, DeviceId device, std::string key) {
  RegistrationChange change;
  change.registration.organisation = organisation;
  change.registration.device = device;
  change.registration.key = std::move(key);
  change.removed = true;
  put(std::move(change), false);
}

void RegistrationWriter::put(RegistrationChange change, bool merely_refreshed) {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    if (fresh_.size() + refreshed_.size() >= kMaxWaiting) return failures().add();
    const auto& row = change.registration;
    Key key{row.device, row.key.empty() ? row.contact : row.key};
    if (merely_refreshed && !fresh_.contains(key)) {
      first = refreshed_.empty();
      refreshed_[std::move(key)] = std::move(change);
    } else {
      refreshed_.erase(key);
      first = fresh_.empty();
      fresh_[std::move(key)] = std::move(change);
    }
  }
  if (first) wake_.notify_one();
}

void RegistrationWriter::loop() {
  std::unique_lock lock(mutex_);
  while (!stopping_ || !fresh_.empty() || !refreshed_.empty()) {
    wake_.wait(lock, [this] { return stopping_ || !fresh_.empty() || !refreshed_.empty(); });
    if (fresh_.empty()) {
      wake_.wait_for(lock, kRefreshed, [this] { return stopping_ || !fresh_.empty(); });
    }
    if (!fresh_.empty()) wake_.wait_for(lock, kFresh, [this] { return stopping_; });
    // Refreshes go with the first batch after their time; until then the newest replaces the one before.
    const auto now = std::chrono::steady_clock::now();
    auto changes = std::exchange(fresh_, {});
    if (changes.empty() || stopping_ || now - refreshes_written_ >= kRefreshed) {
      changes.merge(refreshed_);
      refreshed_.clear();
      refreshes_written_ = now;
    }
    lock.unlock();
    write(std::move(changes));
    lock.lock();
  }
}

void RegistrationWriter::write(Changes changes) {
  std::vector<RegistrationChange> batch;
  const auto flush = [&] {
    if (batch.empty()) return;
    const auto count = batch.size();
    if (const auto written = repository_.write(std::exchange(batch, {})); !written) {
      failures().add(static_cast<double>(count));
      log::warning("registrations.not_kept", {{"count", count}, {"reason", written.error().text}});
    }
  };
  for (auto& [key, change] : changes) {
    batch.push_back(std::move(change));
    if (batch.size() == kBatch) flush();
  }
  flush();
}

}  // namespace parley::store
