#include <gtest/gtest.h>

#include <privacy/audit_verify.hpp>
#include <store/temporary.hpp>

namespace parley::privacy {
namespace {

using store::Session;

class AuditVerifyTest : public testing::Test {
 protected:
  void append(int count) {
    for (int i = 0; i < count; ++i) {
      store::AuditEntry entry;
      entry.organisation = organisation;
      entry.actor_kind = "user";
      entry.actor = user.id.text();
      entry.action = "call.read";
      entry.target_kind = "call";
      entry.target = CallId::make().text();
      entry.ip = "192.0.2.1";
      ASSERT_TRUE(store->audit.append(entry));
    }
  }
  /// What an intruder with the database would do.
  void tamper(const char* sql, const Session::Values& values = {}) {
    ASSERT_TRUE(store->database.transaction(organisation, [&](Session& session) -> Result<void> {
      EXPECT_GT(session.execute(sql, values), 0U) << sql;
      return {};
    }));
  }
  AuditVerdict verdict() { return *verify_audit(*store, organisation); }
  bool names(std::uint64_t seq, std::string_view what) {
    const auto found = verdict();
    EXPECT_FALSE(found.intact);
    for (const auto& finding : found.findings) {
      if (finding.seq == seq && finding.what.find(what) != std::string::npos) return true;
    }
    for (const auto& finding : found.findings) ADD_FAILURE() << finding.seq << ": " << finding.what;
    return false;
  }

  store::TemporaryStore store;
  OrganisationId organisation = store.organisation("a.example");
  store::User user = store.user(organisation, "ada");
};

TEST_F(AuditVerifyTest, AnUntouchedLogIsIntactAlsoWhenEmpty) {
  EXPECT_TRUE(verdict().intact);
  append(130);
  store.reopen();
  append(3);
  const auto found = verdict();
  EXPECT_TRUE(found.intact);
  EXPECT_EQ(found.entries, 133U);
  EXPECT_EQ(found.checkpoints, 2U);
  EXPECT_EQ(found.head.size(), 64U);
}

TEST_F(AuditVerifyTest, NamesTheAlteredEntry) {
  append(10);
  tamper("UPDATE audit SET result = 'denied' WHERE seq = 4");
  EXPECT_TRUE(names(4, "altered"));
}

TEST_F(AuditVerifyTest, NamesAnAlteredCommitmentOrTime) {
  append(10);
  tamper("UPDATE audit SET at = at + 1 WHERE seq = 5");
  tamper("UPDATE audit SET commitments = '{}' WHERE seq = 7");
  EXPECT_TRUE(names(5, "altered"));
  EXPECT_TRUE(names(7, "altered"));
}

TEST_F(AuditVerifyTest, AnEntryRewrittenWithItsHashBreaksTheNext) {
  append(10);
  tamper("UPDATE audit SET action = 'nothing' WHERE seq = 4");
  const auto row = store->database.read([&](Session& session) -> Result<store::AuditRow> {
    const auto r = session.find(
        "SELECT seq, at, actor_kind, actor, action, target_kind, target, result, details, commitments, previous, hash"
        " FROM audit WHERE seq = 4");
    return store::AuditRow{4,          r->integer(1), r->text(2), r->text(3), r->text(4),  r->text(5),
                           r->text(6), r->text(7),    r->text(8), r->text(9), r->text(10), r->text(11)};
  });
  tamper("UPDATE audit SET hash = ? WHERE seq = 4", {store::audit_hash(organisation, *row)});
  EXPECT_TRUE(names(5, "does not follow"));
}

TEST_F(AuditVerifyTest, NamesTheMissingEntry) {
  append(10);
  tamper("DELETE FROM audit WHERE seq = 6");
  EXPECT_TRUE(names(6, "missing"));
  EXPECT_EQ(verdict().findings.size(), 1U);
}

TEST_F(AuditVerifyTest, NamesReorderedEntries) {
  append(10);
  tamper("UPDATE audit SET seq = 1000 WHERE seq = 3");
  tamper("UPDATE audit SET seq = 3 WHERE seq = 4");
  tamper("UPDATE audit SET seq = 4 WHERE seq = 1000");
  EXPECT_TRUE(names(3, "reordered: it belongs to place 4"));
  EXPECT_TRUE(names(4, "reordered: it belongs to place 3"));
}

TEST_F(AuditVerifyTest, NamesACutTailEvenWhenTheHeadIsCutToo) {
  append(10);
  tamper("DELETE FROM audit WHERE seq > 7");
  EXPECT_TRUE(names(8, "cut"));
  tamper("UPDATE audit_heads SET seq = 7, hash = (SELECT hash FROM audit WHERE seq = 7)");
  EXPECT_TRUE(names(7, "head signature wrong"));
  tamper("DELETE FROM audit_heads");
  EXPECT_TRUE(names(7, "head missing"));
}

TEST_F(AuditVerifyTest, NamesACheckpointThatWasMadeUpOrNoLongerFits) {
  append(70);
  tamper("UPDATE audit_checkpoints SET hash = (SELECT hash FROM audit WHERE seq = 63)");
  EXPECT_TRUE(names(64, "checkpoint signature wrong"));
  EXPECT_TRUE(names(64, "differs from its signed checkpoint"));
}

TEST_F(AuditVerifyTest, ErasingWhatItWasAboutLeavesTheChainWhole) {
  append(5);
  ASSERT_EQ(store->audit.list(organisation, "", 10)->items.front().entry.ip, "192.0.2.1");
  ASSERT_TRUE(store->users.remove(organisation, user.id));
  EXPECT_TRUE(verdict().intact);
  EXPECT_EQ(store->audit.list(organisation, "", 10)->items.front().entry.ip, "");
}

TEST_F(AuditVerifyTest, PagesGoBackThroughAllEntries) {
  append(25);
  std::uint64_t expected = 25;
  std::string cursor;
  do {
    const auto page = store->audit.list(organisation, cursor, 10);
    ASSERT_TRUE(page);
    for (const auto& record : page->items) EXPECT_EQ(record.seq, expected--);
    cursor = page->next_cursor.value_or("");
  } while (!cursor.empty());
  EXPECT_EQ(expected, 0U);
}

}  // namespace
}  // namespace parley::privacy
