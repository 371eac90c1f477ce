#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <api/api_fixture.hpp>
#include <api/openapi.hpp>

namespace parley::api {
namespace {
using namespace std::chrono_literals;
using testing::HasSubstr;

std::string sign_in_body(std::string_view login, std::string_view password) {
  return json::serialize(json::object{{"login", login}, {"password", password}});
}

TEST(SignIn, GivesATokenAndTheCookieAndEndsWithSignOut) {
  OneOrganisation fixture;
  const auto in = fixture.call("POST", "/v1/sign-in", "", sign_in_body("ADMIN", ApiFixture::kPassword));
  ASSERT_EQ(in.status, 200) << in.text;
  EXPECT_EQ(in.header("set-cookie"),
            "parley_session=" + in.at("token") + "; Path=/; HttpOnly; Secure; SameSite=Strict");
  EXPECT_EQ(in.body.at_pointer("/user/organisation/id").as_string(), fixture.organisation.text());
  EXPECT_EQ(fixture.call("GET", "/v1/me", in.at("token")).at("login"), "admin");
  EXPECT_EQ(fixture.call("GET", "/v1/me", "", "", {{"cookie", "parley_session=" + in.at("token")}}).status, 200);
  EXPECT_EQ(fixture.call("POST", "/v1/sign-out", in.at("token")).status, 204);
  EXPECT_EQ(fixture.call("GET", "/v1/me", in.at("token")).status, 401);
}

TEST(SignIn, EndsByItselfAfterTwelveHours) {  // RET-8
  OneOrganisation fixture;
  fixture.store.clock.advance(12h + 1s);
  EXPECT_EQ(fixture.call("GET", "/v1/me", fixture.bearer).status, 401);
}

TEST(SignIn, WrongAndUnknownLookAlikeAndAreLimited) {  // T-03, T-04
  OneOrganisation fixture;
  const auto wrong = fixture.call("POST", "/v1/sign-in", "", sign_in_body("admin", "wrong"));
  const auto unknown = fixture.call("POST", "/v1/sign-in", "", sign_in_body("nobody", "wrong"));
  EXPECT_EQ(wrong.status, 401);
  EXPECT_EQ(wrong.text, unknown.text);
  int status = 0;
  Reply last;
  for (int i = 0; i < 40 && status != 429; ++i) {
    last = fixture.call("POST", "/v1/sign-in", "", sign_in_body("admin", "wrong"));
    status = last.status;
  }
  EXPECT_EQ(status, 429);
  EXPECT_NE(last.header("retry-after"), "");
  EXPECT_EQ(fixture.call("POST", "/v1/sign-in", "", sign_in_body("admin", ApiFixture::kPassword)).status, 429)
      << "not even looked at";
}

TEST(SignIn, CookiesChangeNothingFromAForeignPage) {  // T-34
  OneOrganisation fixture;
  const std::string cookie = "parley_session=" + fixture.bearer;
  const auto path = fixture.base + "/extensions";
  const std::string body = R"({"number":"201"})";
  EXPECT_EQ(fixture.call("POST", path, "", body, {{"cookie", cookie}, {"origin", "https://evil.example"}}).at("code"),
            "foreign_origin");
  EXPECT_EQ(fixture.call("POST", path, "", body, {{"cookie", cookie}}).at("code"), "foreign_origin");
  EXPECT_EQ(
      fixture.call("POST", path, "", body, {{"cookie", cookie}, {"origin", "https://parley.test:8443.evil.example"}})
          .status,
      403);
  EXPECT_EQ(fixture.call("POST", path, "", body, {{"cookie", cookie}, {"origin", "https://parley.test:8443"}}).status,
            201);
  EXPECT_EQ(fixture
                .call("POST", "/v1/sign-in", "", sign_in_body("admin", ApiFixture::kPassword),
                      {{"origin", "https://evil.example"}})
                .status,
            403);
}

TEST(Validation, NamesTheFieldThatIsWrong) {
  OneOrganisation fixture;
  const auto path = fixture.base + "/extensions";
  const auto detail = [&](const std::string& body) {
    return fixture.call("POST", path, fixture.bearer, body).at("detail");
  };
  EXPECT_EQ(detail("{}"), "number is missing");
  EXPECT_EQ(detail(R"({"number":"12x"})"), "number takes digits only");
  EXPECT_EQ(detail(R"({"number":"101","organisation":"x"})"), "there is no field organisation");
  EXPECT_EQ(detail(R"({"number":"101","ring_timeout_s":-5})"), "ring_timeout_s must be from 5 to 180");
  EXPECT_EQ(detail(R"({"number":"101","recording":"maybe"})"), "recording must be one of off, on");
  EXPECT_EQ(detail("{\"number\":\"101\",\"display_name\":\"a\\u0007\"}"), "display_name holds a control character");
  EXPECT_EQ(detail(R"({"number":101})"), "number must be text");
  EXPECT_EQ(fixture.call("POST", path, fixture.bearer, "[1]").status, 422);
  EXPECT_EQ(fixture.call("POST", path, fixture.bearer, "{").at("code"), "bad_json");
  EXPECT_EQ(fixture.call("POST", path, fixture.bearer, std::string(200, '[')).at("code"), "bad_json")
      << "depth is bounded";
  EXPECT_EQ(fixture.call("GET", fixture.base + "/calls?limit=1000000000", fixture.bearer).status, 422);
  EXPECT_EQ(fixture.call("GET", fixture.base + "/calls?role=x", fixture.bearer).at("code"), "unknown_field");
  EXPECT_EQ(fixture.call("GET", fixture.base + "/calls?cursor=nonsense", fixture.bearer).status, 422);
}

TEST(Routing, SaysWhichMethodsThereAre) {
  OneOrganisation fixture;
  const auto reply = fixture.call("DELETE", "/v1/me", fixture.bearer);
  EXPECT_EQ(reply.status, 405);
  EXPECT_EQ(reply.header("allow"), "GET, HEAD, OPTIONS");
  EXPECT_EQ(fixture.call("OPTIONS", "/v1/me", "").status, 204);
  EXPECT_EQ(fixture.call("GET", "/v1/nothing", fixture.bearer).at("code"), "not_found");
  EXPECT_EQ(fixture.call("GET", "/v1/organisations/not-an-id", fixture.bearer).status, 404);
}

TEST(Calls, ARunningCallThatIsNotRecordedIsShownToo) {
  OneOrganisation fixture;
  const auto plain = fixture.user(fixture.organisation, "anna", store::Role::User);
  pbx::LiveCall live;
  live.id = CallId::make();
  live.organisation = fixture.organisation;
  live.started = fixture.store.clock.wall();
  live.state = pbx::LiveState::Ringing;
  live.caller = {"101", "Anna", ExtensionId::make()};
  live.callee = {"+4930123456", "", std::nullopt};
  fixture.switchboard.running.push_back(live);
  const auto path = fixture.base + "/calls/" + live.id.text();
  const auto shown = fixture.call("GET", path, fixture.bearer);
  ASSERT_EQ(shown.status, 200) << shown.text;
  EXPECT_EQ(shown.at("state"), "ringing");
  EXPECT_EQ(shown.at("direction"), "outbound");
  EXPECT_EQ(shown.at("ended_at"), "null");
  EXPECT_EQ(shown.body.at("callee").at("number").as_string(), "+4930123456");
  EXPECT_TRUE(shown.body.at("legs").as_array().empty());
  EXPECT_EQ(fixture.call("GET", path, fixture.token(plain)).status, 404) << "none of her extensions takes part";
  EXPECT_EQ(fixture.call("GET", path + "/transcript", fixture.bearer).status, 404);
  const auto other = fixture.store.organisation("other.test");
  EXPECT_EQ(
      fixture.call("GET", "/v1/organisations/" + other.text() + "/calls/" + live.id.text(), fixture.bearer).status,
      404);
  fixture.switchboard.running.clear();
  EXPECT_EQ(fixture.call("GET", path, fixture.bearer).status, 404);
  const auto from = fixture.store.extension(fixture.organisation, "301");
  const auto ended =
      fixture.store.call(fixture.organisation, from, fixture.store.extension(fixture.organisation, "302"));
  EXPECT_EQ(fixture.call("GET", fixture.base + "/calls/" + ended.id.text(), fixture.bearer).at("state"), "ended");
}

TEST(Extensions, ChangesAreNotLostBetweenTwoEditors) {
  OneOrganisation fixture;
  const auto made =
      fixture.call("POST", fixture.base + "/extensions", fixture.bearer, R"({"number":"201","display_name":"Anna"})");
  ASSERT_EQ(made.status, 201);
  EXPECT_EQ(made.at("recording"), "off") << "PBX-4: off unless asked for";
  EXPECT_EQ(made.body.at("devices").as_array().size(), 1U);
  const auto path = fixture.base + "/extensions/" + made.at("id");
  const auto etag = fixture.call("GET", path, fixture.bearer).header("etag");
  EXPECT_EQ(fixture.call("PATCH", path, fixture.bearer, R"({"display_name":"Berta"})", {{"if-match", etag}}).status,
            200);
  EXPECT_EQ(fixture.call("PATCH", path, fixture.bearer, R"({"display_name":"Carla"})", {{"if-match", etag}}).status,
            412);
  EXPECT_EQ(fixture.call("GET", path, fixture.bearer).at("display_name"), "Berta");
  EXPECT_GE(fixture.reloads, 2);
  const auto phone = fixture.call("GET", path + "/phone", fixture.bearer);
  EXPECT_GE(phone.body.at("devices").as_array().at(0).at("sip_password").as_string().size(), 20U) << "T-05";
  EXPECT_EQ(fixture.call("DELETE", path, fixture.bearer).status, 204);
  EXPECT_EQ(fixture.call("GET", path, fixture.bearer).status, 404);
}

TEST(Extensions, NoneHasAnEmergencyNumber) {  // PBX-24
  OneOrganisation fixture;
  const auto refused = fixture.call("POST", fixture.base + "/extensions", fixture.bearer, R"({"number":"112"})");
  EXPECT_EQ(refused.status, 422);
  EXPECT_NE(refused.at("detail").find("number 112 is an emergency number"), std::string::npos) << refused.text;
  const auto made = fixture.call("POST", fixture.base + "/extensions", fixture.bearer, R"({"number":"201"})");
  ASSERT_EQ(made.status, 201) << made.text;
  EXPECT_EQ(fixture.call("PATCH", fixture.base + "/extensions/" + made.at("id"), fixture.bearer, R"({"number":"911"})")
                .status,
            422);
  const auto applied = fixture.call("POST", fixture.base + "/apply", fixture.bearer,
                                    R"({"document":{"extensions":[{"number":"201"},{"number":"110"}]}})");
  EXPECT_EQ(applied.status, 422);
  const auto& fault = applied.body.at("errors").at(0);
  EXPECT_EQ(fault.at("path").as_string(), "document.extensions[1].number");
  // One from before may be kept and changed: whoever dials its number gets help all the same.
  const auto old = fixture.store.extension(fixture.organisation, "08");
  EXPECT_EQ(fixture
                .call("PATCH", fixture.base + "/extensions/" + old.id.text(), fixture.bearer,
                      R"({"number":"08","display_name":"Old"})")
                .status,
            200);
}

TEST(Policy, HasVersionsAndRefusesOldOnes) {
  OneOrganisation fixture;
  const auto path = fixture.base + "/policy";
  EXPECT_EQ(fixture.call("GET", path, fixture.bearer).at("recordings_days"), "90");
  EXPECT_EQ(fixture.call("PUT", path, fixture.bearer, R"({"version":0,"recordings_days":30})").at("version"), "1");
  EXPECT_EQ(fixture.call("PUT", path, fixture.bearer, R"({"version":0,"recordings_days":10})").status, 412);
  EXPECT_EQ(fixture.call("PUT", path, fixture.bearer, R"({"recordings_days":0})").status, 422);
  EXPECT_EQ(fixture.call("PUT", path, fixture.bearer, R"({"recordings_days":9,"transcripts_follow_recordings":false})")
                .status,
            422);
  EXPECT_GE(fixture.call("GET", path + "/history", fixture.bearer).body.at("items").as_array().size(), 1U);
}

TEST(Calls, DeletionGivesAReceiptAndAHoldStopsIt) {  // RET-9, RET-10, RET-11
  OneOrganisation fixture;
  const auto call = fixture.store.call(fixture.organisation, fixture.store.extension(fixture.organisation, "101"),
                                       fixture.store.extension(fixture.organisation, "102"));
  fixture.store.recording(call, "marker words");
  const auto path = fixture.base + "/calls/" + call.id.text();
  EXPECT_EQ(fixture.call("GET", path, fixture.bearer).status, 200);
  EXPECT_THAT(fixture.call("GET", path + "/transcript", fixture.bearer).text, HasSubstr("marker words"));
  const auto hold = fixture.call("POST", path + "/holds", fixture.bearer, R"({"reason":"court"})");
  ASSERT_EQ(hold.status, 201) << hold.text;
  EXPECT_EQ(fixture.call("DELETE", path, fixture.bearer).at("code"), "on_hold");
  EXPECT_EQ(fixture.call("DELETE", fixture.base + "/holds/" + hold.at("id"), fixture.bearer).status, 204);
  const auto receipt = fixture.call("DELETE", path, fixture.bearer);
  ASSERT_EQ(receipt.status, 200) << receipt.text;
  EXPECT_EQ(receipt.at("verified"), "true") << receipt.text;
  EXPECT_THAT(receipt.at("reason"), HasSubstr("RET-9"));
  EXPECT_EQ(fixture.call("GET", path, fixture.bearer).status, 404);
  EXPECT_EQ(fixture.call("GET", fixture.base + "/receipts", fixture.bearer).body.at("items").as_array().size(), 1U);
}

TEST(Calls, OfARunningCallWhatWasHeardSoFarIsProvisional) {
  OneOrganisation fixture;
  const auto call = fixture.store.open_call(fixture.organisation, fixture.store.extension(fixture.organisation, "101"),
                                            fixture.store.extension(fixture.organisation, "102"));
  store::Recording recording;
  recording.id = RecordingId::make();
  recording.organisation = fixture.organisation;
  recording.call = call.id;
  ASSERT_TRUE(fixture.store->recordings.create(recording));
  const auto path = fixture.base + "/calls/" + call.id.text();
  EXPECT_EQ(fixture.call("GET", path, fixture.bearer).at("transcript"), "none");
  EXPECT_EQ(fixture.call("GET", path + "/transcript", fixture.bearer).status, 404);
  store::Transcript heard{TranscriptId::make(), fixture.organisation, call.id, recording.id, "test/1", "en", {}, {}};
  heard.turns.push_back({"caller", 0.5, 2, "said so far", 0.9, {}});
  ASSERT_TRUE(fixture.store->transcripts.save_provisional(heard, {AnalysisId::make(),
                                                                  fixture.organisation,
                                                                  call.id,
                                                                  recording.id,
                                                                  "test/1",
                                                                  1,
                                                                  {},
                                                                  "headline so far",
                                                                  R"({"engine":"test/1","language":"en"})"}));
  const auto running = fixture.call("GET", path, fixture.bearer);
  EXPECT_EQ(running.at("transcript"), "running");
  EXPECT_EQ(running.at("analysis"), "running");
  const auto transcript = fixture.call("GET", path + "/transcript", fixture.bearer);
  EXPECT_EQ(transcript.at("provisional"), "true") << transcript.text;
  EXPECT_THAT(transcript.text, HasSubstr("said so far"));
  EXPECT_EQ(fixture.call("GET", path + "/analysis", fixture.bearer).at("provisional"), "true");
  EXPECT_EQ(fixture.call("GET", path + "/audio", fixture.bearer).status, 409);
}

TEST(Audit, HoldsEveryAccessToContentAndEveryChange) {  // SEC-5
  OneOrganisation fixture;
  const auto call = fixture.store.call(fixture.organisation, fixture.store.extension(fixture.organisation, "101"),
                                       fixture.store.extension(fixture.organisation, "102"));
  fixture.store.recording(call, "words");
  const auto path = fixture.base + "/calls/" + call.id.text();
  for (const auto* rest : {"", "/transcript", "/analysis"})
    EXPECT_EQ(fixture.call("GET", path + rest, fixture.bearer).status, 200) << rest;
  (void)fixture.call("POST", fixture.base + "/extensions", fixture.bearer, R"({"number":"201"})");
  const auto log = fixture.call("GET", fixture.base + "/audit?limit=100", fixture.bearer);
  std::set<std::string> actions;
  for (const auto& entry : log.body.at("items").as_array()) actions.emplace(entry.at("action").as_string());
  for (const auto* action : {"call.read", "transcript.read", "analysis.read", "extension.created"})
    EXPECT_TRUE(actions.contains(action)) << action;
  (void)fixture.call("POST", "/v1/sign-in", "", sign_in_body("admin", "wrong"));
  const auto refused = fixture.call("GET", fixture.base + "/audit?limit=1", fixture.bearer).body.at("items").at(0);
  EXPECT_EQ(refused.at("action").as_string(), "sign_in.refused");
  EXPECT_EQ(refused.at_pointer("/actor/kind").as_string(), "nobody") << "who knows no password is not that user";
  EXPECT_EQ(fixture.call("POST", fixture.base + "/audit/verify", fixture.bearer).at("ok"), "true");
}

TEST(Apply, ShowsThenDoesInOneStepOrNotAtAll) {
  OneOrganisation fixture;
  fixture.store.extension(fixture.organisation, "101");
  const auto document = fixture.call("GET", fixture.base + "/export", fixture.bearer);
  ASSERT_EQ(document.status, 200) << document.text;
  const auto apply = [&](const json::value& wanted, bool dry) {
    return fixture.call("POST", fixture.base + "/apply?dry_run=" + (dry ? "true" : "false"), fixture.bearer,
                        json::serialize(json::object{{"document", wanted}}));
  };
  EXPECT_EQ(apply(document.body, true).body.at("changes").as_array().size(), 0U) << "what was exported changes nothing";
  auto wanted = document.body;
  wanted.at("extensions").as_array().push_back(json::object{{"number", "105"}, {"display_name", "Berta"}});
  EXPECT_EQ(apply(wanted, true).body.at_pointer("/changes/0/action").as_string(), "create");
  EXPECT_FALSE(fixture.store->extensions.find_by_number(fixture.organisation, "105"));
  EXPECT_EQ(apply(wanted, false).at("applied"), "true");
  EXPECT_TRUE(fixture.store->extensions.find_by_number(fixture.organisation, "105"));
  auto bad = wanted;
  bad.at("extensions").as_array().push_back(json::object{{"number", "106"}});
  bad.at("organisation").as_object()["sip_domain"] = "one.test";
  fixture.store.organisation("taken.test");
  bad.at("organisation").as_object()["sip_domain"] = "taken.test";
  EXPECT_EQ(apply(bad, false).status, 409);
  EXPECT_FALSE(fixture.store->extensions.find_by_number(fixture.organisation, "106")) << "not half of it";
}

TEST(Trunks, AreMadeChangedAndDeletedAndKeepTheirPasswordToThemselves) {
  OneOrganisation fixture;
  fixture.store.extension(fixture.organisation, "101");
  const auto path = fixture.base + "/trunks";
  const auto made = fixture.call(
      "POST", path, fixture.bearer,
      R"({"name":"Blue","kind":"register","host":"carrier.example","username":"acme","password":"open sesame",
          "inbound":[{"pattern":"+49X.","extension":"101"}]})");
  ASSERT_EQ(made.status, 201) << made.text;
  EXPECT_EQ(made.text.find("sesame"), std::string::npos);
  EXPECT_EQ(made.at("password_set"), "true");
  EXPECT_NE(made.at("state").find("connecting"), std::string::npos);
  const auto one = path + "/" + made.at("id");
  EXPECT_EQ(fixture.call("PATCH", one, fixture.bearer, R"({"channels":5})").at("channels"), "5");
  EXPECT_EQ(fixture.store->trunks.list(fixture.organisation).value().at(0).password, "open sesame");
  EXPECT_EQ(fixture.call("POST", one + "/retry", fixture.bearer, "{}").status, 202);
  const auto route = fixture.call("POST", fixture.base + "/routes", fixture.bearer,
                                  R"({"name":"Out","pattern":"0.","destination":{"kind":"trunk","trunks":["Blue"]}})");
  EXPECT_EQ(route.status, 201) << route.text;
  const auto tested = fixture.call("GET", fixture.base + "/routes/test?number=0301", fixture.bearer);
  EXPECT_EQ(tested.at("result"), "trunk") << tested.text;
  EXPECT_EQ(tested.at("trunks"), R"(["Blue"])");
  EXPECT_EQ(fixture
                .call("POST", fixture.base + "/routes", fixture.bearer,
                      R"({"name":"No","pattern":"1.","destination":{"kind":"trunk","trunks":["Green"]}})")
                .status,
            422);
  EXPECT_EQ(fixture.call("DELETE", one, fixture.bearer).status, 204);
  EXPECT_EQ(fixture.call("GET", one, fixture.bearer).status, 404);
}

TEST(Trunks, EveryWrongMemberIsNamedWithARemedy) {
  OneOrganisation fixture;
  fixture.store.extension(fixture.organisation, "101");
  const auto fault = [&](const std::string& members) {
    const auto reply =
        fixture.call("POST", fixture.base + "/trunks", fixture.bearer, "{\"name\":\"x\"," + members + "}");
    EXPECT_EQ(reply.status, 422) << reply.text;
    return std::string(reply.body.at("errors").at(0).at("path").as_string());
  };
  EXPECT_EQ(fault(R"("kind":"peer","host":"sip:carrier.example")"), "host");
  EXPECT_EQ(fault(R"("kind":"register","host":"c.example")"), "username");
  EXPECT_EQ(fault(R"("kind":"peer","host":"c.example","password":"p")"), "username");
  EXPECT_EQ(fault(R"("kind":"peer","host":"c.example","addresses":["192.0.2.0/33"])"), "addresses[0]");
  EXPECT_EQ(fault(R"("kind":"peer","host":"c.example","country_code":"+49")"), "country_code");
  EXPECT_EQ(fault(R"("kind":"peer","host":"c.example","inbound":[{"pattern":"0.1","extension":"101"}])"),
            "inbound[0].pattern");
  EXPECT_EQ(fault(R"("kind":"peer","host":"c.example","inbound":[{"pattern":"0.","extension":"9"}])"),
            "inbound[0].extension");
}

TEST(Routes, AreMadeTestedChangedAndDeleted) {
  OneOrganisation fixture;
  fixture.store.extension(fixture.organisation, "101");
  fixture.store.extension(fixture.organisation, "102");
  const auto path = fixture.base + "/routes";
  const auto made =
      fixture.call("POST", path, fixture.bearer,
                   R"({"name":"Help","pattern":"5XX","destination":{"kind":"extension","number":"102"}})");
  ASSERT_EQ(made.status, 201) << made.text;
  const auto one = path + "/" + made.at("id");
  EXPECT_EQ(fixture.call("GET", one, fixture.bearer).body, made.body);
  const auto tested = [&](const std::string& number) {
    return fixture.call("GET", path + "/test?number=" + number + "&caller=101", fixture.bearer);
  };
  EXPECT_EQ(tested("512").at("extension"), "102") << tested("512").text;
  EXPECT_EQ(tested("512").at("path"), R"(["route Help"])");
  EXPECT_EQ(tested("112").at("emergency"), "true");
  EXPECT_EQ(tested("600").at("result"), "echo_test");
  EXPECT_EQ(tested("abc").status, 422);
  EXPECT_EQ(fixture.call("PATCH", one, fixture.bearer, R"({"destination":{"kind":"refuse","reason":"busy"}})").status,
            200);
  EXPECT_EQ(tested("512").at("status"), "486");
  EXPECT_EQ(
      fixture.call("POST", path, fixture.bearer, R"({"name":"help","pattern":"6","destination":{"kind":"echo_test"}})")
          .status,
      409);
  EXPECT_EQ(fixture.call("DELETE", one, fixture.bearer).status, 204);
  EXPECT_EQ(fixture.call("GET", one, fixture.bearer).status, 404);
  EXPECT_EQ(fixture.reloads, 3);
}

TEST(Routes, AreListedAsTheyAreAskedAndPutIntoAnotherOrder) {
  OneOrganisation fixture;
  const auto path = fixture.base + "/routes";
  std::map<std::string, std::string> ids;
  for (const auto* one : {R"("a","pattern":"0.")", R"("b","pattern":"09.")", R"("c","pattern":"5","order":7)"}) {
    const auto made = fixture.call("POST", path, fixture.bearer,
                                   std::string(R"({"name":)") + one + R"(,"destination":{"kind":"echo_test"}})");
    ASSERT_EQ(made.status, 201) << made.text;
    ids[made.at("name")] = made.at("id");
  }
  const auto names = [](const Reply& reply) {
    std::string out;
    for (const auto& item : reply.body.at("items").as_array()) out += std::string(item.at("name").as_string());
    return out;
  };
  EXPECT_EQ(names(fixture.call("GET", path, fixture.bearer)), "cba") << "of the same order the more specific first";
  const auto put = [&](std::string_view order) {
    json::array list;
    for (const char name : order) list.emplace_back(ids.at(std::string(1, name)));
    return fixture.call("PUT", path + "/order", fixture.bearer, json::serialize(json::object{{"routes", list}}));
  };
  const auto reloads = fixture.reloads;
  const auto done = put("abc");
  ASSERT_EQ(done.status, 200) << done.text;
  EXPECT_EQ(names(done), "abc");
  EXPECT_EQ(done.body.at_pointer("/items/2/order").as_int64(), 30);
  EXPECT_EQ(put("abc").status, 200);
  EXPECT_EQ(fixture.reloads, reloads + 1) << "nothing changed the second time";
  EXPECT_EQ(put("ab").status, 409);
  EXPECT_EQ(put("abb").status, 409);
  ids["x"] = "nonsense";
  EXPECT_EQ(put("abx").status, 422);
  EXPECT_EQ(names(fixture.call("GET", path, fixture.bearer)), "abc") << "refused ones change nothing";
}

TEST(Routes, EveryWrongMemberIsNamedWithARemedy) {
  OneOrganisation fixture;
  fixture.store.extension(fixture.organisation, "101");
  const auto fault = [&](const std::string& members) {
    const auto reply =
        fixture.call("POST", fixture.base + "/routes", fixture.bearer, "{\"name\":\"x\"," + members + "}");
    EXPECT_EQ(reply.status, 422) << reply.text;
    const auto& first = reply.body.at("errors").at(0);
    EXPECT_FALSE(first.at("remedy").as_string().empty()) << reply.text;
    return std::string(first.at("path").as_string());
  };
  EXPECT_EQ(fault(R"("pattern":"0.1","destination":{"kind":"echo_test"})"), "pattern");
  EXPECT_EQ(fault(R"("pattern":"0.","destination":{"kind":"extension"})"), "destination.number");
  EXPECT_EQ(fault(R"("pattern":"0.","destination":{"kind":"extension","number":"109"})"), "destination.number");
  EXPECT_EQ(fault(R"("pattern":"0.","destination":{"kind":"refuse"})"), "destination.reason");
  EXPECT_EQ(fault(R"("pattern":"0.","destination":{"kind":"refuse","reason":"busy","number":"1"})"),
            "destination.number");
  EXPECT_EQ(fault(R"("pattern":"0.","strip":1,"destination":{"kind":"echo_test"})"), "strip");
  EXPECT_EQ(fault(R"("pattern":"0X","strip":2,"destination":{"kind":"number"})"), "strip");
  EXPECT_EQ(fault(R"("pattern":"0X","destination":{"kind":"number"})"), "destination");
  EXPECT_EQ(fault(R"("pattern":"0X","prepend":"a","destination":{"kind":"number"})"), "prepend");
  EXPECT_EQ(fault(R"("pattern":"0X","callers":["101","105"],"destination":{"kind":"echo_test"})"), "callers[1]");
}

constexpr const char* kTwoOrganisations = R"({"document":{"organisations":[
  {"sip_domain":"one.test","extensions":[{"number":"201","display_name":"Ann"}],
   "routes":[{"name":"Front desk","pattern":"0","destination":{"kind":"extension","number":"201"}}]},
  {"sip_domain":"new.test","name":"New","users":[{"login":"nora","role":"administrator"}],
   "extensions":[{"number":"201","user":"nora"}],
   "routes":[{"name":"Echo","pattern":"7","callers":["201"],"destination":{"kind":"echo_test"}}]}]}})";

