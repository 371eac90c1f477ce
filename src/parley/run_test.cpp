#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <parley/commands.hpp>
#include <parley/fake_server.hpp>

namespace parley::cli {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kOrganisation = "/v1/organisations/0197a000-0000-7000-8000-000000000001";
constexpr const char* kCall = "0197a000-0000-7000-8000-0000c0ffee42";

class Command : public ::testing::Test {
 protected:
  Command() {
    server.on("GET /v1/me", {200, R"({"login":"root","role":"platform_administrator","organisation":null})"});
    server.on(
        "GET /v1/organisations",
        {200,
         R"({"items":[{"id":"0197a000-0000-7000-8000-000000000001","name":"Demo","sip_domain":"demo.test"}],"next_cursor":null})"});
  }

  int parley(std::vector<std::string> arguments, const std::string& input = "", bool interactive = false) {
    out.str(""), err.str("");
    in.str(input), in.clear();
    arguments.insert(arguments.begin(), {"parley", "--data", server.data().string()});
    std::vector<const char*> argv;
    for (const auto& one : arguments) argv.push_back(one.c_str());
    return run(static_cast<int>(argv.size()), argv.data(), Terminal{{out, err, in}, interactive, false});
  }

  std::string path(const std::string& rest) { return kOrganisation + rest; }
  std::string file(const std::string& name, const std::string& text) {
    const auto full = server.data() / name;
    std::ofstream{full} << text;
    return full.string();
  }

  FakeServer server;
  std::ostringstream out, err;
  std::istringstream in;
};

TEST_F(Command, StatusShowsWhatTheServerSays) {
  server.on("GET /v1/status",
            {200, R"({"version":"0.1.0","uptime_s":75,"organisations":1,"registrations":2,"live_calls":3,
    "speech":{"available":false,"reason":"model file base is missing"},"jobs":{"queued":1,"running":0,"dead":2},"disk":{"free_bytes":5e9},"recording":{"ok":true}})"});
  EXPECT_EQ(parley({"status"}), 0);
  EXPECT_THAT(out.str(), HasSubstr("Parley 0.1.0, up 1 min 15 s"));
  EXPECT_THAT(out.str(), HasSubstr("not available: model file base is missing"));
  EXPECT_THAT(out.str(), HasSubstr("2 given up"));
}

TEST_F(Command, RegistrationsAreFilteredAndSorted) {
  server.on("GET " + path("/registrations"), {200, R"({"items":[
    {"extension":"102","device":"102a","transport":"tcp","source":"192.0.2.2:5060","contact":"sip:102@x","user_agent":"Snom","expires_at":"2026-11-20T06:00:00Z"},
    {"extension":"99","device":"99a","transport":"udp","source":"192.0.2.9:5060","contact":"sip:99@x","user_agent":"Yealink\u001b[2J","expires_at":"2026-11-20T05:00:00Z"}]})"});
  EXPECT_EQ(parley({"registrations"}), 0);
  EXPECT_LT(out.str().find("99a"), out.str().find("102a"));
  EXPECT_EQ(out.str().find('\033'), std::string::npos);
  EXPECT_EQ(parley({"registrations", "--transport", "tcp", "--wide"}), 0);
  EXPECT_THAT(out.str(), HasSubstr("sip:102@x"));
  EXPECT_EQ(out.str().find("99a"), std::string::npos);
  EXPECT_EQ(parley({"registrations", "192.0.2.9", "--json"}), 0);
  EXPECT_EQ(out.str().find("102a"), std::string::npos);
}

