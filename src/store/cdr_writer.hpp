#pragma once
#include <functional>
#include <memory>

#include <base/guarded.hpp>
#include <store/calls.hpp>
#include <store/journal.hpp>

namespace parley::store {

/// Closes calls so that none is lost: into the database, many to one commit; while that is away (Unavailable, Full, Io)
/// into the local journal, sealed with the call's key, drained in order later. Thread:   any; `close` does not block on
/// the database. `done` runs on the writer's or a caller's thread once the record is
///           durable in either place, or cannot be made so.
/// Lifetime: destroyed before database and keyring.
class CdrWriter {
 public:
  CdrWriter(CallRepository& calls, vault::Keyring& keyring, Journal& journal);
  void close(const CallRecord& call, std::vector<NewJob> follow_ups, std::function<void(Result<void>)> done = {});
  /// Tries to move the journal's records into the database. Call it every few seconds. Returns how many moved.
  Result<std::size_t> drain();

 private:
  struct Waiting {
    CallRecord call;
    std::vector<NewJob> follow_ups;
  };
  Result<void> keep(const CallRecord& call, const std::vector<NewJob>& follow_ups);
  CallRepository& calls_;
  vault::Keyring& keyring_;
  Journal& journal_;
  Guarded<std::vector<Waiting>> waiting_;
};

}  // namespace parley::store
