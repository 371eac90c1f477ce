#include <algorithm>
#include <atomic>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include <store/call_json.hpp>
#include <store/temporary.hpp>

namespace parley::store {
namespace {

class CallsTest : public testing::Test {
 protected:
  std::vector<CallSummary> list(const CallFilter& filter) { return store->calls.list(mine, filter, "", 100)->items; }

  TemporaryStore store;
  OrganisationId mine = store.organisation("a.example");
  OrganisationId other = store.organisation("b.example");
  Extension ada = store.extension(mine, "101");
  Extension bob = store.extension(mine, "102");
};

TEST_F(CallsTest, TheClosedRecordEqualsTheCall) {
  const CallRecord call = store.call(mine, ada, bob);
  const auto found = store->calls.find(mine, call.id);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->caller.number, "101");
  EXPECT_EQ(found->caller.extension, ada.id);
  EXPECT_EQ(found->callee.name, "Extension 102");
  EXPECT_EQ(found->disposition, Disposition::Answered);
  EXPECT_EQ(found->hangup_side, HangupSide::Caller);
  EXPECT_EQ(found->hangup_cause, "normal clearing");
  EXPECT_EQ(found->started, call.started);
  EXPECT_EQ(found->answered, call.answered);
  EXPECT_EQ(found->ended, call.ended);
  EXPECT_EQ(found->billed_s, 60);
  ASSERT_EQ(found->legs.size(), 1U);
  EXPECT_EQ(found->legs[0].remote_ip, "192.0.2.17");
  EXPECT_EQ(found->legs[0].stats.mos, 4.3);
  EXPECT_EQ(found->path[0].what, "extension 102 rings");
}

TEST_F(CallsTest, AJournalledCallThatEndedInAnUnknownWayIsRefused) {
  const std::string whole = closing_json(store.call(mine, ada, bob), {});
  CallRecord read;
  std::vector<NewJob> jobs;
  ASSERT_TRUE(read_closing(read, jobs, whole));
  EXPECT_EQ(read.disposition, Disposition::Answered);
  for (const std::string_view member : {"direction", "disposition", "hangup_side"}) {
    for (const std::string_view value : {"0", "7", "-1", "null"}) {
      auto object = json::parse(whole).as_object();
      object[member] = json::parse(value);
      EXPECT_EQ(read_closing(read, jobs, json::serialize(object)).error().code, Errc::Corrupt) << member << value;
    }
  }
}

TEST_F(CallsTest, AnotherOrganisationsCallIsNotFound) {
  const CallRecord call = store.call(mine, ada, bob);
  const Recording recording = store.recording(call, "zebra");
  EXPECT_EQ(store->calls.find(other, call.id).error().code, Errc::NotFound);
  EXPECT_EQ(store->calls.summary(other, call.id).error().code, Errc::NotFound);
  EXPECT_TRUE(store->calls.list(other, {}, "", 10)->items.empty());
  EXPECT_EQ(store->recordings.find(other, recording.id).error().code, Errc::NotFound);
  EXPECT_EQ(store->recordings.key(other, recording.id).error().code, Errc::NotFound);
  EXPECT_EQ(store->recordings.find_by_call(other, call.id).error().code, Errc::NotFound);
  EXPECT_TRUE(store->recordings.list(other, call.id)->empty());
  EXPECT_EQ(store->transcripts.find(other, call.id).error().code, Errc::NotFound);
  EXPECT_EQ(store->transcripts.find_analysis(other, call.id).error().code, Errc::NotFound);
  EXPECT_TRUE(store->deadlines.list(other, call.id)->empty());
  EXPECT_TRUE(store->jobs.list(other, call.id)->empty());
  EXPECT_EQ(store->holds.place(other, call.id, "why", {}).error().code, Errc::NotFound);
  Recording moved = recording;
  moved.organisation = other;
  EXPECT_EQ(store->recordings.update(moved).error().code, Errc::NotFound);
  moved.id = RecordingId::make();
  EXPECT_EQ(store->recordings.create(moved).error().code, Errc::NotFound);
  EXPECT_EQ(store->keyring.open(other, vault::ThingKind::Recording, moved.id.uuid).error().code, Errc::NotFound);
  CallRecord stolen = call;
  stolen.organisation = other;
  EXPECT_EQ(store->calls.create(stolen).error().code, Errc::Conflict);
  EXPECT_EQ(store->jobs.enqueue({.kind = "transcribe", .organisation = other, .call = call.id}).error().code,
            Errc::NotFound);
}

TEST_F(CallsTest, CloseWritesRecordDeadlinesJobsAndEventAtOnceAndOnlyOnce) {
  std::vector<Event> events;
  auto subscription = store->bus.subscribe(mine, [&](const Event& event) { events.push_back(event); });
  CallRecord call = store.open_call(mine, ada, bob);
  Recording recording;
  recording.id = RecordingId::make();
  recording.organisation = mine;
  recording.call = call.id;
  recording.started = store.clock.wall();
  ASSERT_TRUE(store->recordings.create(recording));
  store.clock.advance(std::chrono::minutes(10));
  call.ended = store.clock.wall();
  call.disposition = Disposition::Answered;
  const NewJob job{"transcribe", mine, call.id, recording.id, "{\"x\":1}", recording.id.text(), {}, 5};
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(store->calls.close(call, {job}));
  const auto deadlines = store->deadlines.list(mine, call.id);
  ASSERT_EQ(deadlines->size(), 3U);  // recording, transcript, analysis: RET-3
  for (const auto& deadline : *deadlines) {
    EXPECT_EQ(deadline.due, *call.ended + std::chrono::days(90));
    EXPECT_EQ(deadline.rule, "RET-3 recordings_days=90");
  }
  EXPECT_EQ(store->jobs.list(mine, call.id)->size(), 1U);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].type, "call.ended");
  EXPECT_EQ(events[0].seq, 1U);
  const auto stored = store->events.after(mine, 0, 10);
  ASSERT_EQ(stored->size(), 1U);
  EXPECT_EQ(stored->front().data, events[0].data);
  EXPECT_EQ(store->calls.summary(mine, call.id)->transcript, WorkState::Queued);
}

