#include <deque>

#include <gtest/gtest.h>

#include <api/api_fixture.hpp>
#include <net/http_server.hpp>

namespace parley::api {
namespace {

/// What a browser would have got.
class RecordedSession final : public net::WebSocketSession {
 public:
  Result<void> send_text(std::string text) override {
    if (!open) return fail(Errc::Unavailable, "closed");
    sent.push_back(json::parse(text));
    return {};
  }
  void close(int, std::string why) override {
    open = false;
    reason = std::move(why);
  }
  bool is_open() const override { return open; }
  void on_text(UniqueFunction<void(std::string)> callback) override { text_ = std::move(callback); }
  void on_close(UniqueFunction<void()> callback) override { close_ = std::move(callback); }
  void say(std::string text) { text_(std::move(text)); }

  [[nodiscard]] std::vector<std::string> types() const {
    std::vector<std::string> out;
    for (const auto& event : sent) out.emplace_back(event.at("type").as_string());
    return out;
  }

  bool open = true;
  std::string reason;
  std::deque<json::value> sent;

 private:
  UniqueFunction<void(std::string)> text_;
  UniqueFunction<void()> close_;
};

struct Streams : ApiFixture {
  std::shared_ptr<RecordedSession> open(const std::string& asked, const std::string& token_sent, int expected = 0,
                                        const std::string& origin = {}) {
    auto session = std::make_shared<RecordedSession>();
    net::HttpRequest request;
    request.method = "GET";
    request.path = "/v1/events";
    request.query = net::parse_query(asked).value();
    request.headers = {{"host", "parley.test"}};
    if (!token_sent.empty()) request.headers.emplace_back("authorization", "Bearer " + token_sent);
    if (!origin.empty()) request.headers.emplace_back("origin", origin);
    request.tls = true;
    const auto refused = api->upgrade(request, session);
    EXPECT_EQ(refused ? refused->status : 0, expected);
    return session;
  }
  void append(OrganisationId of, const std::string& type) {
    store::Event event;
    event.id = EventId::make();
    event.type = type;
    event.organisation = of;
    event.time = store.clock.wall();
    (void)store->events.append(event).value();
  }
  OrganisationId one = store.organisation("one.test");
  OrganisationId two = store.organisation("two.test");
  store::User admin = user(one, "admin", store::Role::Administrator);
  std::string bearer = token(admin);
  std::string query = "organisation=" + one.text();
};

using Types = std::vector<std::string>;

TEST(EventStreams, ResumeWithoutGapOrRepetition) {
  Streams fixture;
  fixture.append(fixture.one, "call.ended");
  fixture.append(fixture.one, "recording.ready");
  auto first = fixture.open(fixture.query + "&after_seq=0", fixture.bearer);
  EXPECT_EQ(first->types(), (Types{"call.ended", "recording.ready"}));
  fixture.append(fixture.one, "transcript.ready");
  EXPECT_EQ(first->types().back(), "transcript.ready");
  const auto seen = first->sent[1].at("seq").to_number<std::uint64_t>();
  auto again = fixture.open(fixture.query + "&after_seq=" + std::to_string(seen), fixture.bearer);
  EXPECT_EQ(again->types(), (Types{"transcript.ready"}));
  auto live = fixture.open(fixture.query, fixture.bearer);
  EXPECT_TRUE(live->sent.empty()) << "without after_seq only what happens from now on";
}

TEST(EventStreams, HearTheirOwnOrganisationOnly) {  // T-26
  Streams fixture;
  auto session = fixture.open(fixture.query, fixture.bearer);
  fixture.append(fixture.two, "call.ended");
  EXPECT_TRUE(session->sent.empty());
  (void)fixture.open("organisation=" + fixture.two.text(), fixture.bearer, 404);
  (void)fixture.open("organisation=nonsense", fixture.bearer, 422);
  const auto plain = fixture.user(fixture.one, "anna", store::Role::User);
  (void)fixture.open(fixture.query, fixture.token(plain), 403);
}

TEST(EventStreams, RefuseForeignPages) {  // T-23
  Streams fixture;
  (void)fixture.open(fixture.query, fixture.bearer, 403, "https://evil.example");
  (void)fixture.open(fixture.query, fixture.bearer, 403, "null");
  (void)fixture.open(fixture.query, fixture.bearer, 403, "https://parley.test.evil.example");
  (void)fixture.open(fixture.query, fixture.bearer, 0, "https://parley.test");
}

TEST(EventStreams, TakeTheTokenAsFirstMessage) {
  Streams fixture;
  auto session = fixture.open(fixture.query, "");
  fixture.append(fixture.one, "call.ended");
  EXPECT_TRUE(session->sent.empty());
  session->say(R"({"token":")" + fixture.bearer + R"("})");
  fixture.append(fixture.one, "call.ended");
  EXPECT_EQ(session->sent.size(), 1U);
  auto wrong = fixture.open(fixture.query, "");
  wrong->say(R"({"token":"made up"})");
  EXPECT_FALSE(wrong->is_open());
  auto silent = fixture.open(fixture.query, "");
  fixture.store.clock.advance(std::chrono::seconds(11));
  fixture.api->tick();
  EXPECT_FALSE(silent->is_open());
}

TEST(EventStreams, EndWithTheirSignIn) {  // T-34
  Streams fixture;
  auto session = fixture.open(fixture.query, fixture.bearer);
  EXPECT_EQ(fixture.call("POST", "/v1/sign-out", fixture.bearer).status, 204);
  EXPECT_FALSE(session->is_open());
  const auto second = fixture.token(fixture.admin);
  auto other = fixture.open(fixture.query, second);
  fixture.store.clock.advance(std::chrono::hours(13));
  fixture.api->tick();
  EXPECT_FALSE(other->is_open()) << "the sign-in has expired";
}

}  // namespace
}  // namespace parley::api
