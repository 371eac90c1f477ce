#include <fstream>

#include <gtest/gtest.h>

#include <privacy/eraser.hpp>
#include <privacy/prove.hpp>
#include <privacy/recorded_call.hpp>
#include <privacy/retention.hpp>

/// Each check holds on a sound store and finds a seeded breach of its promise.
namespace parley::privacy {
namespace {

using store::Session;

constexpr const char* kPolicy =
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
constexpr const char* kCookie = "parley_session=x; HttpOnly; Secure; SameSite=Strict; Path=/";

class ProveTest : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(console / "assets");
    std::ofstream(console / "index.html") << "<!doctype html><script type=module src=\"/assets/app.js\"></script><link "
                                             "rel=stylesheet href='/assets/app.css'>";
    std::ofstream(console / "assets/app.js") << "const ns='http://www.w3.org/2000/svg';fetch('/v1/me')";
    std::ofstream(console / "assets/app.css") << "a{background:url(/assets/a.svg)}";
    inputs.console_folder = console;
    inputs.content_security_policy = kPolicy;
    inputs.cookies = {kCookie};
    inputs.strict_keys = true;
  }
  void TearDown() override { std::filesystem::remove_all(console); }

  Finding check(std::string_view id) {
    auto finding = Prover(*world.store, inputs).check(world.organisation, id);
    EXPECT_TRUE(finding) << finding.error().text;
    return *finding;
  }
  void expect_holds(std::string_view id) {
    const auto finding = check(id);
    EXPECT_EQ(to_string(finding.verdict), "holds") << id;
    for (const auto& item : finding.exceptions) {
      if (finding.verdict == Verdict::Violated) ADD_FAILURE() << id << ": " << item.what << " " << item.reason;
    }
    EXPECT_FALSE(finding.evidence.empty()) << id;
  }
  bool finds(std::string_view id, std::string_view reason) {
    const auto finding = check(id);
    EXPECT_EQ(to_string(finding.verdict), "violated") << id;
    for (const auto& item : finding.exceptions) {
      if (item.reason.find(reason) != std::string::npos) return true;
    }
    for (const auto& item : finding.exceptions) ADD_FAILURE() << id << ": " << item.what << " " << item.reason;
    return false;
  }
  void tamper(const char* sql, const Session::Values& values = {}) {
    const auto done = world.store->database.transaction(world.organisation, [&](Session& session) -> Result<void> {
      EXPECT_GT(session.execute(sql, values), 0U) << sql;
      return {};
    });
    ASSERT_TRUE(done) << done.error().text;
  }
  void place_hold(CallId call) {
    store::AuditEntry by;
    by.actor_kind = "user";
    ASSERT_TRUE(world.store->holds.place(world.organisation, call, "case 7", by));
  }
  ErasureReason by_hand() {
    ErasureReason out;
    out.rule = "RET-9 by hand";
    out.actor.actor_kind = "user";
    return out;
  }

  fake::World world;
  std::filesystem::path console =
      std::filesystem::temp_directory_path() / ("parley_console_" + system_random().token(12));
  ProveInputs inputs;
};

TEST_F(ProveTest, EverythingHoldsOnASoundStoreAndTheReportIsSigned) {
  world.recorded_call("Quokkazulu", true);
  const auto erased = world.recorded_call("Wallabyxray");
  const auto held = world.recorded_call("Numbatvictor");
  place_hold(held.call.id);
  ASSERT_TRUE(Eraser(*world.store).erase_call(world.organisation, erased.call.id, by_hand()));
  for (const auto& id : Prover::ids()) expect_holds(id);
  const auto report = Prover(*world.store, inputs).run(world.organisation);
  ASSERT_TRUE(report) << report.error().text;
  EXPECT_EQ(report->holds, 9);
  EXPECT_EQ(report->violated, 0);
  EXPECT_EQ(report->not_checkable, 0);
  EXPECT_TRUE(verify_report(*report));
  const auto stored = world.store->reports.find(world.organisation, report->id);
  ASSERT_TRUE(stored);
  EXPECT_TRUE(verify_report(*stored));
  auto forged = *stored;
  forged.document.replace(forged.document.find("holds"), 5, "Holds");
  EXPECT_FALSE(verify_report(forged));
  EXPECT_EQ(world.store->reports.find(world.store.organisation("b.example"), report->id).error().code, Errc::NotFound);
  EXPECT_EQ(world.store->events.after(world.organisation, 0, 1000)->back().type, "prove.finished");
  EXPECT_EQ(report->document.find("Quokka"), std::string::npos);
  EXPECT_EQ(Prover(*world.store, inputs).check(world.organisation, "PBX-99").error().code, Errc::NotFound);
}

