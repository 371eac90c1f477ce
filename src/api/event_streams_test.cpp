#include <deque>

#include <gtest/gtest.h>

#include <api/api_fixture.hpp>
#include <net/http_server.hpp>

namespace parley::api {
namespace {

/// What a browser would have got.
class RecordedSession final : public net::WebSocketSession {
 public:
  Result<void> send(std::string text, bool) override {
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
  void on_message(UniqueFunction<void(std::string, bool)>) override {}
  void subprotocol(std::string) override {}
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
  const auto auditor = fixture.user(fixture.one, "anna", store::Role::Auditor);
  (void)fixture.open(fixture.query, fixture.token(auditor), 403);
}

/// Anna has extension 101; 102 is somebody else's.
struct UsersStreams : Streams {
  ExtensionId extension(const std::string& number, std::optional<UserId> of) {
    store::Extension one_of_them;
    one_of_them.id = ExtensionId::make();
    one_of_them.organisation = one;
    one_of_them.number = number;
    one_of_them.user = of;
    one_of_them.created = store.clock.wall();
    store::TemporaryStore& own = store;
    EXPECT_TRUE(own->database.transaction(
        one, [&](store::Session& session) { return own->extensions.create(session, one_of_them); }));
    return one_of_them.id;
  }
  store::Event event(const std::string& type, CallId call, const std::string& data = "{}") {
    store::Event out;
    out.id = EventId::make();
    out.type = type;
    out.organisation = one;
    out.time = store.clock.wall();
    out.call_id = call;
    out.data = data;
    return out;
  }
  void publish(const std::string& type, CallId call, const std::string& data = "{}") {
    store->bus.publish(event(type, call, data));
  }
  static std::string between(ExtensionId caller, ExtensionId callee) {
    return R"({"caller":{"number":"1","extension":")" + caller.text() + R"("},"callee":{"number":"2","extension":")" +
           callee.text() + R"("}})";
  }
  /// An ended call as the pbx stores it, with its durable event.
  CallId ended(ExtensionId caller, ExtensionId callee) {
    store::CallRecord call;
    call.id = CallId::make();
    call.organisation = one;
    call.started = store.clock.wall();
    call.ended = call.started;
    call.caller.extension = caller;
    call.callee.extension = callee;
    EXPECT_TRUE(store->calls.create(call));
    EXPECT_TRUE(store->calls.close(call, {}));
    return call.id;
  }
  void configuration_changed() {
    store::Event out;
    out.id = EventId::make();
    out.type = "configuration.changed";
    out.organisation = one;
    store->bus.publish(out);
  }

  store::User anna = user(one, "anna", store::Role::User);
  std::string annas = token(anna);
  ExtensionId hers = extension("101", anna.id);
  ExtensionId his = extension("102", std::nullopt);
  ExtensionId its = extension("103", std::nullopt);
};

TEST(EventStreams, TellUsersOfTheirOwnCallsAndNoOthers) {  // SEC-5
  UsersStreams fixture;
  auto session = fixture.open(fixture.query, fixture.annas);
  const auto own = CallId::make();
  const auto other = CallId::make();
  fixture.publish("call.ringing", own, UsersStreams::between(fixture.his, fixture.hers));
  fixture.publish("call.ringing", other, UsersStreams::between(fixture.his, fixture.its));
  fixture.publish("transcript.partial", own);
  fixture.publish("transcript.partial", other);
  fixture.publish("call.deleted", other);
  fixture.publish("call.deleted", own);
  fixture.append(fixture.one, "prove.finished");
  EXPECT_EQ(session->types(), (Types{"call.ringing", "transcript.partial", "call.deleted"}));
  for (const auto& event : session->sent) EXPECT_EQ(event.at("call_id").as_string(), own.text());
  fixture.publish("call.answered", own, UsersStreams::between(fixture.his, fixture.its));
  fixture.publish("transcript.partial", own);
  EXPECT_EQ(session->sent.size(), 3U) << "it was transferred away";
  auto admins = fixture.open(fixture.query, fixture.bearer);
  fixture.publish("transcript.partial", other);
  EXPECT_EQ(admins->sent.size(), 1U);
}

TEST(EventStreams, TellUsersOfTheirOwnCallsOfThePast) {
  UsersStreams fixture;
  const auto own = fixture.ended(fixture.hers, fixture.his);
  const auto other = fixture.ended(fixture.its, fixture.his);
  (void)fixture.store->events.append(fixture.event("transcript.ready", own)).value();
  (void)fixture.store->events.append(fixture.event("transcript.ready", other)).value();
  auto session = fixture.open(fixture.query + "&after_seq=0", fixture.annas);
  EXPECT_EQ(session->types(), (Types{"call.ended", "transcript.ready"}));
  for (const auto& event : session->sent) EXPECT_EQ(event.at("call_id").as_string(), own.text());
  auto live = fixture.open(fixture.query, fixture.annas);
  fixture.publish("analysis.ready", own);
  fixture.publish("analysis.ready", other);
  EXPECT_EQ(live->types(), (Types{"analysis.ready"})) << "the call ended before she listened";
}

TEST(EventStreams, FollowAnExtensionThatChangesHands) {
  UsersStreams fixture;
  auto session = fixture.open(fixture.query, fixture.annas);
  auto given = fixture.store->extensions.find(fixture.one, fixture.hers).value();
  given.user = std::nullopt;
  auto taken = fixture.store->extensions.find(fixture.one, fixture.its).value();
  taken.user = fixture.anna.id;
  for (const auto& one : {given, taken}) ASSERT_TRUE(fixture.store->extensions.update(one));
  fixture.configuration_changed();
  fixture.publish("call.ringing", CallId::make(), UsersStreams::between(fixture.his, fixture.hers));
  const auto new_one = CallId::make();
  fixture.publish("call.ringing", new_one, UsersStreams::between(fixture.his, fixture.its));
  EXPECT_TRUE(session->sent.empty()) << "until it is known whose they are";
  fixture.api->tick();
  ASSERT_EQ(session->sent.size(), 1U);
  EXPECT_EQ(session->sent[0].at("call_id").as_string(), new_one.text());
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