TEST_F(Command, ATraceIsALadderOrTheMessagesThemselves) {
  server.on("GET " + path("/sip-trace?limit=20&account=101&after=0"), {200, R"json({"items":[
    {"number":7,"at":"2026-11-20T06:00:00.123Z","direction":"in","transport":"UDP","peer":"192.0.2.1:5060","summary":"INVITE","text":"INVITE sip:102\n\nv=0\n"},
    {"number":8,"at":"2026-11-20T06:00:00.200Z","direction":"out","transport":"UDP","peer":"192.0.2.2:5060","summary":"INVITE","text":"INVITE sip:x\n"},
    {"number":9,"at":"2026-11-20T06:00:00.300Z","direction":"in","transport":"UDP","peer":"192.0.2.2:5060","summary":"486 Busy Here (INVITE)","text":"SIP/2.0 486 \u001b[2J\n"}]})json"});
  EXPECT_EQ(parley({"sip", "trace", "--last", "20", "--account", "101"}), 0);
  EXPECT_LT(out.str().find("192.0.2.1:5060"), out.str().find("Parley"));
  EXPECT_LT(out.str().find("Parley"), out.str().find("192.0.2.2:5060"));
  EXPECT_THAT(out.str(), HasSubstr("06:00:00.123"));
  EXPECT_THAT(out.str(), HasSubstr("◄ 486 Busy Here (INVITE) ─"));
  EXPECT_EQ(out.str().find("v=0"), std::string::npos);
  EXPECT_EQ(parley({"sip", "trace", "--last", "20", "--account", "101", "--bodies"}), 0);
  EXPECT_THAT(out.str(), HasSubstr("v=0"));
  EXPECT_EQ(parley({"sip", "trace", "--last", "20", "--account", "101", "--raw"}), 0);
  EXPECT_THAT(out.str(), HasSubstr("SIP/2.0 486"));
  EXPECT_EQ(out.str().find('\033'), std::string::npos);
}

TEST_F(Command, BansAreListedMadeAndLifted) {
  server.on("GET /v1/sip/bans", {200, R"({"items":[
    {"id":"b1","kind":"ban","address":"203.0.113.7","reason":"many accounts","by":"parleyd","since":"2026-11-20T06:00:00Z","until":"2026-11-20T06:10:00Z"},
    {"id":"b2","kind":"allow","address":"198.51.100.0/24","reason":"office","by":"ada","since":"2026-11-20T06:00:00Z","until":null}]})"});
  server.on("DELETE /v1/sip/bans/b1", {204, ""});
  server.on("POST /v1/sip/bans", {201, R"({"id":"b3","kind":"ban","address":"203.0.113.0/24","until":null})"});
  EXPECT_EQ(parley({"bans", "list"}), 0);
  EXPECT_THAT(out.str(), HasSubstr("many accounts"));
  EXPECT_EQ(out.str().find("office"), std::string::npos);
  EXPECT_EQ(parley({"bans", "list", "--all"}), 0);
  EXPECT_THAT(out.str(), HasSubstr("never banned"));
  EXPECT_EQ(parley({"bans", "add", "203.0.113.0/24", "--reason", "noise"}), 0);
  EXPECT_THAT(out.str(), HasSubstr("until it is removed"));
  EXPECT_EQ(parley({"bans", "remove", "203.0.113.7"}), 0);
  EXPECT_NE(parley({"bans", "remove", "203.0.113.8"}), 0);
}

TEST_F(Command, JsonIsWhatTheServerSaid) {
  server.on("GET /v1/status", {200, R"({"version":"0.1.0"})"});
  EXPECT_EQ(parley({"status", "--json"}), 0);
  EXPECT_EQ(out.str(), "{\n  \"version\": \"0.1.0\"\n}\n");
}

TEST_F(Command, NoServerIsStatus3AndSaysWhatToDo) {
  const char* argv[] = {"parley", "--data", "/nonexistent", "status"};
  EXPECT_EQ(run(4, argv, Terminal{{out, err, in}, false, false}), 3);
  EXPECT_THAT(err.str(), HasSubstr("no parleyd answers on /nonexistent/parleyd.sock"));
  EXPECT_THAT(err.str(), HasSubstr("--data DIR"));
}

TEST_F(Command, WrongArgumentsAreStatus2) {
  EXPECT_EQ(parley({"calls"}), 2);
  EXPECT_EQ(parley({"frobnicate"}), 2);
  EXPECT_EQ(parley({"calls", "list", "--direction", "sideways"}), 2);
}

TEST_F(Command, RefusalsKeepTheServersWordsAndHaveTheirStatus) {
  server.on("GET /v1/status",
            {403, R"({"title":"Forbidden","detail":"needs permission status.read","code":"forbidden"})"});
  EXPECT_EQ(parley({"status"}), 4);
  EXPECT_THAT(err.str(), HasSubstr("needs permission status.read"));
  EXPECT_EQ(parley({"calls", "show", kCall}), 5);
}

