#include <algorithm>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <mutex>
#include <set>
#include <thread>

#include <pthread.h>

#include <base/assert.hpp>
#include <base/log.hpp>
#include <base/metrics.hpp>
#include <store/database.hpp>
#include <store/soci_session.hpp>

namespace parley::store {
namespace {

Error error_of(const DatabaseFailure& failure) { return {failure.code(), failure.what()}; }

/// Statements end with a semicolon at a line's end.
void run_script(Session& session, std::string_view sql) {
  while (!sql.empty()) {
    const auto end = sql.find(";\n");
    std::string_view statement = sql.substr(0, end);
    sql = end == std::string_view::npos ? std::string_view{} : sql.substr(end + 2);
    while (!statement.empty() && (statement.front() == '\n' || statement.front() == ' ')) statement.remove_prefix(1);
    if (statement.find_first_not_of(" \n") != std::string_view::npos) session.execute(statement);
  }
}

class SqliteDatabase final : public Database {
 public:
  SqliteDatabase(DatabaseOptions options, const Clock& clock) : options_(std::move(options)), clock_(clock) {
    writer_ = connect(false);
    check_damage();
    migrate();
    for (unsigned i = 0; i < std::max(options_.readers, 1U); ++i) idle_.push_back(connect(true));
    thread_ = std::thread([this] { write_loop(); });
    // "db keys": the threads of a server are told apart by name (top -H).
    const auto name = "db " + std::filesystem::path(options_.path).stem().string();
    (void)::pthread_setname_np(thread_.native_handle(), name.substr(0, 15).c_str());
  }

  ~SqliteDatabase() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }

  void submit(OrganisationId, Work work, Done done) override {
    {
      std::unique_lock lock(mutex_);
      if (!stopping_ && queue_.size() < options_.queue) {
        queue_.push_back({std::move(work), std::move(done), false});
        lock.unlock();
        wake_.notify_one();
        return;
      }
    }
    done(fail(Errc::Unavailable, "the database's queue is full or closed"));
  }

  Result<void> checkpoint() override { return wait_for(cut_log, true); }

  void checkpoint_soon() override {
    const std::lock_guard lock(mutex_);  // one entry past the queue's limit does no harm; the writer is awake or woken
    queue_.push_back({cut_log,
                      [](Result<void> done) {
                        if (!done) log::warning("store.database.log_not_cut", {{"error", done.error().text}});
                      },
                      true});
    wake_.notify_one();
  }

  Result<void> check() override {
    return run_read([this](Session& session) -> Result<void> { return check_with(session); });
  }

  std::vector<std::string> files() const override {
    return {options_.path, options_.path + "-wal", options_.path + "-shm"};
  }
  int schema_version() const override { return schema_version_; }

 protected:
  Result<void> run_transaction(OrganisationId, const Work& work) override { return wait_for(work, false); }

  Result<void> run_read(const Work& work) override {
    std::unique_ptr<SociSession> session;
    {
      std::unique_lock lock(readers_mutex_);
      readers_wake_.wait(lock, [this] { return !idle_.empty(); });
      session = std::move(idle_.back());
      idle_.pop_back();
    }
    Result<void> result;
    try {
      if (session == nullptr) session = connect(true);
      session->execute("BEGIN");
      result = work(*session);
      session->execute("COMMIT");
    } catch (const DatabaseFailure& failure) {
      result = std::unexpected(error_of(failure));
      session.reset();  // opened anew by the next one
    }
    {
      const std::lock_guard lock(readers_mutex_);
      idle_.push_back(std::move(session));
    }
    readers_wake_.notify_one();
    return result;
  }

 private:
  struct Item {
    Work work;
    Done done;
    bool outside;  // of a transaction: checkpoints
  };

