#include <algorithm>
#include <mutex>
#include <thread>

#include <gtest/gtest.h>

#include <store/temporary.hpp>

namespace parley::store {
namespace {

using std::chrono::seconds;

class JobsTest : public testing::Test {
 protected:
  JobId add(std::string key = "", int max_attempts = 3) {
    NewJob job;
    job.kind = "transcribe";
    job.organisation = mine;
    job.payload = "{\"who\":\"Ada\"}";
    job.idempotency_key = std::move(key);
    job.max_attempts = max_attempts;
    return *store->jobs.enqueue(job);
  }
  std::optional<LeasedJob> lease() { return *store->jobs.lease({"transcribe", "analyse"}, seconds(60)); }

  TemporaryStore store;
  OrganisationId mine = store.organisation("a.example");
  OrganisationId other = store.organisation("b.example");
};

TEST_F(JobsTest, AreDoneOnceInOrderByOneHolder) {
  const JobId first = add();
  store.clock.advance(seconds(1));
  const JobId second = add();
  const auto a = lease();
  const auto b = lease();
  ASSERT_TRUE(a && b);
  EXPECT_EQ(a->job.id, first);
  EXPECT_EQ(b->job.id, second);
  EXPECT_EQ(a->payload, "{\"who\":\"Ada\"}");
  EXPECT_FALSE(lease());
  ASSERT_TRUE(store->jobs.progress(*a, 40, "decoding"));
  EXPECT_EQ(store->jobs.list(mine, std::nullopt, 10)->back().progress, 40);
  ASSERT_TRUE(store->jobs.complete(*a));
  EXPECT_EQ(store->jobs.complete(*a).error().code, Errc::Conflict);
  EXPECT_EQ(store->jobs.counts()->running, 1U);
  EXPECT_FALSE(*store->jobs.lease({"other"}, seconds(60)));
}

TEST_F(JobsTest, TheSameIdempotencyKeyIsOneJob) {
  EXPECT_EQ(add("recording-1"), add("recording-1"));
  EXPECT_NE(add("recording-2"), add("recording-1"));
  EXPECT_EQ(store->jobs.counts()->queued, 2U);
}

TEST_F(JobsTest, RetriesWaitLongerEachTimeThenTheJobIsDead) {
  const JobId id = add("", 3);
  WallTime last{};
  for (int attempt = 1; attempt <= 3; ++attempt) {
    std::optional<LeasedJob> job;
    int waited = 0;
    while (!(job = lease())) {
      store.clock.advance(seconds(1));
      ASSERT_LT(++waited, 60);
    }
    if (attempt == 2) {
      EXPECT_GE(waited, 3);
      EXPECT_LE(waited, 5);
    }
    if (attempt == 3) {
      EXPECT_GE(waited, 5);
      EXPECT_LE(waited, 10);
    }
    EXPECT_EQ(job->job.attempts, attempt);
    EXPECT_EQ(*store->jobs.fail(*job, "no model"), attempt == 3 ? JobState::Dead : JobState::Queued);
    last = store.clock.wall();
  }
  store.clock.advance(std::chrono::hours(10));
  EXPECT_FALSE(lease());
  const auto dead = store->jobs.list(mine, JobState::Dead, 10);
  ASSERT_EQ(dead->size(), 1U);
  EXPECT_EQ(dead->front().error, "no model");
  EXPECT_EQ(store->jobs.retry(other, id).error().code, Errc::NotFound);
  ASSERT_TRUE(store->jobs.retry(mine, id));
  EXPECT_TRUE(lease());
}

TEST_F(JobsTest, AWorkerThatDiesOrHangsLosesItsJobAtTheTimeLimit) {
  add("", 2);
  const auto first = lease();
  store.clock.advance(seconds(61));
  EXPECT_FALSE(lease());  // it waits its back-off
  EXPECT_EQ(store->jobs.complete(*first).error().code, Errc::Conflict);
  EXPECT_EQ(store->jobs.progress(*first, 50, "").error().code, Errc::Conflict);
  store.clock.advance(seconds(6));
  const auto second = lease();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->job.attempts, 2);
  store.clock.advance(seconds(61));
  EXPECT_FALSE(lease());
  EXPECT_EQ(store->jobs.counts()->dead, 1U);
}

TEST_F(JobsTest, ReleasedAtAnOrderlyStopCountsNoAttempt) {
  add("", 1);
  const auto job = lease();
  ASSERT_TRUE(store->jobs.release(*job));
  store.reopen();
  const auto again = lease();
  ASSERT_TRUE(again);
  EXPECT_EQ(again->job.attempts, 1);
  EXPECT_EQ(*store->jobs.fail(*again, "broken input", true), JobState::Dead);
}

TEST_F(JobsTest, DoneOnesGoAfterADay) {
  add();
  ASSERT_TRUE(store->jobs.complete(*lease()));
  EXPECT_EQ(*store->jobs.remove_done(), 0U);
  store.clock.advance(std::chrono::hours(25));
  EXPECT_EQ(*store->jobs.remove_done(), 1U);
}

TEST_F(JobsTest, AJobOfAShreddedCallDiesAndTheNextIsTaken) {
  const Extension ada = store.extension(mine, "101");
  const CallRecord call = store.call(mine, ada, ada);
  NewJob job;
  job.kind = "transcribe";
  job.organisation = mine;
  job.call = call.id;
  ASSERT_TRUE(store->jobs.enqueue(job));
  store.clock.advance(seconds(1));
  const JobId next = add();
  ASSERT_TRUE(store->keyring.destroy(mine, vault::ThingKind::Call, call.id.uuid));
  EXPECT_EQ(lease()->job.id, next);
  EXPECT_EQ(store->jobs.counts()->dead, 1U);
}

TEST_F(JobsTest, ManyWorkersNeverShareAJob) {
  for (int i = 0; i < 60; ++i) add();
  std::mutex mutex;
  std::vector<JobId> taken;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      while (const auto job = lease()) {
        const std::lock_guard lock(mutex);
        taken.push_back(job->job.id);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  std::ranges::sort(taken);
  EXPECT_EQ(std::ranges::adjacent_find(taken), taken.end());
  EXPECT_EQ(taken.size(), 60U);
}

TEST(EventsTest, AreNumberedPerOrganisationResumableAndGoAfter72Hours) {
  TemporaryStore store;
  const auto mine = store.organisation("a.example");
  const auto other = store.organisation("b.example");
  const auto append = [&](OrganisationId organisation, const char* type) {
    Event event;
    event.type = type;
    event.organisation = organisation;
    event.data = "{\"n\":1}";
    ASSERT_TRUE(store->events.append(event));
  };
  append(mine, "a");
  append(other, "b");
  append(mine, "c");
  EXPECT_EQ(*store->events.last_seq(mine), 2U);
  const auto after = store->events.after(mine, 1, 10);
  ASSERT_EQ(after->size(), 1U);
  EXPECT_EQ(after->front().type, "c");
  EXPECT_EQ(after->front().data, "{\"n\":1}");
  EXPECT_EQ(store->events.after(other, 0, 10)->size(), 1U);
  store.clock.advance(std::chrono::hours(73));
  EXPECT_EQ(*store->events.remove_old(), 3U);
  append(mine, "d");
  EXPECT_EQ(*store->events.last_seq(mine), 3U);  // numbers are not used again
}

TEST(EventBusTest, SubscribersGetTheirOrganisationsEventsUntilTheyCancel) {
  EventBus bus;
  const auto mine = OrganisationId::make();
  int all = 0;
  int own = 0;
  auto every = bus.subscribe(std::nullopt, [&](const Event&) { ++all; });
  auto one = bus.subscribe(mine, [&](const Event&) { ++own; });
  Event event;
  event.organisation = mine;
  bus.publish(event);
  event.organisation = OrganisationId::make();
  bus.publish(event);
  EXPECT_EQ(all, 2);
  EXPECT_EQ(own, 1);
  one.cancel();
  event.organisation = mine;
  bus.publish(event);
  EXPECT_EQ(own, 1);
  // A subscriber may cancel itself while it runs.
  EventBus::Subscription self;
  self = bus.subscribe(mine, [&](const Event&) {
    self.cancel();
    ++own;
  });
  bus.publish(event);
  bus.publish(event);
  EXPECT_EQ(own, 2);
}

}  // namespace
}  // namespace parley::store