TEST_F(Command, SeveralOrganisationsMustBeTold) {
  server.on(
      "GET /v1/organisations",
      {200,
       R"({"items":[{"id":"1","name":"Demo","sip_domain":"demo.test"},{"id":"2","name":"Weber","sip_domain":"weber.test"}]})"});
  server.on("GET /v1/organisations/2/policy",
            {200, R"({"version":3,"recordings_days":90,"cdr_days":null,"announcement":{"mode":"default"}})"});
  EXPECT_EQ(parley({"policy", "show"}), 2);
  EXPECT_THAT(err.str(), HasSubstr("Demo, Weber"));
  EXPECT_EQ(parley({"policy", "show", "-o", "Weber"}), 0);
  EXPECT_THAT(out.str(), HasSubstr("deleted after 90 days"));
  EXPECT_EQ(parley({"policy", "show", "-o", "Nobody"}), 5);
}

TEST_F(Command, CallsAreListedAcrossPages) {
  server.on(
      "GET " + path("/calls?limit=20&q=refund"),
      {200,
       R"({"items":[{"id":")" + std::string{kCall} +
           R"(","started_at":"2026-11-20T06:00:00Z","caller":{"number":"101","name":"Anna"},"callee":{"number":"102"},
    "billed_s":75,"disposition":"answered","recording":{"state":"ready","seconds":70},"headline":"A refund"}],"next_cursor":"a b"})"});
  server.on("GET " + path("/calls?limit=20&q=refund&cursor=a%20b"),
            {200, R"({"items":[{"id":"x","caller":{"number":"103"},"disposition":"busy"}],"next_cursor":null})"});
  EXPECT_EQ(parley({"calls", "list", "refund"}), 0);
  EXPECT_THAT(out.str(), HasSubstr("c0ffee42"));
  EXPECT_THAT(out.str(), HasSubstr("Anna (101)"));
  EXPECT_THAT(out.str(), HasSubstr("1:10"));
  EXPECT_THAT(out.str(), HasSubstr("busy"));
}

TEST_F(Command, ForeignTextCannotSteerTheTerminal) {
  server.on(
      "GET " + path("/calls?limit=20"),
      {200, R"({"items":[{"id":"x","caller":{"number":"103","name":"\u001b]0;evil\u0007"}}],"next_cursor":null})"});
  EXPECT_EQ(parley({"calls", "list"}), 0);
  EXPECT_THAT(out.str(), Not(HasSubstr("\x1b")));
}

TEST_F(Command, ACallIsNamedByTheEndOfItsId) {
  server.on("GET " + path("/calls?limit=200"),
            {200, R"({"items":[{"id":")" + std::string{kCall} + R"("}],"next_cursor":null})"});
  server.on("GET " + path("/calls/") + kCall + "/transcript",
            {200, R"({"turns":[{"speaker":"caller","start_s":62,"text":"Hello.","confidence":0.9}]})"});
  EXPECT_EQ(parley({"transcript", "C0FFEE42"}), 0);
  EXPECT_THAT(out.str(), HasSubstr("1:02  caller  Hello."));
  EXPECT_EQ(parley({"transcript", "beef"}), 5);
  EXPECT_EQ(parley({"transcript", "zz"}), 2);
}

TEST_F(Command, AnAnalysisShowsClaimsWithTheTimeOfTheirEvidence) {
  server.on(
      "GET " + path("/calls/") + kCall + "/analysis",
      {200,
       R"({"summary":{"problem":{"text":"The invoice is wrong.","evidence":[{"turn":3,"start_s":65}]}},"action_items":[{"who":"callee","what":"send a new invoice",
    "when":"Friday","claim":{"evidence":[{"start_s":80}]}}],"sentiment":{"overall":-0.5},"talk":{"caller_s":60,"callee_s":30,"interruptions":[]}})"});
  EXPECT_EQ(parley({"analysis", kCall}), 0);
  EXPECT_THAT(out.str(), HasSubstr("Problem       The invoice is wrong.  [1:05]"));
  EXPECT_THAT(out.str(), HasSubstr("send a new invoice (callee, Friday)  [1:20]"));
  EXPECT_THAT(out.str(), HasSubstr("Mood          negative"));
}