  static Result<void> cut_log(Session& session) {
    // Readers that are in the middle of a snapshot make it return busy: they are short, so that a few tries do.
    for (int tries = 0; tries < 50; ++tries) {
      const auto row = session.find("PRAGMA wal_checkpoint(TRUNCATE)");
      if (row && row->integer(0) == 0) return {};
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return fail(Errc::Unavailable, "the write-ahead log could not be cut: a reader is still at work");
  }

  std::unique_ptr<SociSession> connect(bool read_only) const {
    return std::make_unique<SociSession>(SociSession::Options{options_.path, read_only, options_.max_pages}, clock_);
  }

  Result<void> check_with(Session& session) const {
    const auto row = session.find("PRAGMA quick_check(1)");
    if (row && row->text(0) == "ok") return {};
    return fail(Errc::Corrupt,
                "the database " + options_.path + " is damaged (" + (row ? row->text(0).substr(0, 200) : "no answer") +
                    "). Nothing was changed. Restore it from a backup, or move it away to start with an empty one.");
  }

  void check_damage() {
    if (auto checked = check_with(*writer_); !checked) throw DatabaseFailure(Errc::Corrupt, checked.error().text);
  }

  void migrate() {
    writer_->execute(
        "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT PRIMARY KEY, name TEXT NOT NULL, applied_at BIGINT "
        "NOT NULL)");
    std::set<int> applied;
    for (const auto& row : writer_->query("SELECT version FROM schema_version"))
      applied.insert(static_cast<int>(row.integer(0)));
    schema_version_ = applied.empty() ? 0 : *applied.rbegin();
    for (const int version : applied) {
      if (std::ranges::find(options_.migrations, version, &Migration::version) != options_.migrations.end()) continue;
      throw DatabaseFailure(Errc::Corrupt,
                            "the database " + options_.path + " was written by a newer Parley (schema " +
                                std::to_string(schema_version_) + " with step " + std::to_string(version) +
                                ", which this one does not know). Start the newer program, or restore the backup made "
                                "before the upgrade.");
    }
    for (const auto& migration : options_.migrations) {
      if (applied.contains(migration.version)) continue;
      writer_->execute("BEGIN IMMEDIATE");
      try {
        run_script(*writer_, migration.sql);
        writer_->execute("INSERT INTO schema_version (version, name, applied_at) VALUES (?, ?, ?)",
                         {migration.version, migration.name, clock_.wall()});
        writer_->execute("COMMIT");
      } catch (const DatabaseFailure&) {
        if (writer_->in_transaction()) writer_->execute("ROLLBACK");
        throw;
      }
      schema_version_ = std::max(schema_version_, migration.version);
    }
  }

  Result<void> wait_for(const Work& work, bool outside) {
    PARLEY_ASSERT(std::this_thread::get_id() !=
                  thread_.get_id());  // a transaction within a transaction would wait for itself
    std::mutex mutex;
    std::condition_variable ready;
    std::optional<Result<void>> outcome;
    Done done = [&](Result<void> result) {
      const std::lock_guard lock(mutex);
      outcome = std::move(result);
      ready.notify_one();
    };
    {
      std::unique_lock lock(mutex_);
      space_.wait(lock, [this] { return stopping_ || queue_.size() < options_.queue; });
      if (stopping_) return fail(Errc::Unavailable, "the database is closed");
      queue_.push_back({work, std::move(done), outside});
    }
    wake_.notify_one();
    std::unique_lock lock(mutex);
    ready.wait(lock, [&] { return outcome.has_value(); });
    return std::move(*outcome);
  }

  void write_loop() {
    for (;;) {
      std::vector<Item> group;
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
        if (queue_.empty()) return;
        const bool outside = queue_.front().outside;
        while (!queue_.empty() && queue_.front().outside == outside && group.size() < (outside ? 1 : options_.group)) {
          group.push_back(std::move(queue_.front()));
          queue_.pop_front();
        }
      }
      space_.notify_all();
      if (writer_ == nullptr) reopen();
      if (writer_ == nullptr) {
        for (auto& item : group) item.done(fail(Errc::Unavailable, "the database cannot be opened"));
      } else if (group.front().outside) {
        run_outside(group.front());
      } else {
        run_group(group);
      }
    }
  }

  void reopen() {
    try {
      writer_ = connect(false);
    } catch (const DatabaseFailure& failure) {
      log::error("store.database.away", {{"error", failure.what()}});
    }
  }

