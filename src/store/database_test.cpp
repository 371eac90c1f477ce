#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>

#include <store/database.hpp>
#include <store/executor.hpp>

namespace parley::store {
namespace {

constexpr std::string_view kSchema = "CREATE TABLE things (id BIGINT PRIMARY KEY, text TEXT);\n";

class DatabaseTest : public testing::Test {
 protected:
  void SetUp() override {
    folder = std::filesystem::temp_directory_path() / ("parley_database_" + system_random().token(12));
    std::filesystem::create_directory(folder);
    options.path = (folder / "test.db").string();
    options.migrations = {{1, "0001_things", kSchema}};
    database = *Database::open(options, clock);
  }
  void TearDown() override {
    database.reset();
    std::filesystem::remove_all(folder);
  }
  Result<void> add(int id, std::string_view text = "x") {
    return database->transaction({}, [&](Session& session) -> Result<void> {
      session.execute("INSERT INTO things (id, text) VALUES (?, ?)", {id, text});
      return {};
    });
  }
  std::int64_t count() {
    return *database->read(
        [](Session& session) -> Result<std::int64_t> { return session.count("SELECT count(*) FROM things"); });
  }

  std::filesystem::path folder;
  FakeClock clock;
  DatabaseOptions options;
  std::unique_ptr<Database> database;
};

TEST_F(DatabaseTest, KeepsWhatWasCommittedAndForgetsWhatFailed) {
  EXPECT_TRUE(add(1));
  const auto refused = database->transaction({}, [](Session& session) -> Result<void> {
    session.execute("INSERT INTO things (id) VALUES (2)");
    return fail(Errc::Invalid, "changed my mind");
  });
  EXPECT_EQ(refused.error().code, Errc::Invalid);
  EXPECT_EQ(add(1).error().code, Errc::Conflict);
  database = *Database::open(options, clock);
  EXPECT_EQ(count(), 1);
}

TEST_F(DatabaseTest, TheFilesSettingsAreTheStrictOnes) {
  const auto pragma = [&](const char* name) {
    return *database->transaction({}, [&](Session& session) -> Result<std::string> {
      return session.find(std::string("PRAGMA ") + name)->text(0);
    });
  };
  EXPECT_EQ(pragma("journal_mode"), "wal");
  EXPECT_EQ(pragma("synchronous"), "2");
  EXPECT_EQ(pragma("secure_delete"), "1");
  EXPECT_EQ(pragma("foreign_keys"), "1");
}

TEST_F(DatabaseTest, ValuesComeBackAsTheyWent) {
  const std::string odd("a'\"?;\n\0b \xff", 10);
  ASSERT_TRUE(add(7, odd));
  const auto row = database->read([](Session& session) -> Result<Row> {
    return *session.find("SELECT id, text, NULL, 9007199254740993, '?' FROM things WHERE id = ?", {7});
  });
  EXPECT_EQ(row->integer(0), 7);
  EXPECT_EQ(row->text(1), odd);
  EXPECT_TRUE(row->null(2));
  EXPECT_EQ(row->integer(3), 9007199254740993);
  EXPECT_EQ(row->text(4), "?");
}

TEST_F(DatabaseTest, AFailingTransactionInAGroupTakesNoOtherAlong) {
  std::atomic<int> good = 0;
  std::atomic<int> bad = 0;
  std::atomic<int> open = 100;
  for (int i = 0; i < 100; ++i) {
    database->submit(
        {},
        [i](Session& session) -> Result<void> {
          session.execute("INSERT INTO things (id) VALUES (?)", {i % 50});  // the second half violates the key
          return {};
        },
        [&](Result<void> result) {
          ++(result ? good : bad);
          --open;
        });
  }
  while (open > 0) std::this_thread::yield();
  EXPECT_EQ(good, 50);
  EXPECT_EQ(bad, 50);
  EXPECT_EQ(count(), 50);
}

TEST_F(DatabaseTest, WhatRunsAfterTheCommitSeesItDurableAndNothingElseRuns) {
  int seen = 0;
  ASSERT_TRUE(database->transaction({}, [&](Session& session) -> Result<void> {
    session.execute("INSERT INTO things (id) VALUES (1)");
    session.after_commit([&] { ++seen; });
    return {};
  }));
  EXPECT_FALSE(database->transaction({}, [&](Session& session) -> Result<void> {
    session.after_commit([&] { seen += 100; });
    return fail(Errc::Invalid, "no");
  }));
  EXPECT_EQ(seen, 1);
}

TEST_F(DatabaseTest, ReadsSeeOneSnapshot) {
  ASSERT_TRUE(add(1));
  const auto counts = database->read([&](Session& session) -> Result<std::pair<std::int64_t, std::int64_t>> {
    const auto before = session.count("SELECT count(*) FROM things");
    EXPECT_TRUE(add(2));
    return std::pair(before, session.count("SELECT count(*) FROM things"));
  });
  EXPECT_EQ(*counts, std::pair(std::int64_t{1}, std::int64_t{1}));
  EXPECT_EQ(count(), 2);
  EXPECT_FALSE(database->read([](Session& session) -> Result<int> {  // readers cannot write
    session.execute("INSERT INTO things (id) VALUES (9)");
    return 1;
  }));
}

TEST_F(DatabaseTest, ManyThreadsWriteAndRead) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 25; ++i) {
        EXPECT_TRUE(add(t * 100 + i));
        EXPECT_GT(count(), 0);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(count(), 200);
}

TEST_F(DatabaseTest, CheckpointCutsTheLogToNothing) {
  ASSERT_TRUE(add(1));
  EXPECT_GT(std::filesystem::file_size(options.path + "-wal"), 0U);
  ASSERT_TRUE(database->checkpoint());
  EXPECT_EQ(std::filesystem::file_size(options.path + "-wal"), 0U);
  EXPECT_EQ(count(), 1);
}

TEST_F(DatabaseTest, AFullDiskIsAnErrorAndSpaceThatComesBackIsUsed) {
  options.path = (folder / "small.db").string();
  options.max_pages = 12;
  database = *Database::open(options, clock);
  Result<void> result;
  int written = 0;
  while ((result = add(written, std::string(2000, 'x')))) ++written;
  EXPECT_EQ(result.error().code, Errc::Full);
  EXPECT_GT(written, 3);
  EXPECT_EQ(count(), written);
  ASSERT_TRUE(database->transaction({}, [](Session& session) -> Result<void> {
    session.execute("DELETE FROM things WHERE id < 3");
    return {};
  }));
  EXPECT_TRUE(add(1000, std::string(2000, 'x')));
  EXPECT_TRUE(database->check());
}

TEST_F(DatabaseTest, RefusesToStartOnADamagedFileAndSaysWhatToDo) {
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(add(i, std::string(500, 'x')));
  ASSERT_TRUE(database->checkpoint());
  database.reset();
  {
    std::fstream file(options.path, std::ios::in | std::ios::out | std::ios::binary);
    for (int page = 2; page < 8; ++page) {
      file.seekp(std::streamoff{page} * 4096);
      file << std::string(600, '\x5a');
    }
  }
  auto opened = Database::open(options, clock);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::Corrupt);
  EXPECT_NE(opened.error().text.find(options.path), std::string::npos);
  EXPECT_NE(opened.error().text.find("backup"), std::string::npos);
  std::ofstream(options.path, std::ios::trunc)
      << "this is no database, but long enough to be looked at as if it were one";
  opened = Database::open(options, clock);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::Corrupt);
}