TEST_F(Command, DeletingAsksFirst) {
  server.on("GET " + path("/calls/") + kCall,
            {200, R"({"id":"x","caller":{"number":"101"},"callee":{"number":"102"}})"});
  server.on("DELETE " + path("/calls/") + kCall, {200, R"({"id":"receipt-1"})"});
  const auto deletion = HasSubstr("DELETE");
  EXPECT_EQ(parley({"calls", "delete", kCall}), 2) << "nobody to ask";
  EXPECT_EQ(parley({"calls", "delete", kCall}, "n\n", true), 7);
  EXPECT_THAT(server.asked(), Not(Contains(deletion)));
  EXPECT_EQ(parley({"calls", "delete", kCall, "--yes"}), 0);
  EXPECT_THAT(out.str(), HasSubstr("receipt-1"));
  EXPECT_THAT(server.asked(), Contains(deletion));
}

TEST_F(Command, AudioGoesIntoTheFileThatWasNamed) {
  server.on("GET " + path("/calls/") + kCall + "/audio", {200, std::string("RIFF\0\1\2", 7)});
  const auto target = (server.data() / "call.wav").string();
  EXPECT_EQ(parley({"calls", "play", kCall, "--output", target}), 0);
  std::ostringstream written;
  written << std::ifstream{target}.rdbuf();
  EXPECT_EQ(written.str(), std::string("RIFF\0\1\2", 7));
}

TEST_F(Command, ApplyShowsTheDifferenceAsksAndAppliesOnce) {
  const auto yaml =
      file("office.yaml",
           "extensions:\n  - number: 0104\n    display_name: Anna\n    recording: 'on'\n    ring_timeout_s: 20\n");
  const std::string body =
      R"({"document":{"extensions":[{"number":"0104","display_name":"Anna","recording":"on","ring_timeout_s":20}]}})";
  server.on(
      "POST " + path("/apply?dry_run=true"),
      {200,
       R"({"changes":[{"action":"create","kind":"extension","name":"0104","fields":[{"name":"recording","from":null,"to":"on"}]}],"applied":false})"});
  server.on("POST " + path("/apply?dry_run=false"), {200, R"({"changes":[{}],"applied":true})"});
  EXPECT_EQ(parley({"apply", yaml, "--dry-run"}), 0);
  EXPECT_THAT(out.str(), HasSubstr("+ extension 0104\n    recording: on\n"));
  EXPECT_THAT(server.asked().back(), HasSubstr("dry_run=true " + body));
  EXPECT_EQ(parley({"apply", yaml}, "no\n", true), 7);
  EXPECT_EQ(parley({"apply", yaml}, "y\n", true), 0);
  EXPECT_EQ(server.asked().back(), "POST " + path("/apply?dry_run=false") + " " + body);
}

TEST_F(Command, ApplyNamesFileLineAndColumn) {
  EXPECT_EQ(parley({"apply", file("a.yaml", "extensions:\n  - number: [1\n")}), 2);
  EXPECT_THAT(err.str(), HasSubstr("a.yaml:3:1: "));
  EXPECT_EQ(parley({"apply", file("a.toml", "[[extensions]]\nnumber = \n")}), 2);
  EXPECT_THAT(err.str(), HasSubstr("a.toml:2:"));
}

TEST_F(Command, ApplySaysWhereJsonEndsToBeJson) {
  EXPECT_EQ(parley({"apply", file("a.json", "{\"extensions\": [\n  {\"number\": }\n]}\n")}), 2);
  EXPECT_THAT(err.str(), HasSubstr("a.json:2:14: is no JSON"));
  EXPECT_EQ(parley({"apply", file("b.json", "{}\n{}\n")}), 2);
  EXPECT_THAT(err.str(), HasSubstr("b.json:2:1: is no JSON"));
  EXPECT_EQ(parley({"apply", file("c.json", "{\"a\": [\n")}), 2);
  EXPECT_THAT(err.str(), HasSubstr("c.json:2:1: is no JSON"));
  EXPECT_EQ(parley({"apply", server.data().string()}), 2);
  EXPECT_THAT(err.str(), HasSubstr("it is a folder"));
}

