#include <csignal>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <privacy/byte_search.hpp>
#include <privacy/eraser.hpp>
#include <privacy/prove.hpp>
#include <privacy/recorded_call.hpp>
#include <privacy/retention.hpp>

namespace parley::privacy {
namespace {

ErasureReason by_hand() {
  ErasureReason out;
  out.rule = "RET-9 by hand";
  out.actor.actor_kind = "user";
  out.actor.actor = UserId::make().text();
  out.actor.ip = "192.0.2.200";
  return out;
}

class EraserTest : public testing::Test {
 protected:
  /// Where any of these texts stand in the raw bytes of any file of the store: the database, WAL, SHM, keys, journal,
  /// blobs.
  std::size_t found_raw(const std::vector<std::string>& texts) {
    ByteSearch search(texts);
    for (const auto& entry : std::filesystem::recursive_directory_iterator(world.store.folder())) {
      if (entry.is_regular_file()) EXPECT_TRUE(search.file(entry.path()));
    }
    EXPECT_GT(search.searched(), 100'000U);
    for (const auto& hit : search.found()) ADD_FAILURE() << texts[hit.needle] << " stands in " << hit.where;
    return search.found().size();
  }
  std::int64_t count(const std::string& sql, const store::Session::Values& values) {
    return *world.store->database.read(
        [&](store::Session& session) -> Result<std::int64_t> { return session.count(sql, values); });
  }

  fake::World world;
  Eraser eraser{*world.store};
};

TEST_F(EraserTest, NothingPersonalStandsInClearEvenBeforeDeletion) {
  const std::vector<std::string> markers{"Quokkazulu",   "Quokkazulu Caller", "+41795550123",    "41795550123",
                                         "203.0.113.77", "Ada Lovelace",      "Bob Babbage",     "101@mail.example",
                                         "S3cret-Ada",   "101-desk",          "quokkazulu",      "The password is",
                                         "About Quokka", "case of Quokka",    "login-of-Quokka", "192.0.2.201"};
  const auto made = world.recorded_call("Quokkazulu");
  store::User user;
  user.id = UserId::make();
  user.organisation = world.organisation;
  user.login = "login-of-Quokkazulu";
  user.display_name = "Quokkazulu";
  user.email = "Quokkazulu@mail.example";
  ASSERT_TRUE(world.store->users.create(user, "$argon2id$Quokkazulu"));
  ASSERT_TRUE(world.store->sessions.create(world.organisation, user.id, store::Tier::User, "192.0.2.201",
                                           "Quokkazulu browser"));
  store::Registration registration;
  registration.organisation = world.organisation;
  registration.device = world.store->devices.list(world.organisation)->front().id;
  registration.extension = world.ada.id;
  registration.contact = "sip:101@203.0.113.77";
  registration.source = "203.0.113.77:5060";
  registration.expires = world.store.clock.wall() + std::chrono::hours(1);
  ASSERT_TRUE(world.store->registrations.put(registration));
  store::AuditEntry by;
  by.actor_kind = "user";
  by.actor = user.id.text();
  by.ip = "192.0.2.201";
  by.personal["number"] = "+41795550123";
  ASSERT_TRUE(world.store->holds.place(world.organisation, made.call.id, "case of Quokkazulu", by));
  store::Event event;
  event.type = "call.answered";
  event.organisation = world.organisation;
  event.data = "{\"name\":\"Quokkazulu\"}";
  ASSERT_TRUE(world.store->events.append(event));
  EXPECT_EQ(found_raw(markers), 0U);
  ASSERT_TRUE(world.store->database.checkpoint());
  EXPECT_EQ(found_raw(markers), 0U);
}

TEST_F(EraserTest, AnErasedCallLeavesNoRowFileKeyOrByte) {
  const auto made = world.recorded_call("Quokkazulu");
  const auto kept = world.recorded_call("Wallabyxray");
  // What stood sealed in the files, to be looked for afterwards.
  std::vector<std::string> sealed;
  for (const char* sql :
       {"SELECT sealed FROM calls WHERE id = ?", "SELECT sealed_detail FROM calls WHERE id = ?",
        "SELECT sealed FROM transcripts WHERE call_id = ?", "SELECT sealed FROM analyses WHERE call_id = ?",
        "SELECT sealed FROM jobs WHERE call_id = ?", "SELECT sealed FROM events WHERE call_id = ?"}) {
    sealed.push_back(world.store->database
                         .read([&](store::Session& session) -> Result<std::string> {
                           return session.find(sql, {made.call.id})->text(0);
                         })
                         ->substr(0, 60));
  }
  const auto wrapped =
      to_base64url(*world.store->key_file->get({world.organisation, vault::ThingKind::Call, made.call.id.uuid}));
  sealed.push_back(wrapped);
  const auto receipt = eraser.erase_call(world.organisation, made.call.id, by_hand());
  ASSERT_TRUE(receipt) << receipt.error().text;

  EXPECT_EQ(world.store->calls.find(world.organisation, made.call.id).error().code, Errc::NotFound);
  EXPECT_FALSE(world.store->blobs.exists(made.recording.blob));
  EXPECT_EQ(world.store->keyring.open(world.organisation, vault::ThingKind::Call, made.call.id.uuid).error().code,
            Errc::NotFound);
  EXPECT_EQ(
      world.store->keyring.open(world.organisation, vault::ThingKind::Recording, made.recording.id.uuid).error().code,
      Errc::NotFound);
  EXPECT_EQ(world.store->key_file->get({world.organisation, vault::ThingKind::Call, made.call.id.uuid}).error().code,
            Errc::NotFound);
  for (const char* table : {"call_numbers", "call_extensions", "search_terms", "recordings", "transcripts", "analyses",
                            "jobs", "events", "deadlines", "holds"}) {
    EXPECT_EQ(count(std::string("SELECT count(*) FROM ") + table + " WHERE call_id = ?", {made.call.id}), 0) << table;
  }
  EXPECT_EQ(found_raw(sealed), 0U);
  EXPECT_TRUE(world.store->calls.list(world.organisation, {.text = "quokkazulu"}, "", 10)->items.empty());

  // The other call is whole.
  EXPECT_TRUE(world.store->calls.find(world.organisation, kept.call.id));
  EXPECT_EQ(world.store->calls.list(world.organisation, {.text = "wallabyxray"}, "", 10)->items.size(), 1U);

  // The receipt: signed, without personal data; the same one again; in the log; told as an event.
  EXPECT_TRUE(verify_receipt(*receipt));
  EXPECT_EQ(receipt->document.find("Quokka"), std::string::npos);
  // Of the caller's number, more than a hash may hold by chance.
  EXPECT_EQ(receipt->document.find(made.call.caller.number.substr(4)), std::string::npos);
  EXPECT_NE(receipt->document.find("\"rows_left\":0"), std::string::npos);
  EXPECT_EQ(eraser.erase_call(world.organisation, made.call.id, by_hand())->id, receipt->id);
  EXPECT_EQ(world.store->audit.list(world.organisation, "", 10)->items.front().entry.action, "call.erased");
  EXPECT_EQ(world.store->events.after(world.organisation, 0, 1000)->back().type, "call.deleted");
  auto forged = *receipt;
  forged.document[forged.document.size() / 2] ^= 1;
  EXPECT_FALSE(verify_receipt(forged));

  // A late close, from the journal say, does not bring it back.
  EXPECT_TRUE(world.store->calls.close(made.call, {}));
  EXPECT_EQ(world.store->calls.find(world.organisation, made.call.id).error().code, Errc::NotFound);
  EXPECT_EQ(world.store->keyring.open(world.organisation, vault::ThingKind::Call, made.call.id.uuid).error().code,
            Errc::NotFound);
}

TEST_F(EraserTest, AnErasedRecordingLeavesTheCallsRecord) {
  const auto made = world.recorded_call("Quokkazulu");
  const auto receipt = eraser.erase_recording(world.organisation, made.recording.id, by_hand());
  ASSERT_TRUE(receipt) << receipt.error().text;
  const auto summary = world.store->calls.summary(world.organisation, made.call.id);
  ASSERT_TRUE(summary);
  EXPECT_FALSE(summary->recording);
  EXPECT_EQ(summary->call.caller.name, "Quokkazulu Caller");
  EXPECT_EQ(world.store->transcripts.find(world.organisation, made.call.id).error().code, Errc::NotFound);
  EXPECT_EQ(world.store->transcripts.find_analysis(world.organisation, made.call.id).error().code, Errc::NotFound);
  EXPECT_FALSE(world.store->blobs.exists(made.recording.blob));
  EXPECT_TRUE(world.store->calls.list(world.organisation, {.text = "password"}, "", 10)->items.empty());
  EXPECT_EQ(world.store->calls.list(world.organisation, {.text = "caller"}, "", 10)->items.size(), 1U);
  EXPECT_TRUE(world.store->deadlines.list(world.organisation, made.call.id)->empty());
  EXPECT_TRUE(world.store->jobs.list(world.organisation, made.call.id)->empty());
  // A transcriber that was still at work finds nothing to write to.
  store::Transcript late{TranscriptId::make(), world.organisation, made.call.id, made.recording.id, "e", "en", {}, {}};
  EXPECT_EQ(world.store->transcripts.save(late).error().code, Errc::NotFound);
  EXPECT_TRUE(eraser.erase_call(world.organisation, made.call.id, by_hand()));
}

TEST_F(EraserTest, OfAnotherOrganisationOrARunningCallNothingIsErased) {
  const auto made = world.recorded_call("Quokkazulu");
  const auto other = world.store.organisation("b.example");
  EXPECT_EQ(eraser.erase_call(other, made.call.id, by_hand()).error().code, Errc::NotFound);
  EXPECT_EQ(eraser.erase_recording(other, made.recording.id, by_hand()).error().code, Errc::NotFound);
  EXPECT_EQ(eraser.erase_call(world.organisation, CallId::make(), by_hand()).error().code, Errc::NotFound);
  const auto running = world.store.open_call(world.organisation, world.ada, world.bob);
  EXPECT_EQ(eraser.erase_call(world.organisation, running.id, by_hand()).error().code, Errc::Conflict);
  EXPECT_TRUE(world.store->calls.find(world.organisation, made.call.id));
}

TEST_F(EraserTest, WhatWasHeardOfARunningCallGoesWithIt) {
  auto call = world.store.open_call(world.organisation, world.ada, world.bob);
  store::Recording recording;
  recording.id = RecordingId::make();
  recording.organisation = world.organisation;
  recording.call = call.id;
  recording.started = world.store.clock.wall();
  ASSERT_TRUE(world.store->recordings.create(recording));
  store::Transcript heard{TranscriptId::make(), world.organisation, call.id, recording.id, "test/1", "en", {}, {}};
  heard.turns.push_back({"caller", 0.5, 2, "The password is Quokkazulu", 0.9, {}});
  const store::Analysis made{AnalysisId::make(), world.organisation,     call.id, recording.id, "test/1", 1, {},
                             "About Quokkazulu", R"({"a":"Quokkazulu"})"};
  ASSERT_TRUE(world.store->transcripts.save_provisional(heard, made));
  ASSERT_TRUE(world.store->transcripts.save_provisional(heard, made));  // the next look replaces it
  EXPECT_EQ(count("SELECT count(*) FROM transcripts WHERE call_id = ?", {call.id}), 1);
  EXPECT_EQ(count("SELECT count(*) FROM search_terms WHERE call_id = ?", {call.id}), 0);
  EXPECT_EQ(found_raw({"Quokkazulu", "The password is"}), 0U);
  EXPECT_EQ(eraser.erase_recording(world.organisation, recording.id, by_hand()).error().code, Errc::Conflict);

  // The server dies during the call; what was heard lies there until the call is erased.
  world.store.reopen();
  ASSERT_TRUE(world.store->calls.close_abandoned(world.organisation, "the server stopped"));
  EXPECT_TRUE(world.store->transcripts.find(world.organisation, call.id)->provisional);
  std::vector<std::string> sealed;
  for (const char* table : {"transcripts", "analyses"})
    sealed.push_back(world.store->database
                         .read([&](store::Session& session) -> Result<std::string> {
                           return session
                               .find(std::string("SELECT sealed FROM ") + table + " WHERE call_id = ?", {call.id})
                               ->text(0);
                         })
                         ->substr(0, 60));
  Eraser again(*world.store);
  const auto receipt = again.erase_recording(world.organisation, recording.id, by_hand());
  ASSERT_TRUE(receipt) << receipt.error().text;
  for (const char* table : {"transcripts", "analyses", "recordings", "deadlines"})
    EXPECT_EQ(count(std::string("SELECT count(*) FROM ") + table + " WHERE call_id = ?", {call.id}), 0) << table;
  EXPECT_EQ(found_raw(sealed), 0U);
  // A look that was still under way finds nothing to write to.
  EXPECT_EQ(world.store->transcripts.save_provisional(heard, made).error().code, Errc::NotFound);
  EXPECT_EQ(count("SELECT count(*) FROM transcripts WHERE call_id = ?", {call.id}), 0);
}

TEST_F(EraserTest, ALegalHoldForbidsItAndTheRefusalIsAudited) {
  const auto made = world.recorded_call("Quokkazulu");
  store::AuditEntry by;
  by.actor_kind = "user";
  const auto hold = world.store->holds.place(world.organisation, made.call.id, "case 7", by);
  EXPECT_EQ(eraser.erase_call(world.organisation, made.call.id, by_hand()).error().code, Errc::Conflict);
  EXPECT_EQ(eraser.erase_recording(world.organisation, made.recording.id, by_hand()).error().code, Errc::Conflict);
  EXPECT_EQ(eraser.erase_organisation(world.organisation, by_hand()).error().code, Errc::Conflict);
  EXPECT_EQ(world.store->audit.list(world.organisation, "", 1)->items.front().entry.result, "held");
  EXPECT_TRUE(world.store->blobs.exists(made.recording.blob));
  ASSERT_TRUE(world.store->holds.release(world.organisation, hold->id, by));
  EXPECT_TRUE(eraser.erase_call(world.organisation, made.call.id, by_hand()));
}

TEST_F(EraserTest, ErasureKilledAtAnyMomentIsFinishedAtTheNextStart) {
  for (int run = 0; run < 12; ++run) {
    const auto made = world.recorded_call("Quokkazulu");
    world.store.close();
    int begins[2];
    ASSERT_EQ(::pipe(begins), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      auto store = store::Store::open({.folder = world.store.folder()}, world.store.clock);
      (void)!::write(begins[1], "", 1);
      if (store) (void)Eraser(**store).erase_call(world.organisation, made.call.id, by_hand());
      ::_exit(0);
    }
    ::close(begins[1]);
    char word = 0;
    EXPECT_EQ(::read(begins[0], &word, 1), 1);
    ::close(begins[0]);
    std::this_thread::sleep_for(std::chrono::milliseconds(run * 5));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    world.store.reopen();
    Eraser after(*world.store);
    const auto resumed = after.resume();
    ASSERT_TRUE(resumed) << resumed.error().text;
    const auto receipt = after.erase_call(world.organisation, made.call.id, by_hand());
    ASSERT_TRUE(receipt) << receipt.error().text;
    EXPECT_TRUE(verify_receipt(*receipt));
    EXPECT_FALSE(world.store->blobs.exists(made.recording.blob));
    EXPECT_FALSE(world.store->keyring.open(world.organisation, vault::ThingKind::Call, made.call.id.uuid));
    EXPECT_EQ(count("SELECT count(*) FROM erasures", {}), 0);
    EXPECT_EQ(count("SELECT count(*) FROM receipts WHERE thing = ?", {made.call.id}), 1);
  }
}

TEST_F(EraserTest, NinetyOneDaysLaterNothingOfTheRecordingIsLeft) {
  const auto made = world.recorded_call("Quokkazulu");
  Retention retention(*world.store);
  EXPECT_EQ(*retention.next_due(), *made.call.ended + std::chrono::days(90));
  world.store.clock.advance(std::chrono::days(89));
  EXPECT_EQ(retention.run()->erased, 0U);
  EXPECT_TRUE(world.store->transcripts.find(world.organisation, made.call.id));
  world.store.clock.advance(std::chrono::days(2));
  const auto outcome = retention.run();
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->erased, 1U);
  EXPECT_EQ(outcome->failed, 0U);
  EXPECT_FALSE(world.store->blobs.exists(made.recording.blob));
  EXPECT_EQ(world.store->transcripts.find(world.organisation, made.call.id).error().code, Errc::NotFound);
  EXPECT_EQ(world.store->recordings.find(world.organisation, made.recording.id).error().code, Errc::NotFound);
  EXPECT_TRUE(world.store->calls.find(world.organisation,
                                      made.call.id));  // CDRs stay until deleted by hand, by the default policy
  EXPECT_FALSE(*retention.next_due());
  EXPECT_EQ(world.store->receipts.list(world.organisation, "", 10)->items.front().kind, "recording");
  EXPECT_TRUE(world.store->blobs.list()->empty());
  EXPECT_EQ(retention.run()->erased, 0U);
}

TEST_F(EraserTest, APolicyForCallRecordsTakesThemToo) {
  const auto made = world.recorded_call("Quokkazulu");
  auto policy = *world.store->policies.current(world.organisation);
  policy.cdr_days = 30;
  policy.recordings_days = 7;
  ASSERT_TRUE(world.store->policies.put(policy));
  world.store.clock.advance(std::chrono::days(31));
  EXPECT_EQ(Retention(*world.store).run()->failed, 0U);
  EXPECT_EQ(world.store->calls.find(world.organisation, made.call.id).error().code, Errc::NotFound);
  EXPECT_TRUE(world.store->deadlines.list(world.organisation, made.call.id)->empty());
}

TEST_F(EraserTest, WhatIsUnderHoldStaysUntilReleased) {
  const auto made = world.recorded_call("Quokkazulu");
  store::AuditEntry by;
  by.actor_kind = "user";
  const auto hold = world.store->holds.place(world.organisation, made.call.id, "case 7", by);
  world.store.clock.advance(std::chrono::days(100));
  EXPECT_EQ(Retention(*world.store).run()->erased, 0U);
  EXPECT_TRUE(world.store->blobs.exists(made.recording.blob));
  ASSERT_TRUE(world.store->holds.release(world.organisation, hold->id, by));
  EXPECT_EQ(Retention(*world.store).run()->erased, 1U);
  EXPECT_FALSE(world.store->blobs.exists(made.recording.blob));
}

TEST_F(EraserTest, AnOrganisationIsErasedWithAllItsCalls) {
  world.recorded_call("Quokkazulu");
  world.recorded_call("Wallabyxray");
  ASSERT_TRUE(eraser.erase_organisation(world.organisation, by_hand()));
  EXPECT_TRUE(world.store->blobs.list()->empty());
  EXPECT_TRUE(world.store->key_file->list(world.organisation)->empty());
  EXPECT_EQ(count("SELECT count(*) FROM calls", {}), 0);
  EXPECT_EQ(count("SELECT count(*) FROM search_terms", {}), 0);
}

TEST(ByteSearchTest, FindsWhatLiesAcrossBlocks) {
  const auto path = std::filesystem::temp_directory_path() / ("parley_search_" + system_random().token(12));
  for (const std::size_t at :
       {std::size_t{0}, (std::size_t{1} << 20U) - 4, (std::size_t{1} << 20U) + 1, std::size_t{3'000'000}}) {
    std::string text(3'000'020, 'x');
    text.replace(at, 11, "needle here");
    std::ofstream(path, std::ios::binary) << text;
    ByteSearch search({"needle here", "not there!", "x"});
    ASSERT_TRUE(search.file(path));
    ASSERT_EQ(search.found().size(), 1U) << at;
    EXPECT_EQ(search.found()[0].needle, 0U);
  }
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace parley::privacy