TEST_F(DatabaseTest, RefusesANewerSchemaAndMigratesAnOlderOne) {
  database.reset();
  options.migrations.push_back(
      {2, "0002_more", "ALTER TABLE things ADD COLUMN more TEXT;\nCREATE INDEX more ON things (more);\n"});
  database = *Database::open(options, clock);
  EXPECT_EQ(database->schema_version(), 2);
  database.reset();
  options.migrations.pop_back();
  const auto older = Database::open(options, clock);
  ASSERT_FALSE(older);
  EXPECT_NE(older.error().text.find("newer Parley"), std::string::npos);
}

TEST_F(DatabaseTest, AStepThatArrivesBelowTheNewestIsAppliedToo) {
  database.reset();
  options.migrations.push_back({3, "0003_later", "CREATE TABLE later (id BIGINT);\n"});
  database = *Database::open(options, clock);
  EXPECT_EQ(database->schema_version(), 3);
  database.reset();
  options.migrations.insert(options.migrations.end() - 1, {2, "0002_between", "CREATE TABLE between_ (id BIGINT);\n"});
  database = *Database::open(options, clock);
  EXPECT_EQ(database->schema_version(), 3);
  EXPECT_EQ(
      *database->read([](Session& s) -> Result<std::int64_t> { return s.count("SELECT count(*) FROM between_"); }), 0);
  database.reset();
  options.migrations.erase(options.migrations.end() - 2);
  const auto older = Database::open(options, clock);
  ASSERT_FALSE(older) << "it has a step that this program does not know";
  EXPECT_NE(older.error().text.find("step 2"), std::string::npos);
}

