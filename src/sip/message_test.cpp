#include <gtest/gtest.h>

#include <sip/message.hpp>

namespace parley::sip {
namespace {

std::string invite(std::string_view extra = "", std::string_view body = "") {
  return "INVITE sip:102@example.com SIP/2.0\r\n"
         "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKabc;rport\r\n"
         "From: \"Ann\" <sip:101@example.com>;tag=a1\r\n"
         "To: <sip:102@example.com>\r\n"
         "Call-ID: c1@192.0.2.1\r\n"
         "CSeq: 7 INVITE\r\n"
         "Max-Forwards: 70\r\n" +
         std::string(extra) + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

TEST(Message, GivesTheCoreFieldsOfARequest) {
  const auto message = Message::parse(invite("Contact: <sip:101@192.0.2.1>\r\n", "v=0\r\n"));
  ASSERT_FALSE(message.fault());
  EXPECT_TRUE(message.is(Method::Invite));
  EXPECT_EQ(message.request_uri().user, "102");
  EXPECT_EQ(message.top_via().host, "192.0.2.1");
  EXPECT_EQ(message.top_via().port, 5060);
  EXPECT_TRUE(message.top_via().rport);
  EXPECT_EQ(message.from().tag(), "a1");
  EXPECT_EQ(message.from().display_text(), "Ann");
  EXPECT_EQ(message.to().tag(), "");
  EXPECT_EQ(message.cseq().number, 7U);
  EXPECT_EQ(message.call_id(), "c1@192.0.2.1");
  EXPECT_EQ(message.max_forwards(), 70U);
  EXPECT_EQ(message.body(), "v=0\r\n");
}

TEST(Message, ViewsSurviveAMove) {
  auto first = Message::parse("OPTIONS sip:a SIP/2.0\r\n\r\n");
  const auto* const data = first.request_uri_text().data();
  const Message second = std::move(first);
  EXPECT_EQ(second.request_uri_text().data(), data);
  EXPECT_EQ(second.request_uri_text(), "sip:a");
}

TEST(Message, ReadsResponses) {
  const auto message = Message::parse(
      "SIP/2.0 486 Busy Here\r\nVia: SIP/2.0/TCP [2001:db8::1]:5061;branch=z9hG4bKx\r\nf: <sip:a@b>;tag=1\r\n"
      "t: <sip:c@d>;tag=2\r\ni: x\r\nCSeq: 1 INVITE\r\nl: 0\r\n\r\n");
  ASSERT_FALSE(message.fault());
  EXPECT_TRUE(message.is_response());
  EXPECT_EQ(message.status(), 486U);
  EXPECT_EQ(message.reason_phrase(), "Busy Here");
  EXPECT_EQ(message.method(), Method::Invite);
  EXPECT_EQ(message.top_via().host, "[2001:db8::1]");
}

TEST(Message, JoinsFoldedLines) {
  const auto message = Message::parse(invite("Subject: one\r\n two\r\n\tthree\r\n"));
  ASSERT_FALSE(message.fault());
  EXPECT_EQ(message.value(Header::Subject), "one   two  \tthree");
}

TEST(Message, FindsListsAcrossFieldsAndCommas) {
  const auto message = Message::parse(invite("Supported: 100rel, timer\r\nk: replaces\r\n"));
  EXPECT_TRUE(message.lists(Header::Supported, "TIMER"));
  EXPECT_TRUE(message.lists(Header::Supported, "replaces"));
  EXPECT_FALSE(message.lists(Header::Supported, "path"));
}

TEST(Message, UnknownHeadersKeepTheirNames) {
  const auto message = Message::parse(invite("X-Odd_Name: 1, 2\r\n"));
  EXPECT_EQ(message.value("x-odd_name"), "1, 2");
  EXPECT_FALSE(message.value("X-Other"));
}

struct Fault {
  const char* name;
  std::string text;
  SipErrc code;
  unsigned status;
};

TEST(Message, NamesTheFaultAndItsStatus) {
  std::string many_headers;
  for (int i = 0; i < 256; ++i) many_headers += "X-A: 1\r\n";
  std::string many_vias;
  for (int i = 0; i < 64; ++i) many_vias += "Via: SIP/2.0/UDP h\r\n";
  const Fault faults[] = {
      {"no end of header", "OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/UDP h\r\n", SipErrc::Truncated, 400},
      {"not ended at all", "OPTIONS sip:a", SipErrc::Truncated, 400},
      {"empty", "", SipErrc::Truncated, 400},
      {"bare LF", "OPTIONS sip:a SIP/2.0\n\n", SipErrc::BadHeader, 400},
      {"bare CR in a value", invite("X: a\rVia: b\r\n"), SipErrc::BadHeader, 400},
      {"two CRs", invite("X: a\r\r\n"), SipErrc::BadHeader, 400},
      {"no colon", invite("nonsense\r\n"), SipErrc::BadHeader, 400},
      {"no name", invite(": value\r\n"), SipErrc::BadHeader, 400},
      {"second From", invite("From: <sip:x@y>\r\n"), SipErrc::Repeated, 400},
      {"second Call-ID in compact form", invite("i: other\r\n"), SipErrc::Repeated, 400},
      {"many headers", invite(many_headers), SipErrc::TooMany, 400},
      {"many Vias", invite(many_vias), SipErrc::TooMany, 400},
      {"Max-Forwards beyond 255", "OPTIONS sip:a SIP/2.0\r\nMax-Forwards: 256\r\n\r\n", SipErrc::BadNumber, 400},
      {"other version", "OPTIONS sip:a SIP/3.0\r\n\r\n", SipErrc::OtherVersion, 505},
      {"no version", "OPTIONS sip:a HTTP/1.1\r\n\r\n", SipErrc::BadStartLine, 400},
      {"too large", invite("", std::string(70'000, 'x')), SipErrc::TooLarge, 513},
      {"longer body promised",
       "OPTIONS sip:a SIP/2.0\r\nContent-Length: 1\r\nVia: SIP/2.0/UDP h\r\nFrom: <sip:a@b>\r\n"
       "To: <sip:a@b>\r\nCall-ID: x\r\nCSeq: 1 OPTIONS\r\n\r\n",
       SipErrc::Truncated, 400},
      {"nothing mandatory", "OPTIONS sip:a SIP/2.0\r\n\r\n", SipErrc::Missing, 400},
  };
  for (const auto& [name, text, code, status] : faults) {
    SCOPED_TRACE(name);
    const auto message = Message::parse(text);
    ASSERT_TRUE(message.fault());
    EXPECT_EQ(to_string(message.fault()->code), to_string(code));
    EXPECT_EQ(message.fault()->status, status);
  }
}

TEST(Message, OffsetPointsAtTheFault) {
  const auto text = invite("Via: SIP/2.0/UDP ho{st\r\n");
  const auto message = Message::parse(text);
  ASSERT_TRUE(message.fault());
  EXPECT_EQ(message.fault()->offset, text.find('{'));
}

TEST(Message, StreamNeedsContentLength) {
  const std::string text =
      "OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\n"
      "To: <sip:a@b>\r\nCall-ID: x\r\nCSeq: 1 OPTIONS\r\n\r\n";
  EXPECT_FALSE(Message::parse(text, Framing::Datagram).fault());
  EXPECT_EQ(Message::parse(text, Framing::Stream).fault()->code, SipErrc::Missing);
}

TEST(Message, SdpIsTheBodyOfThatTypeOnly) {
  EXPECT_EQ(Message::parse(invite("c: application/SDP; charset=utf-8\r\n", "v=0")).sdp(), "v=0");
  EXPECT_EQ(Message::parse(invite("c: text/plain\r\n", "v=0")).sdp(), "");
  EXPECT_EQ(Message::parse(invite("", "v=0")).sdp(), "");
}

TEST(HeaderName, KnowsEveryNameInAnyCaseAndForm) {
  for (unsigned i = 0; i < static_cast<unsigned>(Header::Other); ++i) {
    const auto id = static_cast<Header>(i);
    std::string name(name_of(id));
    EXPECT_EQ(header_of(name), id);
    for (char& c : name) c = static_cast<char>(std::toupper(c));
    EXPECT_EQ(header_of(name), id);
  }
  EXPECT_EQ(header_of("v"), Header::Via);
  EXPECT_EQ(header_of("M"), Header::Contact);
  EXPECT_EQ(header_of("z"), Header::Other);
  EXPECT_EQ(header_of(""), Header::Other);
  EXPECT_EQ(header_of("Viaa"), Header::Other);
  EXPECT_EQ(method_of("invite"), Method::Other);  // methods have a case (RFC 3261 §7.1)
}

}  // namespace
}  // namespace parley::sip