TEST(Apply, SeveralOrganisationsInOneStepAndExportedAsTheyAre) {
  OneOrganisation fixture;
  const auto platform = fixture.token(fixture.user({}, "root", store::Role::PlatformAdministrator));
  EXPECT_EQ(fixture.call("POST", "/v1/apply", fixture.bearer, kTwoOrganisations).status, 403) << "one is not there";
  EXPECT_FALSE(fixture.store->extensions.find_by_number(fixture.organisation, "201")) << "not half of it";
  const auto seen = fixture.call("POST", "/v1/apply?dry_run=true", platform, kTwoOrganisations);
  ASSERT_EQ(seen.status, 200) << seen.text;
  EXPECT_EQ(seen.body.at("changes").as_array().size(), 6U) << seen.text;
  EXPECT_FALSE(fixture.store->organisations.find_by_domain("new.test"));
  ASSERT_EQ(fixture.call("POST", "/v1/apply", platform, kTwoOrganisations).status, 200);
  const auto made = fixture.store->organisations.find_by_domain("new.test").value();
  EXPECT_EQ(fixture.store->routes.list(made.id).value().at(0).callers, std::vector<std::string>{"201"});
  EXPECT_EQ(fixture.store->devices.list(made.id).value().size(), 1U);
  const auto exported = fixture.call("GET", "/v1/export", platform);
  EXPECT_EQ(exported.body.at("organisations").as_array().size(), 2U);
  const auto again = json::serialize(json::object{{"document", exported.body}});
  EXPECT_EQ(fixture.call("POST", "/v1/apply", platform, again).body.at("changes").as_array().size(), 0U);
  const auto own = fixture.call("GET", "/v1/export", fixture.bearer);
  EXPECT_EQ(own.body.at("organisations").as_array().size(), 1U) << "an administrator's own";
  EXPECT_EQ(
      fixture.call("POST", "/v1/apply", fixture.bearer, json::serialize(json::object{{"document", own.body}})).status,
      200);
}

