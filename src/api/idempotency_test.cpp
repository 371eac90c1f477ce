#include <latch>
#include <thread>

#include <gtest/gtest.h>

#include <api/api_fixture.hpp>

namespace parley::api {
namespace {

using namespace std::chrono_literals;

struct RepeatedPost : testing::Test {
  static constexpr const char* kBody = R"({"number":"201"})";
  OneOrganisation fixture;
  const std::string path = fixture.base + "/extensions";
  const net::HttpFields key{{"idempotency-key", "k1"}};

  Reply post(const std::string& bearer, const std::string& body = kBody) {
    return fixture.call("POST", path, bearer, body, key);
  }
};

TEST_F(RepeatedPost, IsDoneOnce) {
  const auto first = post(fixture.bearer);
  const auto again = post(fixture.bearer);
  ASSERT_EQ(first.status, 201) << first.text;
  EXPECT_EQ(again.status, 201);
  EXPECT_EQ(again.text, first.text);
  EXPECT_EQ(again.header("location"), first.header("location"));
  EXPECT_EQ(again.header("idempotency-replayed"), "true");
  EXPECT_EQ(post(fixture.bearer, R"({"number":"202"})").at("code"), "idempotency_key_reused");
  EXPECT_EQ(fixture.call("POST", path, fixture.bearer, kBody).status, 409) << "without a key it is a second one";
  fixture.store.clock.advance(25h);
  EXPECT_EQ(post(fixture.token(fixture.admin)).status, 409) << "forgotten after a day";
}

TEST_F(RepeatedPost, AnAnswerOutlivesTheServer) {
  const auto first = post(fixture.bearer);
  ASSERT_EQ(first.status, 201) << first.text;
  fixture.api = std::make_unique<Api>(fixture.parts());  // the next process: nothing in memory
  const auto again = post(fixture.bearer);
  EXPECT_EQ(again.text, first.text);
  EXPECT_EQ(again.header("idempotency-replayed"), "true");
  EXPECT_EQ(post(fixture.bearer, R"({"number":"202"})").status, 422);
}

TEST_F(RepeatedPost, ALateRepetitionDoesNotBringBackWhatWasDeleted) {
  const auto first = post(fixture.bearer);
  ASSERT_EQ(fixture.call("DELETE", path + "/" + first.at("id"), fixture.bearer).status / 100, 2);
  const auto late = post(fixture.bearer);
  EXPECT_EQ(late.status, 409);
  EXPECT_NE(late.at("detail").find("deleted"), std::string::npos) << late.text;
}

TEST_F(RepeatedPost, ARefusalIsNotKept) {
  EXPECT_EQ(post(fixture.bearer, R"({"number":"x"})").status, 422);
  EXPECT_EQ(post(fixture.bearer).status, 201) << "the corrected request may have the same key";
}

TEST_F(RepeatedPost, EqualRequestsAtOnceHaveOneEffect) {
  constexpr int kThreads = 8;
  std::latch ready(kThreads);
  std::vector<Reply> replies(kThreads);
  {
    std::vector<std::jthread> threads;
    for (auto& reply : replies) {
      threads.emplace_back([&] {
        ready.arrive_and_wait();
        reply = post(fixture.bearer);
      });
    }
  }
  int fresh = 0;
  for (const auto& reply : replies) {
    if (reply.status == 201) {
      fresh += reply.header("idempotency-replayed").empty() ? 1 : 0;
    } else {
      EXPECT_EQ(reply.status, 409) << reply.text;
      EXPECT_NE(reply.at("detail").find("being worked on"), std::string::npos) << reply.text;
    }
  }
  EXPECT_EQ(fresh, 1);
  EXPECT_EQ(fixture.store->extensions.list(fixture.organisation)->size(), 1U);
}

TEST_F(RepeatedPost, AnotherUsersKeyIsAnotherKey) {
  ASSERT_EQ(post(fixture.bearer).status, 201);
  const auto other = fixture.user(fixture.organisation, "second", store::Role::Administrator);
  const auto reply = post(fixture.token(other));
  EXPECT_EQ(reply.status, 409) << "asked anew, and there is such an extension";
  EXPECT_EQ(reply.header("idempotency-replayed"), "");
}

TEST_F(RepeatedPost, AnAnswerAboutACallIsErasedWithIt) {
  const auto from = fixture.store.extension(fixture.organisation, "301");
  const auto call =
      fixture.store.call(fixture.organisation, from, fixture.store.extension(fixture.organisation, "302"));
  const auto at = fixture.base + "/calls/" + call.id.text();
  const auto hold = [&] {
    return fixture.call("POST", at + "/holds", fixture.bearer, R"({"reason":"a lawsuit"})", key);
  };
  const auto held = hold();
  ASSERT_EQ(held.status, 201) << held.text;
  EXPECT_EQ(hold().text, held.text);
  const auto stored = [&] {
    return fixture.store->database
        .read([&](store::Session& session) -> Result<std::int64_t> {
          return session.count("SELECT count(*) FROM idempotency WHERE call_id = ? AND sealed_with = 'call'",
                               {call.id});
        })
        .value();
  };
  EXPECT_EQ(stored(), 1);
  EXPECT_EQ(fixture.prover.check(fixture.organisation, "SEC-1")->verdict, privacy::Verdict::Holds);
  ASSERT_EQ(fixture.call("DELETE", fixture.base + "/holds/" + held.at("id"), fixture.bearer).status / 100, 2);
  ASSERT_EQ(fixture.call("DELETE", at, fixture.bearer).status / 100, 2);
  EXPECT_EQ(stored(), 0);
}

}  // namespace
}  // namespace parley::api
