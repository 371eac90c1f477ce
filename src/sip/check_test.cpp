#include <gtest/gtest.h>

#include <sip/check.hpp>

namespace parley::sip {
namespace {

std::string request(const std::string& method, const std::string& extra = "",
                    const std::string& uri = "sip:102@example.com") {
  return method + " " + uri +
         " SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\n" +
         "Call-ID: x\r\nCSeq: 1 " + method + "\r\nMax-Forwards: 70\r\n" + extra + "\r\n";
}

struct Case {
  const char* name;
  std::string text;
  Outcome outcome;
  unsigned status;
};

TEST(Check, GivesTheStatusThatTheRfcNames) {
  std::string contacts = "Contact: <sip:a@b>";
  for (int i = 0; i < 64; ++i) contacts += ",<sip:a@b>";
  const Case cases[] = {
      {"fine", request("INVITE"), Outcome::Process, 0},
      {"unknown method", request("FOO"), Outcome::Reply, 501},
      {"method not served", request("SUBSCRIBE"), Outcome::Reply, 405},
      {"scheme", request("INVITE", "", "http://x"), Outcome::Reply, 416},
      {"tel is served", request("INVITE", "", "tel:+1234"), Outcome::Process, 0},
      {"broken ACK", request("ACK", "Contact: <\r\n"), Outcome::Drop, 400},
      {"broken Contact", request("INVITE", "Contact: <sip:a@b>;;\r\n"), Outcome::Reply, 400},
      {"star outside REGISTER", request("INVITE", "Contact: *\r\n"), Outcome::Reply, 400},
      {"star in REGISTER", request("REGISTER", "Contact: *\r\n"), Outcome::Process, 0},
      {"star among others", request("REGISTER", "Contact: *, <sip:a@b>\r\n"), Outcome::Reply, 400},
      {"many Contacts", request("REGISTER", contacts + "\r\n"), Outcome::Reply, 400},
      {"Route without brackets", request("INVITE", "Route: sip:a@b\r\n"), Outcome::Reply, 400},
      {"Require", request("INVITE", "Require: foo\r\n"), Outcome::Reply, 420},
      {"Require known", request("INVITE", "Require: TIMER\r\n"), Outcome::Process, 0},
      {"Require in CANCEL is not looked at", request("CANCEL", "Require: foo\r\n"), Outcome::Process, 0},
      {"Accept", request("INVITE", "Accept: text/plain\r\n"), Outcome::Reply, 406},
      {"Accept any", request("INVITE", "Accept: text/plain, */*\r\n"), Outcome::Process, 0},
      {"body over the limit", request("INVITE") + std::string(32'769, 'x'), Outcome::Reply, 413},
      {"Request-URI over the limit", request("INVITE", "", "sip:" + std::string(2'045, 'x') + "@y"), Outcome::Reply,
       414},
      {"Encoding", request("INVITE", "c: application/sdp\r\ne: gzip\r\n") + "x", Outcome::Reply, 415},
  };
  constexpr std::string_view kTimer[] = {"timer"};
  constexpr std::string_view kSdp[] = {"application/sdp"};
  CheckOptions options;
  options.extensions = kTimer;
  options.body_types = kSdp;
  for (const auto& [name, text, outcome, status] : cases) {
    SCOPED_TRACE(name);
    const auto message = Message::parse(text);
    const auto verdict = check(message, options);
    EXPECT_EQ(static_cast<int>(verdict.outcome), static_cast<int>(outcome));
    EXPECT_EQ(verdict.status, status);
  }
}

/// An INVITE with a body of that type; the CRLFs of `body` are its own.
std::string invite_with(const std::string& type, const std::string& body, const std::string& extra = "") {
  return request("INVITE", "Content-Type: " + type + "\r\n" + extra) + body;
}
const std::string kSession = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\n";
std::string part(const std::string& head, const std::string& body) { return "--b\r\n" + head + "\r\n" + body + "\r\n"; }

TEST(Check, LooksAtBodiesBeforeAnybodyIsAskedForAPassword) {  // RFC 3261 §8.2.3, RFC 5621
  const std::string sdp = part("Content-Type: application/sdp\r\n", kSession);
  const Case cases[] = {
      {"session description", invite_with("application/sdp", kSession), Outcome::Process, 0},
      {"broken session description", invite_with("application/sdp", "v=0\r\nx"), Outcome::Reply, 488},
      {"unknown", invite_with("application/unknownformat", "x"), Outcome::Reply, 415},
      {"unknown, but optional", invite_with("application/x", "x", "Content-Disposition: render;handling=optional\r\n"),
       Outcome::Process, 0},
      {"no type", request("INVITE") + "x", Outcome::Reply, 415},
      {"mixed", invite_with("multipart/mixed;boundary=b", sdp + "--b--"), Outcome::Process, 0},
      {"mixed, unknown part",
       invite_with("multipart/mixed;boundary=b", sdp + part("Content-Type: a/b\r\n", "x") + "--b--"), Outcome::Reply,
       415},
      {"mixed, unknown optional part",
       invite_with("multipart/mixed;boundary=b",
                   sdp + part("Content-Type: a/b\r\nContent-Disposition: signal;handling=optional\r\n", "x") + "--b--"),
       Outcome::Process, 0},
      {"alternative",
       invite_with("multipart/alternative;boundary=b", part("Content-Type: a/b\r\n", "x") + sdp + "--b--"),
       Outcome::Process, 0},
      {"related", invite_with("multipart/related;boundary=b", sdp + part("Content-Type: a/b\r\n", "x") + "--b--"),
       Outcome::Process, 0},
      {"never ends", invite_with("multipart/mixed;boundary=b", sdp), Outcome::Reply, 400},
      {"no boundary", invite_with("multipart/mixed", sdp + "--b--"), Outcome::Reply, 400},
      {"encoded part",
       invite_with("multipart/mixed;boundary=b",
                   part("Content-Type: application/sdp\r\nContent-Transfer-Encoding: base64\r\n", "eA==") + "--b--"),
       Outcome::Reply, 415},
      {"INFO carries what it likes", request("INFO", "Content-Type: application/dtmf-relay\r\n") + "Signal=5",
       Outcome::Process, 0},
  };
  constexpr std::string_view kSdp[] = {"application/sdp"};
  CheckOptions options;
  options.methods = MethodSet(Method::Invite, Method::Info);
  options.body_types = kSdp;
  for (const auto& [name, text, outcome, status] : cases) {
    SCOPED_TRACE(name);
    const auto verdict = check(Message::parse(text), options);
    EXPECT_EQ(static_cast<int>(verdict.outcome), static_cast<int>(outcome));
    EXPECT_EQ(verdict.status, status);
  }
}

TEST(Check, RefusesWhatDecidesAndCannotBeReadIgnoresTheRest) {  // RFC 3261 §8.2.2
  for (const char* bad :
       {"Session-Expires: soon\r\n", "Replaces: x\r\n", "Date: today\r\n", "Authorization: Digest a\r\n",
        "Require: \"x\"\r\n", "Event: \r\n", "Refer-To: <sip:a@b\r\n", "Privacy: ;\r\n"}) {
    const auto verdict = check(Message::parse(request("INVITE", bad)), {});
    EXPECT_EQ(verdict.status, 400) << bad;
    EXPECT_GT(verdict.error.offset, 0U) << bad;
  }
  for (const char* fine :
       {"Alert-Info: Bellcore-dr1\r\n", "Call-Info: answer-after=0\r\n", "Expires: -1\r\n", "Reason: ;\r\n",
        "User-Agent: (((\r\n", "Supported: a,,b,\r\n", "P-Asserted-Identity: nobody\r\n"})
    EXPECT_EQ(check(Message::parse(request("INVITE", fine)), {}).outcome, Outcome::Process) << fine;
}

TEST(Check, ReplacesAndJoinAreOfInvitesAlone) {  // RFC 3891 §3, RFC 3911 §4
  for (const char* line : {"Replaces: x;to-tag=a;from-tag=b\r\n", "Join: x;to-tag=a;from-tag=b\r\n"}) {
    EXPECT_EQ(check(Message::parse(request("INVITE", line)), {}).outcome, Outcome::Process);
    EXPECT_EQ(check(Message::parse(request("OPTIONS", line)), {}).status, 400);
  }
}

TEST(Check, NamesWhatItServes) {
  EXPECT_EQ(check(Message::parse(request("FOO")), {}).header, "Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, REGISTER");
}

TEST(Check, LastHopServesOptionsForItself) {
  auto text = request("OPTIONS", "", "sip:example.com");
  text.replace(text.find("70"), 2, "0");
  EXPECT_EQ(check(Message::parse(text), {}).outcome, Outcome::Process);
}

TEST(Check, DropsBrokenResponses) {
  const auto response = [](const std::string& via) {
    return Message::parse("SIP/2.0 200 OK\r\n" + via +
                          "From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: x\r\nCSeq: 1 BYE\r\n\r\n");
  };
  EXPECT_EQ(check(response("Via: SIP/2.0/UDP h\r\n"), {}).outcome, Outcome::Process);
  EXPECT_EQ(check(response("Via: SIP/2.0/UDP h, SIP/2.0/UDP 255.255.255.255\r\n"), {}).outcome, Outcome::Drop);
  EXPECT_EQ(check(response(""), {}).outcome, Outcome::Drop);
}

}  // namespace
}  // namespace parley::sip