TEST_F(DatabaseTest, WhatCallsAreFoundByOutlivesTheMigrationOfItsTables) {
  options.path = (folder / "calls.db").string();
  options.migrations = main_migrations();
  std::erase_if(options.migrations, [](const Migration& one) { return one.version >= 9; });
  database = *Database::open(options, clock);
  ASSERT_TRUE(database->transaction({}, [](Session& session) -> Result<void> {
    session.execute(
        "INSERT INTO organisations (id, sip_domain, time_zone, created_at, sealed) VALUES ('o', 'a.example', '', 0, "
        "'')");
    session.execute(
        "INSERT INTO calls (id, organisation, closed, direction, disposition, hangup_side, sip_status, started_at, "
        "billed_s, sealed, sealed_detail) VALUES ('c', 'o', 1, 1, 1, 1, 200, 0, 0, '', '')");
    session.execute("INSERT INTO call_extensions (organisation, extension, call_id) VALUES ('o', 'e', 'c')");
    session.execute("INSERT INTO call_numbers (organisation, number_index, call_id) VALUES ('o', 'n', 'c')");
    session.execute(
        "INSERT INTO search_terms (organisation, term_index, call_id, source) VALUES ('o', 't', 'c', 'call')");
    return {};
  }));
  database.reset();
  options.migrations = main_migrations();
  database = *Database::open(options, clock);
  const auto rows = [&] {
    return *database->read([](Session& session) -> Result<std::int64_t> {
      return session.count(
          "SELECT (SELECT count(*) FROM call_extensions WHERE extension = 'e') + (SELECT count(*) FROM call_numbers "
          "WHERE "
          "number_index = 'n') + (SELECT count(*) FROM search_terms WHERE term_index = 't')");
    });
  };
  EXPECT_EQ(rows(), 3);
  const auto add = [&](const char* call) {
    return database->transaction({}, [call](Session& session) -> Result<void> {
      session.execute("INSERT INTO call_numbers (organisation, number_index, call_id) VALUES ('o', 'n', ?)", {call});
      return {};
    });
  };
  EXPECT_EQ(add("nobody's").error().code, Errc::Conflict);  // known at the commit
  ASSERT_TRUE(database->transaction({}, [](Session& session) -> Result<void> {
    session.execute("DELETE FROM calls WHERE id = 'c'");
    return {};
  }));
  EXPECT_EQ(rows(), 0);
}

TEST_F(DatabaseTest, AMigrationThatFailsLeavesTheOldSchema) {
  database.reset();
  options.migrations.push_back({2, "0002_broken", "CREATE TABLE half (id BIGINT);\nTHIS IS NOT SQL;\n"});
  EXPECT_FALSE(Database::open(options, clock));
  options.migrations.pop_back();
  database = *Database::open(options, clock);
  EXPECT_EQ(database->schema_version(), 1);
  EXPECT_EQ(*database->read([](Session& s) -> Result<std::int64_t> {
    return s.count("SELECT count(*) FROM sqlite_master WHERE name = 'half'");
  }),
            0);
}

TEST_F(DatabaseTest, FinishesWhatWasQueuedBeforeItCloses) {
  std::atomic<int> done = 0;
  for (int i = 0; i < 50; ++i) {
    database->submit(
        {},
        [i](Session& session) -> Result<void> {
          session.execute("INSERT INTO things (id) VALUES (?)", {i});
          return {};
        },
        [&](Result<void> result) { done += result ? 1 : 0; });
  }
  database.reset();
  EXPECT_EQ(done, 50);
}

TEST(ExecutorTest, RunsEverythingAndRefusesWhatIsTooMuch) {
  std::atomic<int> ran = 0;
  {
    Executor executor(2, 3);
    std::atomic<bool> go = false;
    for (int i = 0; i < 2; ++i) {
      ASSERT_TRUE(executor.submit([&] {
        while (!go) std::this_thread::yield();
        ++ran;
      }));
    }
    while (executor.waiting() > 0) std::this_thread::yield();
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(executor.submit([&] { ++ran; }));
    EXPECT_EQ(executor.submit([&] { ++ran; }).error().code, Errc::Limited);
    go = true;
    executor.drain();
    EXPECT_EQ(ran, 5);
    ASSERT_TRUE(executor.submit([&] { ++ran; }));
  }
  EXPECT_EQ(ran, 6);
}

}  // namespace
}  // namespace parley::store
