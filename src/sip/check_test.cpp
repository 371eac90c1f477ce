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