TEST_F(Command, ADayIsATimeToo) {
  ::setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
  ::tzset();
  const std::pair<const char*, const char*> kTimes[] = {{"2026-11-20", "2026-11-19T23%3A00%3A00Z"},
                                                        {"2026-07-01", "2026-06-30T22%3A00%3A00Z"},
                                                        {"2026-11-20T08:00:00Z", "2026-11-20T08%3A00%3A00Z"},
                                                        {"2026-02-31", "2026-02-31"},
                                                        {"yesterday", "yesterday"}};
  for (const auto& [typed, sent] : kTimes) {
    server.on("GET " + path("/calls?limit=20&from=") + sent, {200, R"({"items":[],"next_cursor":null})"});
    EXPECT_EQ(parley({"calls", "list", "--from", typed}), 0) << err.str();
  }
  ::unsetenv("TZ");
  ::tzset();
}

TEST_F(Command, AHoldIsLiftedByItsIdOrByItsCall) {
  const std::string hold = "01900000-0000-7000-8000-00000000000f";
  server.on("GET " + path("/calls?limit=1"), {200, std::string(R"({"items":[{"id":")") + kCall + R"("}]})"});
  server.on("GET " + path("/calls/") + kCall, {200, R"({"holds":[{"id":")" + hold + R"("}]})"});
  server.on("DELETE " + path("/holds/") + hold, {200, "{}"});
  EXPECT_EQ(parley({"calls", "release", hold}), 0);
  EXPECT_EQ(parley({"calls", "release", "last"}), 0);
  server.on("GET " + path("/calls/") + kCall, {200, R"({"holds":[]})"});
  EXPECT_EQ(parley({"calls", "release", "last"}), 5);
  EXPECT_THAT(err.str(), HasSubstr("no hold stands on this call"));
  EXPECT_EQ(parley({"prove", "yesterday"}), 2);
  EXPECT_THAT(err.str(), HasSubstr("prove --list"));
}

TEST_F(Command, ApplyTakesATrunksPasswordFromAFileOrTheEnvironment) {
  (void)file("blue.txt", "open sesame\nnot this\n");
  server.on("POST " + path("/apply?dry_run=true"), {200, R"({"changes":[],"applied":false})"});
  const std::string trunk = "trunks:\n  - name: Blue\n    host: 192.0.2.1\n    username: 0301\n    password: ";
  EXPECT_EQ(parley({"apply", file("trunks.yaml", trunk + "{file: blue.txt}\n")}), 0) << err.str();
  EXPECT_THAT(server.asked().back(), HasSubstr(R"("username":"0301","password":"open sesame")"));
  ::setenv("PARLEY_TEST_TRUNK", "from outside", 1);
  EXPECT_EQ(parley({"apply", file("trunks.yaml", trunk + "{env: PARLEY_TEST_TRUNK}\n")}), 0) << err.str();
  EXPECT_THAT(server.asked().back(), HasSubstr(R"("password":"from outside")"));
  ::unsetenv("PARLEY_TEST_TRUNK");
  const auto asked = server.asked().size();
  EXPECT_EQ(parley({"apply", file("trunks.yaml", trunk + "{env: PARLEY_TEST_TRUNK}\n")}), 2);
  EXPECT_THAT(err.str(), HasSubstr("trunks.yaml:5:15: trunks[0].password: is not set in the environment"));
  EXPECT_EQ(parley({"apply",
                    file("trunks.yaml", "organisations:\n  - " + std::string("trunks: [{password: {file: no}}]\n"))}),
            2);
  EXPECT_THAT(err.str(), HasSubstr("trunks.yaml:2:25: organisations[0].trunks[0].password: cannot be read"));
  EXPECT_EQ(server.asked().size(), asked) << "nothing was sent";
}

TEST_F(Command, ExportReadsBackAsTheSameDocument) {
  server.on(
      "GET " + path("/export"),
      {200,
       R"({"extensions":[{"number":"101","display_name":"Anna","enabled":true,"ring_timeout_s":30,"caller_id":"true","recording":"on"}]})"});
  EXPECT_EQ(parley({"export"}), 0);
  EXPECT_THAT(out.str(), HasSubstr("number: \"101\""));
  EXPECT_THAT(out.str(), HasSubstr("caller_id: \"true\""));
  EXPECT_THAT(out.str(), HasSubstr("recording: \"on\"")) << "true to other readers, without quotes";
  EXPECT_EQ(parley({"export", "--format", "toml"}), 0);
  EXPECT_THAT(out.str(), HasSubstr("number = '101'"));
}

TEST_F(Command, ProveExitsWith6WhenAPromiseIsViolated) {
  server.on(
      "POST " + path("/prove"),
      {200,
       R"({"id":"r1","promises":[{"id":"RET-3","title":"Recordings by plan","verdict":"holds","evidence":[{"what":"overdue","value":0}],"exceptions":[]},
    {"id":"SEC-1","title":"Sealed","verdict":"violated","evidence":[{"what":"plain columns","value":1}],"exceptions":[]}]})"});
  EXPECT_EQ(parley({"prove", "--run"}), 6);
  EXPECT_THAT(out.str(), HasSubstr("RET-3   holds"));
  EXPECT_THAT(out.str(), HasSubstr("plain columns: 1"));
  EXPECT_EQ(parley({"prove", "--run", "--json"}), 6);
}

