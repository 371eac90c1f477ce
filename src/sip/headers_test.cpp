#include <vector>

#include <gtest/gtest.h>

#include <sip/headers.hpp>

namespace parley::sip {
namespace {

TEST(NameAddr, ReadsItsForms) {
  const auto a = parse_name_addr(" \"A. G. \\\"Bell\\\"\" <sip:agb@bell.com;lr> ;tag=a48s ; x = \"y;z\"");
  ASSERT_TRUE(a);
  EXPECT_EQ(a->display_text(), "A. G. \"Bell\"");
  EXPECT_EQ(a->uri.user, "agb");
  EXPECT_TRUE(a->uri.params.has("lr"));
  EXPECT_EQ(a->tag(), "a48s");
  EXPECT_EQ(a->params.value("X"), "y;z");
  const auto b = parse_name_addr("sip:+12125551212@server.phone2net.com;tag=887s");
  ASSERT_TRUE(b);
  EXPECT_EQ(b->tag(), "887s");
  EXPECT_TRUE(b->uri.params.empty());
  const auto c = parse_name_addr("Anonymous  User <sip:c8oqz84zk7z@privacy.org>;tag=hyh8");
  ASSERT_TRUE(c);
  EXPECT_EQ(c->display, "Anonymous  User");
  EXPECT_TRUE(parse_name_addr("*")->is_star);
  EXPECT_EQ(parse_name_addr("J\xC3\xBCrgen <sip:j@x>")->display_text(), "J\xC3\xBCrgen");
}

TEST(NameAddr, RefusesBrokenForms) {
  for (const char* text :
       {"", "<>", "<sip:a@b", "\"A <sip:a@b>", "\"A\" sip:a@b", "<sip:a@b>;", "<sip:a@b>;;", "<sip:a@b> x",
        "sip:a@b?x=y", "a, b <sip:a@b>", "<sip:a@b>;x=", "<sip:a@b>;x=\"y", "* ;expires=1"}) {
    EXPECT_FALSE(parse_name_addr(text)) << text;
  }
}

TEST(NameAddr, DisplayTextIsAlwaysFitToShow) {
  EXPECT_EQ(parse_name_addr("\"a\x01\xff\" <sip:a@b>")->display_text(), "a \xEF\xBF\xBD");
  EXPECT_EQ(parse_name_addr("\"\xED\xA0\x80\" <sip:a@b>")->display_text(), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(NameAddr, ExpiresSaturatesAndQIsThousandths) {
  EXPECT_EQ(parse_name_addr("<sip:a@b>;expires=280297596632815")->expires(), 0xffffffffU);
  EXPECT_EQ(parse_name_addr("<sip:a@b>;expires=60")->expires(), 60U);
  EXPECT_EQ(parse_name_addr("<sip:a@b>;expires=-1")->expires(), std::nullopt);
  EXPECT_EQ(parse_name_addr("<sip:a@b>;q=0.7")->q_thousandths(), 700U);
  EXPECT_EQ(parse_name_addr("<sip:a@b>;q=1")->q_thousandths(), 1000U);
  EXPECT_EQ(parse_name_addr("<sip:a@b>;q=9")->q_thousandths(), 1000U);
}

TEST(Via, ReadsSentByAndParameters) {
  const auto via =
      parse_via("SIP / 2.0 / UDP first.example.com: 4000;ttl=16 ;maddr=224.2.0.1 ;branch=z9hG4bKa7c6a8dlze.1;rport");
  ASSERT_TRUE(via);
  EXPECT_EQ(via->transport, Transport::Udp);
  EXPECT_EQ(via->host, "first.example.com");
  EXPECT_EQ(via->port, 4000);
  EXPECT_EQ(via->branch, "z9hG4bKa7c6a8dlze.1");
  EXPECT_TRUE(via->rport);
  EXPECT_TRUE(via->has_rfc3261_branch());
  EXPECT_EQ(parse_via("SIP/2.0/TLS [2001:db8::9:1]:5061;received=[2001:db8::9:255];branch=z9hG4bK87asdks7")->received,
            "[2001:db8::9:255]");
  EXPECT_EQ(parse_via("SIP/2.0/UDP h;rport=5062")->rport_value, 5062);
  for (const char* text :
       {"", "SIP/2.0/UDP", "SIP/2.0/UDP ", "SIP/1.0/UDP h", "SIP/2.0 UDP h", "SIP/2.0/UDP h:", "SIP/2.0/UDP h:70000",
        "SIP/2.0/UDP [::1", "SIP/2.0/UDP h;", "SIP/2.0/UDP h x", "HTTP/2.0/UDP h", "SIP/2.0/UDP h;branch="}) {
    EXPECT_FALSE(parse_via(text)) << text;
  }
}

TEST(CSeq, IsBoundedAndNeedsAMethod) {
  EXPECT_EQ(parse_cseq("0009   INVITE")->number, 9U);
  EXPECT_EQ(parse_cseq("2147483647 BYE")->number, 0x7fffffffU);
  EXPECT_EQ(parse_cseq("1 invite")->method, Method::Other);
  for (const char* text :
       {"", "1", "1 ", "INVITE 1", "2147483648 BYE", "-1 BYE", "1BYE", "1 BYE x", "36893488147419103232 REGISTER"})
    EXPECT_FALSE(parse_cseq(text)) << text;
}

TEST(Lists, SplitAtCommasOutsideQuotesAndBrackets) {
  std::string_view rest = "\"a,b\" <sip:x@y;p=1,2>, <sip:z@y> ,c,";
  std::vector<std::string> parts;
  std::string_view element;
  while (next_element(rest, element)) parts.emplace_back(element);
  EXPECT_EQ(parts, (std::vector<std::string>{"\"a,b\" <sip:x@y;p=1,2>", "<sip:z@y>", "c", ""}));
}

TEST(Auth, FindsParametersOfDigest) {
  const auto auth = parse_auth("Digest username=\"a\\\"b, c\", realm=\"x\",nonce=\"n\" , qop=auth, nc=00000001");
  ASSERT_TRUE(auth);
  EXPECT_TRUE(auth->is_digest());
  EXPECT_EQ(unquote(auth->value("USERNAME")), "a\"b, c");
  EXPECT_EQ(auth->value("nc"), "00000001");
  EXPECT_FALSE(auth->find("opaque"));
  EXPECT_FALSE(parse_auth("Digest username=\"a"));
  EXPECT_FALSE(parse_auth("Digest username"));
  EXPECT_FALSE(parse_auth("Digest a=b,"));
  EXPECT_TRUE(parse_auth("NoOneKnowsThisScheme opaque-data=here"));
}

TEST(OtherHeaders, ReadReasonRetryAfterAndMediaType) {
  const auto reason = parse_reason("SIP ;cause=200 ;text=\"Call completed elsewhere\"");
  ASSERT_TRUE(reason);
  EXPECT_EQ(reason->protocol, "SIP");
  EXPECT_EQ(reason->cause, 200U);
  EXPECT_EQ(reason->text, "Call completed elsewhere");
  EXPECT_EQ(parse_retry_after("18000;duration=3600")->seconds, 18000U);
  EXPECT_EQ(parse_retry_after("120 (I'm in a meeting)")->seconds, 120U);
  EXPECT_FALSE(parse_retry_after("949302838503028349304023988"));
  EXPECT_TRUE(parse_media_type("multipart/mixed;boundary=x")->is("Multipart", "MIXED"));
  EXPECT_FALSE(parse_media_type("text"));
}

TEST(Quoting, RoundTripsAndNeutralisesControls) {
  EXPECT_EQ(quote("a\"b\\c"), "\"a\\\"b\\\\c\"");
  EXPECT_EQ(unquote(quote("a\"b\\c")), "a\"b\\c");
  EXPECT_EQ(quote("a\r\nb"), "\"a  b\"");
}

}  // namespace
}  // namespace parley::sip
