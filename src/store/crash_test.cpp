#include <csignal>
#include <fstream>
#include <semaphore>
#include <set>
#include <thread>

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <store/temporary.hpp>

/// Kills the process while it writes and compares what it had acknowledged with what is found (fault matrix: lost 0,
/// twice 0).
namespace parley::store {
namespace {

struct EndedCall {
  CallRecord call;
  NewJob job;
};
EndedCall ended_call(const TemporaryStore& folder, OrganisationId organisation) {
  EndedCall out;
  out.call.id = CallId::make();
  out.call.organisation = organisation;
  out.call.started = folder.clock.wall();
  out.call.ended = out.call.started;
  out.call.caller.number = "+41795550123";
  out.job.kind = "transcribe";
  out.job.idempotency_key = out.call.id.text();
  return out;
}

/// In the child: closes calls for ever, each with a job; says each id once it is durable.
[[noreturn]] void write_for_ever(const TemporaryStore& folder, OrganisationId organisation, int out) {
  auto opened = Store::open({.folder = folder.folder()}, folder.clock);
  if (!opened) ::_exit(3);
  Store& store = **opened;
  for (;;) {
    const auto [call, job] = ended_call(folder, organisation);
    if (!store.calls.create(call) || !store.calls.close(call, {job})) ::_exit(4);
    if (::write(out, call.id.uuid.bytes.data(), 16) != 16) ::_exit(5);
  }
}

/// Some time after the child said its first word: on a busy machine it may be long until it works at all.
void kill_at_work(pid_t child, int in, std::chrono::milliseconds later) {
  pollfd word{in, POLLIN, 0};
  EXPECT_EQ(::poll(&word, 1, 60'000), 1) << "the child said nothing";
  std::this_thread::sleep_for(later);
  ::kill(child, SIGKILL);
}

constexpr std::size_t kUnderway = 64;

/// The same by the writer that gathers: many share a commit, and each is said when its own is durable.
[[noreturn]] void write_groups_for_ever(const TemporaryStore& folder, OrganisationId organisation, int out) {
  auto opened = Store::open({.folder = folder.folder()}, folder.clock);
  if (!opened) ::_exit(3);
  std::counting_semaphore<kUnderway> room{kUnderway};
  for (;;) {
    const auto [call, job] = ended_call(folder, organisation);
    room.acquire();
    (*opened)->cdrs.close(call, {job}, [&room, out, id = call.id](const Result<void>& done) {
      if (!done || ::write(out, id.uuid.bytes.data(), 16) != 16) ::_exit(4);
      room.release();
    });
  }
}

std::set<CallId> read_acknowledged(int in) {
  std::set<CallId> out;
  CallId id;
  while (::read(in, id.uuid.bytes.data(), 16) == 16) out.insert(id);
  return out;
}

TEST(CrashTest, KilledWhileWritingItLosesNoAcknowledgedCallAndHasNoneTwice) {
  TemporaryStore store;
  const auto organisation = store.organisation("a.example");
  std::set<CallId> acknowledged;
  for (int run = 0; run < 8; ++run) {
    store.close();
    int pipe[2];
    ASSERT_EQ(::pipe(pipe), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      ::close(pipe[0]);
      if (run % 2 == 0) write_for_ever(store, organisation, pipe[1]);
      write_groups_for_ever(store, organisation, pipe[1]);
    }
    ::close(pipe[1]);
    kill_at_work(child, pipe[0], std::chrono::milliseconds(20 + 17 * run));
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status)) << WEXITSTATUS(status);
    for (const auto& id : read_acknowledged(pipe[0])) acknowledged.insert(id);
    ::close(pipe[0]);
    store.reopen();
    ASSERT_TRUE(store->database.check());
    for (const auto& id : acknowledged) {
      const auto found = store->calls.find(organisation, id);
      ASSERT_TRUE(found) << id.text();
      EXPECT_EQ(found->caller.number, "+41795550123");
    }
    const auto counts = store->database.read([&](Session& session) -> Result<std::vector<std::int64_t>> {
      return std::vector{session.count("SELECT count(*) FROM calls WHERE closed = 1"),
                         session.count("SELECT count(*) FROM jobs"),
                         session.count("SELECT count(DISTINCT idempotency_key) FROM jobs"),
                         session.count("SELECT count(*) FROM events WHERE type = 'call.ended'")};
    });
    // One transaction: never a record without its job and event. At most what was under way in each run was not yet
    // acknowledged.
    EXPECT_EQ((*counts)[0], (*counts)[1]);
    EXPECT_EQ((*counts)[0], (*counts)[2]);
    EXPECT_EQ((*counts)[0], (*counts)[3]);
    EXPECT_GE(static_cast<std::size_t>((*counts)[0]), acknowledged.size());
    EXPECT_LE(static_cast<std::size_t>((*counts)[0]),
              acknowledged.size() + kUnderway * static_cast<std::size_t>(run + 1));
  }
  EXPECT_FALSE(acknowledged.empty());
}

TEST(CrashTest, AJournalKilledWhileWritingKeepsEveryAcknowledgedRecord) {
  const auto path = std::filesystem::temp_directory_path() / ("parley_journal_" + system_random().token(12));
  std::uint64_t known = 0;
  for (int run = 0; run < 10; ++run) {
    int pipe[2];
    ASSERT_EQ(::pipe(pipe), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      auto journal = Journal::open(path);
      if (!journal) ::_exit(3);
      for (;;) {
        const auto number = (*journal)->append(Bytes(300, 'x'));
        if (!number || ::write(pipe[1], &*number, sizeof(*number)) != sizeof(*number)) ::_exit(4);
      }
    }
    ::close(pipe[1]);
    kill_at_work(child, pipe[0], std::chrono::milliseconds(5 + 3 * run));
    ::waitpid(child, nullptr, 0);
    for (std::uint64_t number = 0; ::read(pipe[0], &number, sizeof(number)) == sizeof(number);) known = number + 1;
    ::close(pipe[0]);
    const auto journal = Journal::open(path);
    ASSERT_TRUE(journal) << journal.error().text;
    EXPECT_GE((*journal)->waiting(), known);
    EXPECT_LE((*journal)->waiting(), known + 1);
    known = (*journal)->waiting();
  }
  EXPECT_GT(known, 0U);
  std::filesystem::remove(path);
}

class CdrWriterTest : public testing::Test {
 protected:
  CallRecord ended_call() {
    CallRecord call = store.open_call(organisation, ada, ada);
    call.ended = store.clock.wall();
    return call;
  }
  Result<void> close(CdrWriter& writer, const CallRecord& call) {
    std::atomic<bool> done = false;
    Result<void> result;
    writer.close(call, {}, [&](Result<void> outcome) {
      result = std::move(outcome);
      done = true;
    });
    while (!done) std::this_thread::yield();
    return result;
  }