TEST_F(Command, AnUnknownCommandIsNamed) {
  EXPECT_EQ(parley({"nonsense"}), 2);
  EXPECT_THAT(err.str(), HasSubstr("there is no command 'nonsense'"));
  EXPECT_EQ(parley({}), 2);
  EXPECT_THAT(err.str(), HasSubstr("A subcommand is required"));
}

TEST_F(Command, ApplyShowsOfANewThingWhatItHasAndNamesThePlaceInTheFile) {
  server.on("POST " + path("/apply?dry_run=true"),
            {200, R"({"changes":[{"action":"create","kind":"extension","name":"104","fields":[
    {"name":"number","from":null,"to":"104"},{"name":"email","from":null,"to":""}]}],"applied":false})"});
  const auto name = file("new.yaml", "extensions:\n  - number: '104'\n");
  EXPECT_EQ(parley({"apply", name, "--dry-run"}), 0);
  EXPECT_THAT(out.str(), HasSubstr("    number: 104\n"));
  EXPECT_THAT(out.str(), Not(HasSubstr("email")));
  server.on(
      "POST " + path("/apply?dry_run=true"),
      {422,
       R"({"title":"x","status":422,"detail":"document.extensions[0].number is missing","code":"invalid_value"})"});
  EXPECT_EQ(parley({"apply", name, "--dry-run"}), 1);
  EXPECT_THAT(err.str(), HasSubstr("new.yaml: extensions[0].number is missing"));
}

TEST_F(Command, EveryWrongValueIsNamedByFileLineAndColumn) {
  const std::string refusal = R"({"title":"x","status":422,"detail":"d","code":"invalid_value","errors":[
    {"path":"document.organisations[0].extensions[1].number","detail":"takes digits only","remedy":"write 2 to 10 digits"},
    {"path":"document.organisations[0].name","detail":"is missing","remedy":"write a name"}]})";
  server.on("POST /v1/apply?dry_run=true", {422, refusal});
  const auto yaml = file(
      "two.yaml", "organisations:\n  - sip_domain: a.test\n    extensions:\n      - number: 101\n      - number: 1x\n");
  EXPECT_EQ(parley({"apply", yaml, "--yes"}), 1);
  EXPECT_THAT(
      err.str(),
      HasSubstr("two.yaml:5:17: organisations[0].extensions[1].number: takes digits only (write 2 to 10 digits)\n"));
  EXPECT_THAT(err.str(), HasSubstr("two.yaml:2:5: organisations[0].name: is missing"));
  EXPECT_THAT(err.str(), HasSubstr("Nothing was changed."));
  const auto toml = file("two.toml",
                         "[[organisations]]\nsip_domain = 'a.test'\n[[organisations.extensions]]\nnumber = '101'\n"
                         "[[organisations.extensions]]\nnumber = '1x'\n");
  EXPECT_EQ(parley({"apply", toml, "--yes"}), 1);
  EXPECT_THAT(err.str(), HasSubstr("two.toml:6:10: organisations[0].extensions[1].number"));
  const auto json = file(
      "two.json", "{\"organisations\":[\n {\"sip_domain\":\"a.test\",\"extensions\":[{},\n  {\"number\":\"1x\"}]}]}");
  EXPECT_EQ(parley({"apply", json, "--yes"}), 1);
  EXPECT_THAT(err.str(), HasSubstr("two.json:3:13: organisations[0].extensions[1].number"));
}

