#pragma once
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include <base/guarded.hpp>
#include <store/calls.hpp>
#include <store/journal.hpp>

namespace parley::store {

/// Closes calls so that none is lost: into the database, many to one commit (those that end within kGather share it,
/// within kGatherBusy when they are many: each page of an index is then written for more of them); while that is away
/// (Unavailable, Full, Io) into the local journal, sealed with the call's key, drained in order later. Thread: any;
/// `close` does not block. `done` runs on the writer's thread once the record is durable in either place, or cannot be
/// made so. Lifetime: destroyed before database and keyring; the destructor writes what waits.
class CdrWriter {
 public:
  static constexpr std::chrono::milliseconds kGather{40};
  static constexpr std::chrono::milliseconds kGatherBusy{200};
  static constexpr std::size_t kBusy = 16;  // records of the last group from which on it is busy
  static constexpr std::size_t kGroup = 256;
  static constexpr std::size_t kMaxQueue = 100'000;  // beyond: Limited

  using Done = std::function<void(Result<void>)>;
  CdrWriter(CallRepository& calls, vault::Keyring& keyring, Journal& journal);
  ~CdrWriter();
  CdrWriter(const CdrWriter&) = delete;
  CdrWriter& operator=(const CdrWriter&) = delete;
  void close(CallRecord call, std::vector<NewJob> follow_ups, Done done = {});
  /// Tries to move the journal's records into the database. Call it every few seconds. Returns how many moved.
  Result<std::size_t> drain();
  /// Writes what waits and takes no more: before the database goes.
  void stop();

 private:
  struct Item {
    Closing closing;
    Done done;
  };
  void loop();
  void write(std::vector<Item>& group);
  void keep(const std::vector<Item*>& items);
  Result<Bytes> journal_record(const Closing& closing);

  CallRepository& calls_;
  vault::Keyring& keyring_;
  Journal& journal_;
  Guarded<std::vector<Closing>> waiting_;  // neither database nor journal took them

  std::mutex mutex_;  // guards queue_, stopping_
  std::condition_variable wake_;
  std::vector<Item> queue_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace parley::store