TEST_F(ProveTest, EverythingHoldsOnAnEmptyStore) {
  for (const auto& id : Prover::ids()) expect_holds(id);
}

/// What one statement behind the repositories' backs breaks. `sql` takes the call's or the recording's id.
struct Breach {
  const char* name;
  const char* promise;
  const char* sql;
  bool of_recording;
  const char* reason;
};
class SeededBreach : public ProveTest, public testing::WithParamInterface<Breach> {};

TEST_P(SeededBreach, IsFound) {
  const Breach& breach = GetParam();
  const auto made = world.recorded_call("Quokkazulu");
  if (breach.of_recording)
    tamper(breach.sql, {made.recording.id});
  else
    tamper(breach.sql, {made.call.id});
  EXPECT_TRUE(finds(breach.promise, breach.reason));
}
INSTANTIATE_TEST_SUITE_P(
    Rows, SeededBreach,
    testing::Values(Breach{"BrokenRecord", "PBX-3", "UPDATE calls SET ended_at = started_at - 1000 WHERE id = ?", false,
                           "ended before it began"},
                    Breach{"RecordThatCannotBeRead", "PBX-3", "UPDATE calls SET sealed = 'AAAA' WHERE id = ?", false,
                           "cannot be read"},
                    Breach{"RecordingNeverQueued", "RET-3", "DELETE FROM deadlines WHERE thing = ? AND kind = 2", true,
                           "has no deadline"},
                    Breach{"DeadlinePutOff", "RET-3", "UPDATE deadlines SET due_at = due_at + 86400000 WHERE thing = ?",
                           true, "later than the policy says"},
                    Breach{"WordsOfATranscriptThatIsGone", "RET-3", "DELETE FROM transcripts WHERE call_id = ?", false,
                           "its words can still be searched"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST_F(ProveTest, Pbx3FindsTracesOfACallThatIsGone) {
  const auto made = world.recorded_call("Quokkazulu");
  tamper("UPDATE events SET call_id = ? WHERE call_id = ?", {CallId::make(), made.call.id});
  EXPECT_TRUE(finds("PBX-3", "still speak of it"));
}

TEST_F(ProveTest, Pbx4FindsARecordingWithoutNotice) {
  auto made = world.recorded_call("Quokkazulu");
  made.recording.notice_ended = made.recording.started + std::chrono::seconds(2);
  ASSERT_TRUE(world.store->recordings.update(made.recording));
  EXPECT_TRUE(finds("PBX-4", "before both parties had heard the notice"));
}

TEST_F(ProveTest, Pbx4FindsARecordingWithoutOptIn) {
  auto made = world.recorded_call("Quokkazulu");
  made.recording.opted_in = world.bob.id;  // who never did
  ASSERT_TRUE(world.store->recordings.update(made.recording));
  EXPECT_TRUE(finds("PBX-4", "had not opted in when it began"));
  made.recording.opted_in.reset();
  ASSERT_TRUE(world.store->recordings.update(made.recording));
  EXPECT_TRUE(finds("PBX-4", "no extension had opted in"));
}

TEST_F(ProveTest, Pbx4FollowsTheOptInThroughTime) {
  world.recorded_call("Quokkazulu");
  world.store.clock.advance(std::chrono::hours(1));
  world.ada.recording = store::RecordingMode::Off;
  ASSERT_TRUE(world.store->extensions.update(world.ada));
  expect_holds("PBX-4");  // it was on at the time
  world.store.clock.advance(std::chrono::hours(1));
  world.recorded_call("Wallabyxray");
  EXPECT_TRUE(finds("PBX-4", "had not opted in when it began"));
}

TEST_F(ProveTest, Pbx4FindsAFileThatCanBeHeardWithoutAKey) {
  const auto made = world.recorded_call("Quokkazulu");
  const auto path = *world.store->blobs.path(made.recording.blob);
  std::ofstream(path, std::ios::trunc | std::ios::binary) << "RIFF" << std::string(8000, '\x7f');
  EXPECT_TRUE(finds("PBX-4", "heard without a key"));
  std::string speech;  // raw G.711, without any header
  for (int i = 0; i < 60'000; ++i) speech.push_back(static_cast<char>(i % 37));
  std::ofstream(path, std::ios::trunc | std::ios::binary) << speech;
  EXPECT_TRUE(finds("PBX-4", "heard without a key"));
}

TEST_F(ProveTest, Pbx4FindsAPausedStretchWithSound) {
  auto made = world.recorded_call("Quokkazulu");  // the file has ten seconds and no pause
  made.recording.pauses.push_back({3, 7});
  ASSERT_TRUE(world.store->recordings.update(made.recording));
  EXPECT_TRUE(finds("PBX-4", "sound of a paused stretch"));
}

TEST_F(ProveTest, Pbx4FindsDamagedSwappedMissingAndUnclaimedFiles) {
  const auto made = world.recorded_call("Quokkazulu");
  auto other = world.recorded_call("Wallabyxray");
  const auto path = *world.store->blobs.path(made.recording.blob);
  {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(4000);
    file << "!!!!";
  }
  EXPECT_TRUE(finds("PBX-4", "damaged"));
  std::filesystem::copy_file(*world.store->blobs.path(other.recording.blob), path,
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_TRUE(finds("PBX-4", "does not open with its key"));
  std::filesystem::remove(path);
  EXPECT_TRUE(finds("PBX-4", "its file is missing"));
  const std::string id = "00112233445566778899aabbccddeeff";
  std::filesystem::create_directories(world.store->blobs.folder() / "00");
  std::ofstream(world.store->blobs.folder() / "00" / id) << "left behind";
  std::filesystem::last_write_time(world.store->blobs.folder() / "00" / id,
                                   std::filesystem::file_time_type::clock::now() - std::chrono::hours(2));
  EXPECT_TRUE(finds("PBX-4", "belongs to no recording"));
}

TEST_F(ProveTest, Ret3FindsWhatIsPastItsDeadlineButExcusesAHold) {
  const auto made = world.recorded_call("Quokkazulu");
  world.store.clock.advance(std::chrono::days(91));
  EXPECT_TRUE(finds("RET-3", "is past its deadline"));
  place_hold(made.call.id);
  expect_holds("RET-3");
  EXPECT_NE(check("RET-3").exceptions.front().reason.find("legal hold"), std::string::npos);
}

TEST_F(ProveTest, Ret3FindsAnAnswerThatWasKeptTooLong) {
  const store::KeyedRequest request{world.organisation, "anna /v1/users k1", "what", std::nullopt, std::nullopt};
  ASSERT_TRUE(world.store->answers.begin(request));
  ASSERT_TRUE(world.store->answers.finish(request, {201, {}, R"({"login":"anna"})"}, std::nullopt));
  world.store.clock.advance(std::chrono::hours(26));
  EXPECT_TRUE(finds("RET-3", "longer than 24 hours"));
  ASSERT_TRUE(Retention(*world.store).run());
  expect_holds("RET-3");
}

TEST_F(ProveTest, Sec1OpensAnswersAndLooksForWhatTheyTell) {
  const store::KeyedRequest request{world.organisation, "anna /v1/users k1", "what", std::nullopt, std::nullopt};
  ASSERT_TRUE(world.store->answers.begin(request));
  expect_holds("SEC-1");
  ASSERT_TRUE(world.store->answers.finish(request, {201, {}, R"({"display_name":"Ada Byron-King"})"}, std::nullopt));
  expect_holds("SEC-1");
  std::ofstream(world.store.folder() / "notes.txt") << "Ada Byron-King called";
  EXPECT_TRUE(finds("SEC-1", "personal data in clear"));
  tamper("UPDATE idempotency SET sealed = 'plain'");
  EXPECT_TRUE(finds("SEC-1", "is not sealed with the key of its thing"));
}

TEST_F(ProveTest, Ret9FindsRowsOrKeysThatDeletionLeft) {
  const auto made = world.recorded_call("Quokkazulu");
  const auto kept = world.recorded_call("Wallabyxray");
  ASSERT_TRUE(Eraser(*world.store).erase_call(world.organisation, made.call.id, by_hand()));
  expect_holds("RET-9");
  tamper("UPDATE events SET call_id = ? WHERE call_id = ?", {made.call.id, kept.call.id});
  EXPECT_TRUE(finds("RET-9", "rows are left in events"));
  ASSERT_TRUE(world.store->keyring.create(world.organisation, vault::ThingKind::Call, made.call.id.uuid));
  EXPECT_TRUE(finds("RET-9", "its key is still there"));
}

TEST_F(ProveTest, Ret9FindsAnErasureThatStoppedAndAKeyWithoutAThing) {
  world.recorded_call("Quokkazulu");
  ASSERT_TRUE(world.store->keyring.create(world.organisation, vault::ThingKind::Recording, RecordingId::make().uuid));
  EXPECT_TRUE(finds("RET-9", "its key is kept"));
  tamper("INSERT INTO erasures (organisation, kind, thing, started_at, document) VALUES (?, 'call', ?, ?, '{}')",
         {world.organisation, CallId::make(), world.store.clock.wall() - std::chrono::hours(1)});
  EXPECT_TRUE(finds("RET-9", "began and did not end"));
}

TEST_F(ProveTest, Ret10FindsAHoldWithoutAuditOrWhoseCallSuffered) {
  const auto made = world.recorded_call("Quokkazulu");
  place_hold(made.call.id);
  expect_holds("RET-10");
  ASSERT_TRUE(world.store->blobs.remove(made.recording.blob));
  EXPECT_TRUE(finds("RET-10", "file of a recording of its call is gone"));
  tamper("UPDATE audit SET details = '{}' WHERE action = 'hold.placed'");
  EXPECT_TRUE(finds("RET-10", "without an entry in the audit log"));
}

TEST_F(ProveTest, Ret10FindsAnErasureUnderHold) {
  const auto made = world.recorded_call("Quokkazulu");
  place_hold(made.call.id);
  tamper("DELETE FROM holds");  // past the repository, so that nothing was released
  ASSERT_TRUE(Eraser(*world.store).erase_call(world.organisation, made.call.id, by_hand()));
  EXPECT_TRUE(finds("RET-10", "erased while a hold stood"));
}

TEST_F(ProveTest, Ret11FindsForgedMissingAndUntrueReceipts) {
  const auto made = world.recorded_call("Quokkazulu");
  const auto receipt = Eraser(*world.store).erase_call(world.organisation, made.call.id, by_hand());
  ASSERT_TRUE(receipt);
  expect_holds("RET-11");
  auto document = receipt->document;
  document.replace(document.find("\"rows_left\":0"), 13, "\"rows_left\":3");
  tamper("UPDATE receipts SET document = ?", {document});
  EXPECT_TRUE(finds("RET-11", "its signature is wrong"));
  EXPECT_TRUE(finds("RET-11", "no clean second reading"));
  tamper("DELETE FROM receipts");
  EXPECT_TRUE(finds("RET-11", "has no receipt"));
}

TEST_F(ProveTest, Ret11FindsABlobThatCameBack) {
  const auto made = world.recorded_call("Quokkazulu");
  ASSERT_TRUE(Eraser(*world.store).erase_call(world.organisation, made.call.id, by_hand()));
  std::ofstream(world.store->blobs.folder() / made.recording.blob.substr(0, 2) / made.recording.blob)
      << "restored from a backup";
  EXPECT_TRUE(finds("RET-11", "its file is still there"));
}

TEST_F(ProveTest, Sec1FindsPlainTextInAColumnAFileOrALog) {
  world.recorded_call("Quokkazulu");
  expect_holds("SEC-1");
  const auto log = console / "server.log";
  std::ofstream(log) << "call from 203.0.113.77\n";
  inputs.logs = {log};
  expect_holds("SEC-1");  // a log may name an address (RET-6)
  std::ofstream(log) << "call from +41795550123\n";
  EXPECT_TRUE(finds("SEC-1", "in clear (log)"));
  inputs.logs.clear();
  std::ofstream(world.store.folder() / "notes.txt") << "Ada Lovelace called";
  EXPECT_TRUE(finds("SEC-1", "personal data in clear"));
  std::filesystem::remove(world.store.folder() / "notes.txt");
  expect_holds("SEC-1");
  tamper("UPDATE jobs SET error = 'Ada Lovelace did not answer'");
  EXPECT_TRUE(finds("SEC-1", "personal data in clear"));
}

TEST_F(ProveTest, Sec1FindsUnsealedMovedOrReusedCiphertext) {
  const auto made = world.recorded_call("Quokkazulu");
  const auto second = world.recorded_call("Wallabyxray");
  tamper("UPDATE transcripts SET sealed = '{\"turns\":[]}' WHERE call_id = ?", {made.call.id});
  EXPECT_TRUE(finds("SEC-1", "is not sealed with the key of its thing"));
  tamper("UPDATE transcripts SET sealed = (SELECT sealed FROM transcripts WHERE call_id = ?) WHERE call_id = ?",
         {second.call.id, made.call.id});
  EXPECT_TRUE(finds("SEC-1", "is not sealed with the key of its thing"));
}

TEST_F(ProveTest, Sec1FindsARootKeyThatOthersCanRead) {
  std::filesystem::permissions(world.store.folder() / "root.key", std::filesystem::perms::others_read,
                               std::filesystem::perm_options::add);
  EXPECT_TRUE(finds("SEC-1", "read by others"));
}

TEST_F(ProveTest, Sec5FindsATouchedLog) {
  const auto made = world.recorded_call("Quokkazulu");
  place_hold(made.call.id);
  expect_holds("SEC-5");
  tamper("UPDATE audit SET actor = 'somebody else'");
  EXPECT_TRUE(finds("SEC-5", "altered"));
}

TEST_F(ProveTest, Sec8FindsForeignScriptsTrackersAndCookies) {
  expect_holds("SEC-8");
  std::ofstream(console / "index.html") << "<script src=\"https://cdn.example.net/x.js\"></script>";
  EXPECT_TRUE(finds("SEC-8", "loads from a third party: https://cdn.example.net/x.js"));
  std::ofstream(console / "index.html") << "<p>fine</p>";
  std::ofstream(console / "assets/app.css") << "@import '//fonts.example/a.css';";
  EXPECT_TRUE(finds("SEC-8", "third party"));
  std::ofstream(console / "assets/app.css") << "a{}";
  std::ofstream(console / "assets/app.js") << "load('https://www.Google-Analytics.com/ga.js')";
  EXPECT_TRUE(finds("SEC-8", "tracker"));
  std::ofstream(console / "assets/app.js") << "document.cookie='a=b'";
  EXPECT_TRUE(finds("SEC-8", "by script"));
  std::ofstream(console / "assets/app.js") << "1";
  inputs.cookies = {kCookie, "visitor=1; HttpOnly; Secure; SameSite=Strict"};
  EXPECT_TRUE(finds("SEC-8", "not an essential one"));
  inputs.cookies = {"parley_session=x; HttpOnly; SameSite=Strict"};
  EXPECT_TRUE(finds("SEC-8", "lacks secure"));
  inputs.cookies = {kCookie};
  inputs.content_security_policy = "default-src 'self'; script-src 'self' https://cdn.example.net";
  EXPECT_TRUE(finds("SEC-8", "allows https://cdn.example.net"));
  inputs.content_security_policy = "default-src 'self'; style-src 'self' 'unsafe-inline'";
  EXPECT_TRUE(finds("SEC-8", "allows 'unsafe-inline'"));
  inputs.content_security_policy = "";
  EXPECT_TRUE(finds("SEC-8", "is not sent"));
  inputs.console_folder.clear();
  EXPECT_EQ(check("SEC-8").verdict, Verdict::NotCheckable);
}

}  // namespace
}  // namespace parley::privacy