TEST_F(CallsTest, ACallThatWasNeverCreatedIsStillClosed) {
  CallRecord call;
  call.id = CallId::make();
  call.organisation = mine;
  call.started = store.clock.wall();
  ASSERT_TRUE(store->calls.close(call, {}));
  EXPECT_TRUE(store->calls.find(mine, call.id));
}

TEST_F(CallsTest, OpenCallsAreNotListedAndAreClosedAfterACrash) {
  const CallRecord call = store.open_call(mine, ada, bob);
  EXPECT_TRUE(list({}).empty());
  store.reopen();
  EXPECT_EQ(*store->calls.close_abandoned(mine, "server restarted"), std::vector{call.id});
  const auto items = list({});
  ASSERT_EQ(items.size(), 1U);
  EXPECT_EQ(items[0].call.disposition, Disposition::Failed);
  EXPECT_EQ(items[0].call.hangup_cause, "server restarted");
  EXPECT_TRUE(store->calls.close_abandoned(mine, "")->empty());
}

TEST_F(CallsTest, FiltersFindWhatTheyShould) {
  const Extension outside{
      ExtensionId::make(), mine, "+1 (415) 555-0123", "Grace Hopper", {}, "", "", "", "", "", {}, 30, true, {}};
  CallRecord inbound = store.open_call(mine, outside, ada);
  inbound.caller.extension.reset();
  inbound.direction = Direction::Inbound;
  inbound.disposition = Disposition::NoAnswer;
  inbound.ended = store.clock.wall();
  ASSERT_TRUE(store->calls.close(inbound, {}));
  store.clock.advance(std::chrono::hours(1));
  const CallRecord internal = store.call(mine, ada, bob);
  const Recording recording = store.recording(internal, "zebra");

  const auto only = [&](const CallFilter& filter, CallId expected) {
    const auto items = list(filter);
    return items.size() == 1 && items[0].call.id == expected;
  };
  EXPECT_TRUE(only({.text = "hopper GRACE"}, inbound.id));
  EXPECT_TRUE(only({.text = "zebra"}, internal.id));  // stands in the transcript
  EXPECT_TRUE(list({.text = "zebra hopper"}).empty());
  EXPECT_TRUE(only({.text = "415-555-0123"}, inbound.id));
  for (const char* number : {"+14155550123", "0123", "555-0123", "415 555 0123"})
    EXPECT_TRUE(only({.number = number}, inbound.id)) << number;
  EXPECT_TRUE(list({.number = "5550"}).empty());
  EXPECT_TRUE(only({.direction = Direction::Inbound}, inbound.id));
  EXPECT_TRUE(only({.disposition = Disposition::Answered}, internal.id));
  EXPECT_TRUE(only({.extension = bob.id}, internal.id));
  EXPECT_TRUE(only({.has_recording = true}, internal.id));
  EXPECT_TRUE(only({.has_recording = false}, inbound.id));
  EXPECT_TRUE(only({.from = internal.started}, internal.id));
  EXPECT_TRUE(only({.to = internal.started}, inbound.id));
  EXPECT_TRUE(list({.text = "!!"}).empty());

  const auto summary = list({.text = "zebra"}).front();
  EXPECT_EQ(summary.recording->id, recording.id);
  EXPECT_EQ(summary.recording->state, "ready");
  EXPECT_EQ(summary.transcript, WorkState::Ready);
  EXPECT_EQ(summary.analysis, WorkState::Ready);
  EXPECT_EQ(summary.headline, "about zebra");
}