TEST_F(Command, RoutesTestSaysWhereANumberEnds) {
  server.on(
      "GET " + path("/routes/test?number=0512&caller=101"),
      {200,
       R"({"number":"0512","emergency":false,"path":["route Outside","dialled as 512","route Help"],"result":"extension","extension":"102","status":null,"cause":""})"});
  EXPECT_EQ(parley({"routes", "test", "0512", "--from", "101"}), 0);
  EXPECT_THAT(out.str(), HasSubstr("0512 → route Outside → dialled as 512 → route Help → extension 102"));
}

TEST_F(Command, APolicyThatNobodyChangedIsAsInstalled) {
  server.on("GET " + path("/policy"),
            {200, R"({"version":0,"recordings_days":90,"cdr_days":null,"announcement":{"mode":"default","text":""},
    "changed_at":null,"changed_by":""})"});
  EXPECT_EQ(parley({"policy", "show"}), 0);
  EXPECT_THAT(out.str(), HasSubstr("as installed"));
}

TEST_F(Command, PolicyChangesAreSentWhole) {
  server.on("GET " + path("/policy"),
            {200, R"({"version":1,"recordings_days":90,"cdr_days":null,"announcement":{"mode":"default","text":""}})"});
  server.on("PUT " + path("/policy"), {200, R"({"version":2})"});
  EXPECT_EQ(parley({"policy", "set", "--recordings-days", "30", "--yes"}), 0);
  EXPECT_THAT(server.asked().back(), HasSubstr(R"("recordings_days":30,"cdr_days":null)"));
  EXPECT_EQ(parley({"policy", "set", "--cdr-days", "soon"}), 2);
}

TEST_F(Command, APhoneIsShownAsTextAndQrCode) {
  server.on("GET " + path("/extensions?limit=200"),
            {200, R"({"items":[{"id":"e1","number":"101"}],"next_cursor":null})"});
  server.on("GET " + path("/extensions/e1/phone"),
            {200, R"({"number":"101","devices":[{"name":"Desk","sip_username":"101-desk","sip_password":"s3cret",
    "sip_domain":"demo.test","server":"192.0.2.1","port":5060,"transport":"udp","qr_text":"sip:101-desk"}]})"});
  EXPECT_EQ(parley({"phone", "101"}), 0);
  EXPECT_THAT(out.str(), HasSubstr("Password   s3cret"));
  EXPECT_THAT(out.str(), HasSubstr("█"));
  EXPECT_EQ(parley({"phone", "199"}), 5);
  EXPECT_THAT(err.str(), HasSubstr("There is: 101"));
}

TEST_F(Command, TheDemoWaitsForCallTranscriptAndAnalysis) {
  int polls = 0;
  server.on("POST " + path("/demo-call"), {202, "{}"});
  server.on("GET " + path("/demo-call"), [&](const std::string&) -> FakeServer::Answer {
    return {200, ++polls < 2 ? R"({"state":"running","step":"talking","progress":50})"
                             : R"({"state":"done","progress":100,"call_id":")" + std::string{kCall} + "\"}"};
  });
  server.on("GET /v1/status", {200, R"({"speech":{"available":true}})"});
  int asks = 0;
  server.on("GET " + path("/calls/") + kCall, [&](const std::string&) -> FakeServer::Answer {
    return {
        200,
        std::string{R"({"id":"x","ended_at":"2026-11-20T06:00:00Z","billed_s":120,"transcript":"ready","analysis":")"} +
            (++asks < 2 ? "running" : "ready") + "\"}"};
  });
  server.on("GET " + path("/calls/") + kCall + "/transcript", {200, R"({"turns":[]})"});
  server.on("GET " + path("/calls/") + kCall + "/analysis", {200, R"({"summary":{}})"});
  EXPECT_EQ(parley({"demo", "--brief"}), 0);
  EXPECT_THAT(out.str(), HasSubstr("2:00 of talk, transcript ready, analysis ready"));
}