TEST(Apply, KnowsTrunksAndTellsNoPassword) {
  OneOrganisation fixture;
  fixture.store.extension(fixture.organisation, "101");
  const auto apply = [&](const std::string& members) {
    return fixture.call("POST", fixture.base + "/apply", fixture.bearer, R"({"document":{)" + members + "}}");
  };
  const std::string blue = R"("name":"Blue","kind":"register","host":"carrier.example","username":"acme")";
  const std::string route =
      R"("routes":[{"name":"Out","pattern":"0.","destination":{"kind":"trunk","trunks":["Blue"]}}])";
  EXPECT_EQ(apply(route).body.at_pointer("/errors/0/path").as_string(), "document.routes[0].destination.trunks[0]");
  EXPECT_EQ(apply(R"("trunks":[{)" + blue + "}]").body.at_pointer("/errors/0/path").as_string(),
            "document.trunks[0].password");
  const auto made = apply(R"("trunks":[{)" + blue + R"(,"password":"open sesame"}],)" + route);
  ASSERT_EQ(made.status, 200) << made.text;
  EXPECT_EQ(made.body.at("changes").as_array().size(), 2U);
  EXPECT_EQ(made.text.find("sesame"), std::string::npos);
  EXPECT_EQ(fixture.store->trunks.list(fixture.organisation)->at(0).password, "open sesame");

  const auto exported = fixture.call("GET", fixture.base + "/export", fixture.bearer);
  EXPECT_EQ(exported.text.find("sesame"), std::string::npos);
  const auto again = json::serialize(json::object{{"document", exported.body}});
  EXPECT_EQ(fixture.call("POST", fixture.base + "/apply", fixture.bearer, again).body.at("changes").as_array().size(),
            0U)
      << "what was exported changes nothing, the password stays";
  EXPECT_EQ(fixture.store->trunks.list(fixture.organisation)->at(0).password, "open sesame");

  const auto other = apply(R"("trunks":[{)" + blue + R"(,"password":"another"}])");
  ASSERT_EQ(other.body.at("changes").as_array().size(), 1U) << other.text;
  EXPECT_EQ(other.text.find("another"), std::string::npos);
  EXPECT_EQ(fixture.store->trunks.list(fixture.organisation)->at(0).password, "another");
  const auto elsewhere =
      apply(R"("trunks":[{"name":"blue","kind":"register","host":"thief.example","username":"acme"}])");
  EXPECT_EQ(elsewhere.body.at_pointer("/errors/0/path").as_string(), "document.trunks[0].password")
      << "a password goes to no other host unless whoever changes it knows it";
  EXPECT_EQ(apply(R"("trunks":[{)" + blue + R"(},{"name":"BLUE","kind":"peer","host":"b.example"}])")
                .body.at_pointer("/errors/0/path")
                .as_string(),
            "document.trunks[1].name");
  EXPECT_EQ(apply(R"("trunks":[])").body.at_pointer("/changes/0/action").as_string(), "delete");
  EXPECT_TRUE(fixture.store->trunks.list(fixture.organisation)->empty());
}