TEST_F(CallsTest, PagesCoverEveryCallOnceNewestFirst) {
  std::vector<CallId> made;
  for (int i = 0; i < 25; ++i) {
    CallRecord call = store.open_call(mine, ada, bob);  // several with the same time
    if (i % 3 == 0) store.clock.advance(std::chrono::seconds(1));
    ASSERT_TRUE(store->calls.close(call, {}));
    made.push_back(call.id);
  }
  std::vector<CallSummary> seen;
  std::string cursor;
  do {
    const auto page = store->calls.list(mine, {}, cursor, 7);
    ASSERT_TRUE(page);
    EXPECT_LE(page->items.size(), 7U);
    seen.insert(seen.end(), page->items.begin(), page->items.end());
    cursor = page->next_cursor.value_or("");
  } while (!cursor.empty());
  ASSERT_EQ(seen.size(), made.size());
  std::vector<CallId> ids;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    if (i > 0) EXPECT_GE(seen[i - 1].call.started, seen[i].call.started);
    ids.push_back(seen[i].call.id);
  }
  std::ranges::sort(ids);
  std::ranges::sort(made);
  EXPECT_EQ(ids, made);
  EXPECT_EQ(store->calls.list(mine, {}, "not a cursor", 7).error().code, Errc::Invalid);
}

TEST_F(CallsTest, TranscriptsAndAnalysesComeBackWholeAndReplaceEarlierOnes) {
  const CallRecord call = store.call(mine, ada, bob);
  const Recording recording = store.recording(call, "zebra");
  auto transcript = store->transcripts.find(mine, call.id);
  ASSERT_TRUE(transcript);
  EXPECT_EQ(transcript->turns[0].text, "the word is zebra");
  EXPECT_EQ(transcript->turns[0].words[0].end, 2.0);
  transcript->id = TranscriptId::make();
  transcript->turns[0].text = "the word is okapi";
  ASSERT_TRUE(store->transcripts.save(*transcript));
  EXPECT_TRUE(list({.text = "zebra"}).empty());
  EXPECT_EQ(list({.text = "okapi"}).size(), 1U);
  EXPECT_EQ(store->transcripts.find_analysis(mine, call.id)->document, "{\"a\":\"zebra\"}");
  EXPECT_EQ(store->recordings.find(mine, recording.id)->codec_info, "PCMU zebra");
}

TEST_F(CallsTest, AsyncClosesShareCommits) {
  std::vector<CallRecord> calls;
  for (int i = 0; i < 64; ++i) calls.push_back(store.open_call(mine, ada, bob));
  std::atomic<int> left = 64;
  for (const auto& call : calls) {
    store->cdrs.close(call, {}, [&](Result<void> result) {
      EXPECT_TRUE(result);
      --left;
    });
  }
  while (left > 0) std::this_thread::yield();
  EXPECT_EQ(list({}).size(), 64U);
}

TEST_F(CallsTest, ABadRecordHarmsNoneOfThoseThatEndWithIt) {
  std::vector<CallRecord> calls;
  for (int i = 0; i < 20; ++i) {
    CallRecord call = store.open_call(mine, ada, bob);
    if (i % 2 == 0) call.id = CallId::make();  // never created: most calls are not
    calls.push_back(call);
  }
  const CallRecord foreign = store.call(other, store.extension(other, "101"), store.extension(other, "102"));
  calls[7].id = foreign.id;    // of another organisation
  calls[11].id = calls[3].id;  // twice in one group: counts once
  std::atomic<int> good = 0, bad = 0;
  for (const auto& call : calls) store->cdrs.close(call, {}, [&](Result<void> result) { ++(result ? good : bad); });
  while (good + bad < 20) std::this_thread::yield();
  EXPECT_EQ(bad, 1);
  EXPECT_EQ(list({}).size(), 18U);
  EXPECT_EQ(store->calls.find(other, foreign.id)->caller.number, foreign.caller.number);
  const auto events = store->events.after(mine, 0, 100);
  std::set<CallId> ended;
  for (const auto& event : *events) EXPECT_TRUE(ended.insert(*event.call_id).second);
  EXPECT_EQ(ended.size(), 18U);
  EXPECT_EQ(events->back().seq, *store->events.last_seq(mine)) << "numbers without a gap";
}