  void run_outside(Item& item) {
    Result<void> result;
    try {
      result = item.work(*writer_);
    } catch (const DatabaseFailure& failure) {
      result = std::unexpected(error_of(failure));
    }
    item.done(std::move(result));
  }

  void run_group(std::vector<Item>& group) {
    static auto& commits = metrics::counter("parley_database_commits_total", "Commits, each with one fsync.");
    static auto& transactions =
        metrics::counter("parley_database_transactions_total", "Transactions; several may share a commit.");
    std::vector<Result<void>> results(group.size());
    std::vector<std::function<void()>> actions;
    try {
      writer_->execute("BEGIN IMMEDIATE");
      if (group.size() == 1) {
        results.front() = attempt(group.front());
      } else {
        for (std::size_t i = 0; i < group.size(); ++i) results[i] = run_item(group[i]);
      }
      if (group.size() > 1 || results.front()) {
        writer_->execute("COMMIT");
        actions = writer_->take_actions();
        commits.add();
        transactions.add(static_cast<double>(group.size()));
      } else {
        writer_->execute("ROLLBACK");
        (void)writer_->take_actions();
      }
    } catch (const DatabaseFailure& failure) {
      abandon(failure.code());
      // None of them is durable; what some returned already does not count.
      for (auto& result : results) result = std::unexpected(error_of(failure));
    }
    for (const auto& action : actions) action();
    for (std::size_t i = 0; i < group.size(); ++i) group[i].done(std::move(results[i]));
  }

  /// Errors that end the whole transaction are thrown on.
  Result<void> attempt(Item& item) {
    try {
      return item.work(*writer_);
    } catch (const DatabaseFailure& failure) {
      if (!writer_->in_transaction() || failure.code() == Errc::Full || failure.code() == Errc::Io ||
          failure.code() == Errc::Corrupt) {
        throw;
      }
      return std::unexpected(error_of(failure));
    }
  }

  /// One of several, within its own savepoint. That keeps a copy of every page which it changes: what comes alone does
  /// without.
  Result<void> run_item(Item& item) {
    const std::size_t actions = writer_->action_count();
    writer_->execute("SAVEPOINT item");
    auto result = attempt(item);
    if (!result) {
      writer_->execute("ROLLBACK TO item");
      writer_->drop_actions(actions);
    }
    writer_->execute("RELEASE item");
    return result;
  }

  void abandon(Errc code) {
    (void)writer_->take_actions();
    try {
      if (writer_->in_transaction()) writer_->execute("ROLLBACK");
    } catch (const DatabaseFailure& failure) {
      log::error("store.database.rollback_failed", {{"error", failure.what()}});
      code = Errc::Io;
    }
    if (code == Errc::Full) log::error("store.database.full", {{"file", options_.path}});
    // A failed fsync is final: the kernel may have dropped the pages, and only a new connection reads what is really
    // there.
    if (code == Errc::Io || code == Errc::Internal) writer_.reset();
  }

  DatabaseOptions options_;
  const Clock& clock_;
  int schema_version_ = 0;
  std::unique_ptr<SociSession> writer_;

  std::mutex mutex_;  // guards queue_, stopping_
  std::condition_variable wake_;
  std::condition_variable space_;
  std::deque<Item> queue_;
  bool stopping_ = false;

  std::mutex readers_mutex_;  // guards idle_; an empty pointer is a connection that must be opened anew
  std::condition_variable readers_wake_;
  std::vector<std::unique_ptr<SociSession>> idle_;

  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<Database>> Database::open(DatabaseOptions options, const Clock& clock) {
  const std::string path = options.path;
  try {
    return std::make_unique<SqliteDatabase>(std::move(options), clock);
  } catch (const DatabaseFailure& failure) {
    std::string text = failure.what();
    if (text.find(path) == std::string::npos) {
      text = "the database " + path + " cannot be opened: " + text;
      if (failure.code() == Errc::Corrupt) {
        text +=
            ". The file is damaged or not a database; restore it from a backup, or move it away to start with an empty "
            "one.";
      }
    }
    return fail(failure.code(), std::move(text));
  }
}

}  // namespace parley::store
