#include <gtest/gtest.h>

#include <base/random.hpp>
#include <sip/builder.hpp>
#include <sip/minted.hpp>

namespace parley::sip {
namespace {

const std::string kInvite =
    "INVITE sip:102@example.com SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 10.0.0.5:5070;rport;branch=z9hG4bKabc;received=1.2.3.4;x=\"q\", SIP/2.0/UDP "
    "lower;branch=z9hG4bKlow\r\n"
    "v: SIP/2.0/TCP lowest\r\n"
    "Record-Route: <sip:p2;lr>, <sip:p1;lr>\r\n"
    "From: <sip:101@example.com>;tag=a1\r\nTo: <sip:102@example.com>\r\nCall-ID: c1\r\nCSeq: 7 INVITE\r\nl: 0\r\n\r\n";

Message received(const std::string& text = kInvite, const char* from = "192.0.2.9:40000") {
  auto message = Message::parse(text);
  message.source.remote = *Endpoint::parse(from);
  return message;
}

TEST(ResponseBuilder, CopiesWhatAResponseMustCopy) {
  const auto request = received();
  const auto out = ResponseBuilder(request, 180, "b2").contact("<sip:102@h>").finish();
  const auto response = Message::parse(out.bytes);
  ASSERT_FALSE(response.fault());
  EXPECT_EQ(response.status(), 180U);
  EXPECT_EQ(response.reason_phrase(), "Ringing");
  EXPECT_EQ(response.via_count(), 3U);
  EXPECT_EQ(response.to().tag(), "b2");
  EXPECT_EQ(response.from().tag(), "a1");
  EXPECT_EQ(response.name_addrs(Header::RecordRoute).size(), 2U);
  EXPECT_EQ(response.cseq().number, 7U);
  EXPECT_EQ(out.method, Method::Invite);
  EXPECT_EQ(out.status, 180);
}

TEST(RequestBuilder, OffersTheWayBackByItsConnection) {  // RFC 5923 §5
  const auto via = [](bool alias) {
    const auto out =
        RequestBuilder(Method::Options, "sip:h", {Transport::Tls, "192.0.2.1:5061", "z9hG4bKx", alias}).finish();
    return Message::parse(out.bytes).top_via().params.has("alias");
  };
  EXPECT_TRUE(via(true));
  EXPECT_FALSE(via(false));
}

TEST(ResponseBuilder, FillsInReceivedAndRport) {  // RFC 3581 §4
  const auto response = Message::parse(ResponseBuilder(received(), 200, "b").finish().bytes);
  EXPECT_EQ(response.top_via().received, "192.0.2.9");
  EXPECT_EQ(response.top_via().rport_value, 40000);
  EXPECT_EQ(response.top_via().branch, "z9hG4bKabc");
  EXPECT_EQ(response.top_via().params.value("x"), "q");
  const std::string text(response.top_via().text);
  EXPECT_EQ(text.find("1.2.3.4"), std::string::npos);  // what the sender claimed to have seen is not repeated
}

TEST(ResponseBuilder, TryingHasNoTagAndErrorsNoRecordRoute) {
  const auto trying = Message::parse(ResponseBuilder(received(), 100, "b").finish().bytes);
  EXPECT_EQ(trying.to().tag(), "");
  const auto busy = Message::parse(ResponseBuilder(received(), 486, "b").finish().bytes);
  EXPECT_EQ(busy.to().tag(), "b");
  EXPECT_FALSE(busy.has(Header::RecordRoute));
}

TEST(ResponseBuilder, AnswersARequestWithNothingInIt) {
  const auto request = Message::parse("OPTIONS sip:a SIP/2.0\r\n\r\n");
  const auto out = ResponseBuilder(request, 400, "t").finish();
  EXPECT_EQ(out.bytes, "SIP/2.0 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
}

TEST(ResponseFlow, GoesToWhereTheRequestCameFrom) {
  EXPECT_EQ(response_flow(received()).remote.text(), "192.0.2.9:40000");  // rport
  std::string without = kInvite;
  without.replace(without.find(";rport"), 6, ";maddr=203.0.113.7");
  EXPECT_EQ(response_flow(received(without)).remote.text(), "192.0.2.9:40000");  // sent-by is another's: behind a NAT
  without.replace(without.find("10.0.0.5"), 8, "192.0.2.9");
  EXPECT_EQ(response_flow(received(without)).remote.text(), "192.0.2.9:5070");  // sent-by port, never maddr
  without.replace(without.find(":5070"), 5, "");
  EXPECT_EQ(response_flow(received(without)).remote.text(), "192.0.2.9:5060");
}

TEST(RequestBuilder, WritesARequestThatReadsBack) {
  const auto out = RequestBuilder(Method::Invite, "sip:102@192.0.2.7", {Transport::Udp, "192.0.2.1:5060", "z9hG4bK-x"})
                       .from(name_addr("Ann \"A\"", "sip:101@example.com", "t1"))
                       .to(name_addr("", "sip:102@example.com"))
                       .call_id("c9")
                       .cseq(3)
                       .max_forwards()
                       .header("X-Parley", "1")
                       .body("application/sdp", "v=0\r\n")
                       .finish();
  const auto message = Message::parse(out.bytes);
  ASSERT_FALSE(message.fault());
  EXPECT_EQ(out.branch(), "z9hG4bK-x");
  EXPECT_EQ(message.top_via().branch, "z9hG4bK-x");
  EXPECT_EQ(message.from().display_text(), "Ann \"A\"");
  EXPECT_EQ(message.cseq().number, 3U);
  EXPECT_EQ(message.sdp(), "v=0\r\n");
}

TEST(RequestBuilder, NoValueCanSmuggleALineIn) {
  const auto out = RequestBuilder(Method::Bye, "sip:a@b\r\nX: 1", {Transport::Tcp, "h", "z9hG4bK1"})
                       .header(Header::UserAgent, std::string_view("a\r\nRoute: <sip:evil>\0", 21))
                       .finish();
  const auto message = Message::parse(out.bytes);
  EXPECT_FALSE(message.has(Header::Route));
  EXPECT_EQ(out.bytes.find('\0'), std::string::npos);
  EXPECT_EQ(message.fields().size(), 3U);  // Via, User-Agent, Content-Length
}

TEST(ReasonPhrase, KnowsTheUsualOnesAndTheClassOfOthers) {
  EXPECT_EQ(reason_phrase_of(487), "Request Terminated");
  EXPECT_EQ(reason_phrase_of(699), "Global Failure");
  EXPECT_EQ(reason_phrase_of(100), "Trying");
  EXPECT_EQ(reason_phrase_of(608), "Rejected");
}

TEST(Minted, CarriesItsReactor) {
  SeededRandom random(1);
  for (const unsigned reactor : {0U, 1U, 31U, 32U, 1023U}) {
    EXPECT_EQ(reactor_of(mint_branch(reactor, random)), reactor);
    EXPECT_EQ(reactor_of(mint_tag(reactor, random)), reactor);
    EXPECT_EQ(reactor_of(mint_call_id(reactor, random)), reactor);
  }
  EXPECT_NE(mint_tag(1, random), mint_tag(1, random));
  for (const char* text : {"", "py", "pyaa", "pyaa_x", "pya0-x", "z9hG4bK-", "z9hG4bKpyaa-x", "a84b4c76e66710"})
    EXPECT_FALSE(reactor_of(text)) << text;
}

TEST(Minted, OwnerFollowsTagThenCallIdThenHash) {
  SeededRandom random(1);
  const auto request = [](const std::string& method, const std::string& to_tag, const std::string& call_id) {
    return Message::parse(
        method + " sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKf\r\nFrom: <sip:x@y>;tag=f\r\nTo: <sip:a@b>" +
        (to_tag.empty() ? "" : ";tag=" + to_tag) + "\r\nCall-ID: " + call_id + "\r\nCSeq: 1 " + method + "\r\n\r\n");
  };
  EXPECT_EQ(owner_of(request("BYE", mint_tag(2, random), mint_call_id(1, random)), 4), 2U);
  EXPECT_EQ(owner_of(request("INVITE", "", mint_call_id(3, random)), 4), 3U);
  EXPECT_EQ(owner_of(request("INVITE", "", "foreign"), 4), owner_of(request("CANCEL", "", "foreign"), 4));
  EXPECT_LT(owner_of(request("BYE", mint_tag(9, random), "foreign"), 4), 4U);  // not one of ours: no reactor 9 here
  const auto response =
      Message::parse("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;branch=" + mint_branch(1, random) + "\r\n\r\n");
  EXPECT_EQ(owner_of(response, 4), 1U);
  unsigned seen = 0;
  for (int i = 0; i < 100; ++i) seen |= 1U << owner_of(request("INVITE", "", "call-" + std::to_string(i)), 4);
  EXPECT_EQ(seen, 15U);
}

}  // namespace
}  // namespace parley::sip