TEST(Apply, NamesEveryWrongValueAndChangesNothing) {
  OneOrganisation fixture;
  const auto platform = fixture.token(fixture.user({}, "root", store::Role::PlatformAdministrator));
  const auto reply = fixture.call("POST", "/v1/apply", platform, R"({"document":{"organisations":[
    {"sip_domain":"one.test","extensions":[{"number":"201"},{"number":"201"},{"number":"202","user":"nobody"}]},
    {"sip_domain":"Not A Host","routes":[{"name":"r","pattern":"0.9","destination":{"kind":"echo_test"}}]}]}})");
  EXPECT_EQ(reply.status, 422) << reply.text;
  std::vector<std::string> paths;
  for (const auto& one : reply.body.at("errors").as_array()) paths.emplace_back(one.at("path").as_string());
  EXPECT_EQ(paths, (std::vector<std::string>{"document.organisations[0].extensions[1].number",
                                             "document.organisations[0].extensions[2].user",
                                             "document.organisations[1].name", "document.organisations[1].sip_domain",
                                             "document.organisations[1].routes[0].pattern"}));
  EXPECT_TRUE(fixture.store->extensions.list(fixture.organisation)->empty());
  const auto shape = fixture.call("POST", fixture.base + "/apply", platform,
                                  R"({"document":{"extensions":[{"number":"x"},{"numbre":"1"}],"routs":[]}})");
  EXPECT_EQ(shape.body.at("errors").as_array().size(), 4U) << shape.text;
}