TEST_F(Command, TheDemoPrintsWhatIsSaidWhileTheCallGoesOn) {
  int polls = 0;
  int looks = 0;
  const std::string first = R"({"speaker":"callee","start_s":1,"confidence":0.9,"text":"Good morning.",)"
                            R"("words":[{"text":"Good","start":1,"end":1.4},{"text":"morning.","start":1.5,"end":2}]})";
  const std::string second = R"({"speaker":"caller","start_s":3,"confidence":0.9,"text":"My heater stopped.",)"
                             R"("words":[{"text":"My","start":3,"end":3.2},{"text":"heater","start":3.3,"end":3.8},)"
                             R"({"text":"stopped.","start":3.9,"end":4.4}]})";
  server.on("POST " + path("/demo-call"), {202, "{}"});
  server.on("GET " + path("/demo-call"), [&](const std::string&) -> FakeServer::Answer {
    const bool over = ++polls > 1 && looks >= 2;
    return {200, std::string{R"({"state":")"} + (over ? "done" : "running") +
                     R"(","step":"talking","progress":50,"call_id":")" + kCall + "\"}"};
  });
  server.on("GET " + path("/calls/") + kCall + "/transcript", [&](const std::string&) -> FakeServer::Answer {
    return {200, R"({"provisional":true,"turns":[)" + first + (++looks > 1 ? "," + second : "") + "]}"};
  });
  server.on("GET /v1/status", {200, R"({"speech":{"available":false,"reason":"stopped"}})"});
  server.on("GET " + path("/calls/") + kCall,
            {200, R"({"id":"x","ended_at":"2026-11-20T06:00:00Z","billed_s":120,"transcript":"none"})"});
  server.on("POST " + path("/prove"), {200, R"({"id":"r","promises":[]})"});
  EXPECT_EQ(parley({"demo"}), 0);
  const auto said = out.str();
  EXPECT_THAT(said, HasSubstr("What is said (provisional)"));
  EXPECT_LT(said.find("Good morning."), said.find("My heater stopped."));
  EXPECT_EQ(said.find("Good morning."), said.rfind("Good morning.")) << "each word once";
}

TEST_F(Command, TheDemoDoesNotWaitForATranscriptThatCannotCome) {
  server.on("POST " + path("/demo-call"), {202, "{}"});
  server.on("GET " + path("/demo-call"),
            {200, R"({"state":"done","progress":100,"call_id":")" + std::string{kCall} + "\"}"});
  server.on("GET /v1/status", {200, R"({"speech":{"available":false,"reason":"model file base is missing"}})"});
  server.on(
      "GET " + path("/calls/") + kCall,
      {200, R"({"id":"x","ended_at":"2026-11-20T06:00:00Z","billed_s":120,"transcript":"queued","analysis":"none"})"});
  EXPECT_EQ(parley({"demo", "--brief"}), 0);
  EXPECT_THAT(err.str(), HasSubstr("speech is not available (model file base is missing)"));
  EXPECT_THAT(out.str(), HasSubstr("2:00 of talk, transcript queued"));
}

TEST_F(Command, CompletionNamesEveryCommand) {
  EXPECT_EQ(parley({"completion", "bash"}), 0);
  EXPECT_THAT(out.str(), HasSubstr("'parley calls') words='list live show play delete hold release"));
  EXPECT_EQ(parley({"completion", "fish"}), 0);
  EXPECT_THAT(out.str(), HasSubstr("complete -c parley"));
}

}  // namespace
}  // namespace parley::cli
