#pragma once
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include <store/devices.hpp>

namespace parley::store {

/// Bindings on their way into the database: only the newest word on each contact is written, many of them in one
/// transaction. A new or moved contact, or one that is gone, waits for kFresh at most; one that was merely refreshed
/// for kRefreshed, since its row is good until its old expiry. That much a power failure can take.
/// Thread:   any; nothing blocks. Writing happens on a thread of its own.   Errors: counted and logged; what the
/// database refused is not tried again, the phone's next refresh is. Lifetime: the destructor writes what waits.
class RegistrationWriter {
 public:
  static constexpr std::chrono::milliseconds kFresh{20};
  static constexpr std::chrono::seconds kRefreshed{5};
  static constexpr std::size_t kMaxWaiting = 100'000;  // contacts; beyond, they are not kept
  static constexpr std::size_t kBatch = 256;           // rows of one transaction, which call records wait for

  explicit RegistrationWriter(RegistrationRepository& repository);
  ~RegistrationWriter();
  RegistrationWriter(const RegistrationWriter&) = delete;
  RegistrationWriter& operator=(const RegistrationWriter&) = delete;

  void keep(Registration registration, bool merely_refreshed);
  void forget(OrganisationId organisation, DeviceId device, std::string key);

 private:
  using Key = std::pair<DeviceId, std::string>;
  using Changes = std::map<Key, RegistrationChange>;
  void put(RegistrationChange change, bool merely_refreshed);
  void loop();
  void write(Changes changes);

  RegistrationRepository& repository_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  Changes fresh_, refreshed_;
  std::chrono::steady_clock::time_point refreshes_written_{};
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace parley::store