TEST(OpenApi, DescribesEveryRouteAndEveryReference) {
  const auto document = openapi_document(routes(), "1");
  const auto text = json::serialize(document);
  for (const auto& route : routes()) {
    std::string method(route.method);
    for (char& c : method) c = static_cast<char>(std::tolower(c));
    EXPECT_TRUE(document.at("paths").at(route.path).as_object().contains(method)) << route.path;
  }
  const auto& schemas = document.at("components").at("schemas").as_object();
  constexpr std::string_view kReference = "#/components/schemas/";
  for (std::size_t at = text.find(kReference); at != std::string::npos; at = text.find(kReference, at + 1)) {
    const auto begin = at + kReference.size();
    EXPECT_TRUE(schemas.contains(text.substr(begin, text.find('"', begin) - begin)));
  }
}

TEST(OpenApi, ThePageForPeopleKeepsTheContentSecurityPolicy) {  // SEC-2, SEC-8
  OneOrganisation fixture;
  EXPECT_EQ(Api::content_security_policy(),
            "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'");
  const auto page = fixture.call("GET", "/docs", "");
  ASSERT_EQ(page.status, 200);
  for (const char* refused : {"<style", "style=", "<script", "http://", "https://"}) {
    EXPECT_EQ(page.text.find(refused), std::string::npos) << refused;
  }
  EXPECT_THAT(page.text, HasSubstr("href=\"/docs/style.css\""));
  const auto style = fixture.call("GET", "/docs/style.css", "");
  EXPECT_EQ(style.status, 200);
  EXPECT_EQ(style.header("content-type"), "text/css; charset=utf-8");
}

TEST(Problems, HaveOneRowEach) {
  for (int i = 0; i <= static_cast<int>(Problem::StorageFull); ++i)
    EXPECT_EQ(row_of(static_cast<Problem>(i)).problem, static_cast<Problem>(i));
}

}  // namespace
}  // namespace parley::api