  TemporaryStore store;
  OrganisationId organisation = store.organisation("a.example");
  Extension ada = store.extension(organisation, "101");
};

/// A database that is away, as one on a full disk or behind a broken link is.
class AwayDatabase final : public Database {
 public:
  explicit AwayDatabase(Database& real) : real_(real) {}
  bool away = true;
  void submit(OrganisationId organisation, Work work, Done done) override {
    if (away) return done(fail(Errc::Unavailable, "away"));
    real_.submit(organisation, std::move(work), std::move(done));
  }
  Result<void> checkpoint() override { return real_.checkpoint(); }
  void checkpoint_soon() override { real_.checkpoint_soon(); }
  Result<void> check() override { return real_.check(); }
  [[nodiscard]] std::vector<std::string> files() const override { return real_.files(); }
  [[nodiscard]] int schema_version() const override { return real_.schema_version(); }

 protected:
  Result<void> run_transaction(OrganisationId organisation, const Work& work) override {
    if (away) return fail(Errc::Unavailable, "away");
    return real_.transaction(organisation, work);
  }
  Result<void> run_read(const Work& work) override {
    if (away) return fail(Errc::Unavailable, "away");
    return real_.read(work);
  }

 private:
  Database& real_;
};

TEST_F(CdrWriterTest, CallsClosedWhileTheDatabaseIsAwayComeInLaterInOrderAndOnce) {
  AwayDatabase away(store->database);
  EventLog events(away, store->keyring, store->bus, store->random);
  CallRepository calls(away, store->keyring, events);
  CdrWriter writer(calls, store->keyring, *store->journal);
  std::vector<CallRecord> made;
  for (int i = 0; i < 5; ++i) {
    made.push_back(ended_call());
    EXPECT_TRUE(close(writer, made.back()));  // durable in the journal
  }
  EXPECT_EQ(store->journal->waiting(), 5U);
  EXPECT_FALSE(writer.drain());
  EXPECT_EQ(store->journal->waiting(), 5U);
  std::vector<CallId> order;
  auto subscription = store->bus.subscribe(organisation, [&](const Event& event) { order.push_back(*event.call_id); });
  away.away = false;
  EXPECT_EQ(*writer.drain(), 5U);
  EXPECT_EQ(*writer.drain(), 0U);
  ASSERT_EQ(order.size(), 5U);
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(order[i], made[i].id);
  EXPECT_EQ(store->calls.list(organisation, {}, "", 10)->items.size(), 5U);
}

TEST_F(CdrWriterTest, TheJournalHoldsNothingInClear) {
  AwayDatabase away(store->database);
  EventLog events(away, store->keyring, store->bus, store->random);
  CallRepository calls(away, store->keyring, events);
  CdrWriter writer(calls, store->keyring, *store->journal);
  auto call = ended_call();
  call.caller.name = "Quokkazulu";
  ASSERT_TRUE(close(writer, call));
  std::ifstream in(store.folder() / "cdr.journal", std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), {});
  EXPECT_GT(bytes.size(), 500U);
  EXPECT_EQ(bytes.find("Quokka"), std::string::npos);
}

TEST_F(CdrWriterTest, AJournalLeftByACrashIsDrainedAtTheNextStart) {
  const auto call = ended_call();
  {
    AwayDatabase away(store->database);
    EventLog events(away, store->keyring, store->bus, store->random);
    CallRepository calls(away, store->keyring, events);
    CdrWriter writer(calls, store->keyring, *store->journal);
    ASSERT_TRUE(close(writer, call));
  }
  store.reopen();
  EXPECT_EQ(store->journal->waiting(), 0U);
  EXPECT_EQ(store->calls.list(organisation, {}, "", 10)->items.size(), 1U);
}

TEST_F(CdrWriterTest, ACallErasedWhileItsRecordWaitsInTheJournalStaysErased) {
  const auto call = ended_call();
  AwayDatabase away(store->database);
  EventLog events(away, store->keyring, store->bus, store->random);
  CallRepository calls(away, store->keyring, events);
  CdrWriter writer(calls, store->keyring, *store->journal);
  ASSERT_TRUE(close(writer, call));
  ASSERT_TRUE(store->keyring.destroy(organisation, vault::ThingKind::Call, call.id.uuid));
  away.away = false;
  EXPECT_TRUE(writer.drain());
  EXPECT_TRUE(store->calls.list(organisation, {}, "", 10)->items.empty());
}

}  // namespace
}  // namespace parley::store