TEST_F(CallsTest, ErasedCallsOfAGroupStayErasedAndGetNoKey) {
  const CallRecord gone = store.open_call(mine, ada, bob), stays = store.open_call(mine, ada, bob);
  ASSERT_TRUE(store->database.transaction(mine, [&](Session& session) -> Result<void> {
    session.execute(
        "INSERT INTO erasures (organisation, kind, thing, started_at, document) VALUES (?, 'call', ?, 0, '')",
        {mine, gone.id});
    session.execute("DELETE FROM calls WHERE id = ?", {gone.id});
    return {};
  }));
  ASSERT_TRUE(store->keyring.destroy(mine, vault::ThingKind::Call, gone.id.uuid));
  const Closing closings[] = {{gone, {}}, {stays, {}}};
  const Closing* const views[] = {&closings[0], &closings[1]};
  ASSERT_TRUE(store->calls.close_all(mine, views));
  ASSERT_EQ(list({}).size(), 1U);
  EXPECT_EQ(list({}).front().call.id, stays.id);
  EXPECT_EQ(store->keyring.open(mine, vault::ThingKind::Call, gone.id.uuid).error().code, Errc::NotFound);
}

TEST_F(CallsTest, ChangedPolicyCountsEveryDeadlineAnew) {
  const CallRecord call = store.call(mine, ada, bob);
  store.recording(call, "zebra");
  Policy policy = *store->policies.current(mine);
  EXPECT_EQ(policy.recordings_days, 90);
  EXPECT_FALSE(policy.cdr_days);
  policy.recordings_days = 30;
  policy.cdr_days = 365;
  policy.announcement_mode = "custom";
  policy.announcement_text = "This call is recorded.";
  ASSERT_TRUE(store->policies.put(policy));
  EXPECT_EQ(store->policies.put(policy).error().code, Errc::Conflict);  // an old version
  const auto deadlines = store->deadlines.list(mine, call.id);
  ASSERT_EQ(deadlines->size(), 4U);
  EXPECT_EQ(deadlines->back().kind, DeadlineKind::Call);
  EXPECT_EQ(deadlines->back().due, *call.ended + std::chrono::days(365));
  EXPECT_EQ(deadlines->front().rule, "RET-3 recordings_days=30");
  EXPECT_EQ(store->policies.current(mine)->announcement_text, "This call is recorded.");
  EXPECT_EQ(store->policies.current(other)->version, 0);
  EXPECT_EQ(store->policies.history(mine)->size(), 1U);
  policy.version = 1;
  policy.recordings_days = 0;
  EXPECT_EQ(store->policies.put(policy).error().code, Errc::Invalid);
}

TEST_F(CallsTest, AHeldCallIsNotDueAndBothStepsAreAudited) {
  const CallRecord call = store.call(mine, ada, bob);
  store.recording(call, "zebra");
  const User lawyer = store.user(mine, "lawyer");
  AuditEntry by;
  by.actor_kind = "user";
  by.actor = lawyer.id.text();
  by.ip = "192.0.2.4";
  const auto hold = store->holds.place(mine, call.id, "case zebra", by);
  ASSERT_TRUE(hold);
  store.clock.advance(std::chrono::days(100));
  EXPECT_TRUE(store->deadlines.due(store.clock.wall(), 10)->empty());
  EXPECT_EQ(store->holds.list(mine)->front().reason, "case zebra");
  EXPECT_TRUE(store->holds.list(other)->empty());
  EXPECT_EQ(store->holds.release(other, hold->id, by).error().code, Errc::NotFound);
  ASSERT_TRUE(store->holds.release(mine, hold->id, by));
  EXPECT_EQ(store->holds.release(mine, hold->id, by).error().code, Errc::NotFound);
  EXPECT_EQ(store->deadlines.due(store.clock.wall(), 10)->size(), 3U);
  const auto audit = store->audit.list(mine, "", 10);
  ASSERT_EQ(audit->items.size(), 2U);
  EXPECT_EQ(audit->items[0].entry.action, "hold.released");
  EXPECT_EQ(audit->items[1].entry.action, "hold.placed");
  EXPECT_EQ(audit->items[1].entry.ip, "192.0.2.4");
  EXPECT_TRUE(store->audit.list(other, "", 10)->items.empty());
}

}  // namespace
}  // namespace parley::store
