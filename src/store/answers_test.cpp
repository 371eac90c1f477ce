#include <fstream>

#include <gtest/gtest.h>

#include <store/answers.hpp>
#include <store/temporary.hpp>

namespace parley::store {
namespace {

using Outcome = AnswerRepository::Outcome;
using namespace std::chrono_literals;

struct Answers : testing::Test {
  TemporaryStore store;
  OrganisationId organisation = store.organisation("one.test");
  KeyedRequest request{organisation, "anna /v1/extensions k1", "what", std::nullopt, std::nullopt};
  StoredAnswer answer{201, {{"content-type", "application/json"}}, R"({"sip_password":"Quokkazulu"})"};

  Outcome begin(const KeyedRequest& one) { return store->answers.begin(one)->outcome; }
};

TEST_F(Answers, AreGivenAgainAfterARestart) {
  EXPECT_EQ(begin(request), Outcome::Fresh);
  ASSERT_TRUE(store->answers.finish(request, answer, std::nullopt));
  store.reopen();
  const auto again = store->answers.begin(request);
  ASSERT_TRUE(again) << again.error().text;
  EXPECT_EQ(again->outcome, Outcome::Repeated);
  EXPECT_EQ(again->answer.status, 201);
  EXPECT_EQ(again->answer.headers, answer.headers);
  EXPECT_EQ(again->answer.body, answer.body);
  auto other = request;
  other.content = "something else";
  EXPECT_EQ(begin(other), Outcome::Mismatch);
  other = request;
  other.organisation = store.organisation("two.test");
  EXPECT_EQ(begin(other), Outcome::Fresh) << "another organisation's key is another key";
  other = request;
  other.scope = "bob /v1/extensions k1";
  EXPECT_EQ(begin(other), Outcome::Fresh) << "another user's key is another key";
}

TEST_F(Answers, OfARequestThatWasCutOffAreNotKnown) {
  EXPECT_EQ(begin(request), Outcome::Fresh);
  store.reopen();
  EXPECT_EQ(begin(request), Outcome::Unknown);
  ASSERT_TRUE(store->answers.forget(request));
  EXPECT_EQ(begin(request), Outcome::Fresh);
}

TEST_F(Answers, EndAfterADay) {
  EXPECT_EQ(begin(request), Outcome::Fresh);
  ASSERT_TRUE(store->answers.finish(request, answer, std::nullopt));
  store.clock.advance(24h);
  EXPECT_EQ(store->answers.remove_expired().value(), 1U);
  EXPECT_EQ(begin(request), Outcome::Fresh);
}

/// Each deletion wipes what was told of the thing, and of nothing in particular, from the raw files too; that it was
/// done stays known. What was told of another thing stays.
TEST_F(Answers, AreWipedWithTheThingTheyTellOf) {
  const auto user = store.user(organisation, "anna");
  const auto one = store.extension(organisation, "201"), kept = store.extension(organisation, "202");
  struct Told {
    const char* scope;
    std::optional<Uuid> about, made;
  };
  const Told told[] = {{"made the user", std::nullopt, user.id.uuid},
                       {"made the extension", std::nullopt, one.id.uuid},
                       {"made a device of it", one.id.uuid, UserId::make().uuid},
                       {"applied a document", std::nullopt, std::nullopt},
                       {"made the other", std::nullopt, kept.id.uuid}};
  std::vector<std::string> sealed;
  const auto column = [&](const char* scope) {
    request.scope = scope;
    return begin(request);
  };
  for (const auto& each : told) {
    request.scope = each.scope;
    request.about = each.about;
    EXPECT_EQ(begin(request), Outcome::Fresh);
    ASSERT_TRUE(store->answers.finish(request, answer, each.made));
  }
  ASSERT_TRUE(store->database.read([&](Session& session) -> Result<void> {
    for (const auto& row : session.query("SELECT sealed FROM idempotency WHERE made IS NULL OR made <> ?", {kept.id}))
      sealed.push_back(row.text(0).substr(0, 60));
    return {};
  }));
  ASSERT_EQ(sealed.size(), 4U);
  ASSERT_TRUE(store->users.remove(organisation, user.id));
  EXPECT_EQ(column("made the user"), Outcome::Unknown);
  EXPECT_EQ(column("applied a document"), Outcome::Unknown);
  EXPECT_EQ(column("made the extension"), Outcome::Repeated);
  ASSERT_TRUE(store->extensions.remove(organisation, one.id));
  EXPECT_EQ(column("made the extension"), Outcome::Unknown);
  EXPECT_EQ(column("made a device of it"), Outcome::Unknown);
  EXPECT_EQ(column("made the other"), Outcome::Repeated);
  ASSERT_TRUE(store->database.checkpoint());  // behind the one that the removal asked for
  for (const auto& file : store->database.files()) {
    std::ifstream in(file, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    for (const auto& text : sealed) EXPECT_EQ(bytes.find(text), std::string::npos) << file;
  }
}

TEST_F(Answers, OfAnOrganisationGoWithIt) {
  KeyedRequest platform = request;  // the platform's administrator made the organisation
  platform.organisation = {};
  for (const auto& each : {request, platform}) {
    EXPECT_EQ(begin(each), Outcome::Fresh);
    ASSERT_TRUE(store->answers.finish(each, answer, organisation.uuid));
  }
  ASSERT_TRUE(store->organisations.remove(organisation));
  EXPECT_EQ(begin(platform), Outcome::Unknown);
  EXPECT_EQ(store->database
                .read([&](Session& session) -> Result<std::int64_t> {
                  return session.count("SELECT count(*) FROM idempotency WHERE organisation = ? OR sealed IS NOT NULL",
                                       {organisation});
                })
                .value(),
            0);
}

}  // namespace
}  // namespace parley::store
