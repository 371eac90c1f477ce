#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include <base/clock.hpp>
#include <base/ids.hpp>
#include <base/result.hpp>
#include <store/session.hpp>

namespace parley::store {

/// A numbered step of the schema, embedded in the binary from src/store/migrations/. Numbers may have gaps; one that
/// arrives later below the newest is applied too, so that it may need nothing of those above it.
struct Migration {
  int version;
  std::string_view name;
  std::string_view sql;
};
[[nodiscard]] std::vector<Migration> main_migrations();
[[nodiscard]] std::vector<Migration> keys_migrations();

struct DatabaseOptions {
  std::string path;  // SQLite file
  std::vector<Migration> migrations;
  unsigned readers = 4;         // connections for reads
  std::size_t group = 256;      // transactions that may share one commit
  std::size_t queue = 8192;     // writes that may wait
  std::uint64_t max_pages = 0;  // PRAGMA max_page_count, 0: SQLite's own
};

/// The database: WAL, synchronous=FULL, secure_delete=ON, foreign_keys=ON. Writes run one after another on one writer
/// thread, which holds every organisation's lock in that way (SEC-6); those that wait together share one commit and one
/// fsync, each within its own savepoint, and none is acknowledged before the commit is durable. Thread:   any; calls
/// block, so never on a reactor. Errors:   Full (disk or max_pages), Unavailable (busy, read-only, closed), Conflict
/// (unique, foreign key), Corrupt, Io. Never throws
///           past read/transaction. After an I/O error the writer's connection is opened anew: a failed fsync is final.
class Database {
 public:
  /// Opens or makes the file and brings its schema up to date. Errors: Corrupt with a text that names the file and the
  /// remedy when PRAGMA quick_check finds damage or the schema is newer than this program.
  [[nodiscard]] static Result<std::unique_ptr<Database>> open(DatabaseOptions options, const Clock& clock);
  virtual ~Database() = default;

  /// fn: Result<T>(Session&). A returned error rolls back what this function did, and is returned.
  template <class F>
  auto transaction(OrganisationId organisation, F&& fn) -> std::invoke_result_t<F, Session&> {
    using R = std::invoke_result_t<F, Session&>;
    std::optional<R> result;
    auto done = run_transaction(organisation, [&](Session& session) -> Result<void> {
      result.emplace(fn(session));
      if (!*result) return std::unexpected(result->error());
      return {};
    });
    if (!done) return std::unexpected(done.error());
    return std::move(*result);
  }
  template <class F>
  auto read(F&& fn) -> std::invoke_result_t<F, Session&> {
    using R = std::invoke_result_t<F, Session&>;
    std::optional<R> result;
    auto done = run_read([&](Session& session) -> Result<void> {
      result.emplace(fn(session));
      return {};
    });
    if (!done) return std::unexpected(done.error());
    return std::move(*result);
  }
  using Work = std::function<Result<void>(Session&)>;
  using Done = std::function<void(Result<void>)>;
  /// Queues a transaction without waiting: `done` is called on the writer thread once it is durable or failed.
  virtual void submit(OrganisationId organisation, Work work, Done done) = 0;

  /// Moves the WAL into the file and cuts it to nothing (wal_checkpoint(TRUNCATE)).
  virtual Result<void> checkpoint() = 0;
  /// The same without waiting, also from Session::after_commit.
  virtual void checkpoint_soon() = 0;
  /// PRAGMA quick_check now.
  virtual Result<void> check() = 0;
  /// The files that hold the data: database, -wal, -shm.
  [[nodiscard]] virtual std::vector<std::string> files() const = 0;
  [[nodiscard]] virtual int schema_version() const = 0;

 protected:
  virtual Result<void> run_transaction(OrganisationId organisation, const Work& work) = 0;
  virtual Result<void> run_read(const Work& work) = 0;
};

}  // namespace parley::store
