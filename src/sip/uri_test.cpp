#include <gtest/gtest.h>

#include <sip/uri.hpp>

namespace parley::sip {
namespace {

Uri uri(std::string_view text) {
  const auto parsed = parse_uri(text);
  EXPECT_TRUE(parsed) << text;
  return parsed ? *parsed : Uri{};
}

TEST(Uri, ReadsUserHostPortParametersAndHeaders) {
  const auto u = uri("sip:al%69ce:secret@[2001:db8::5]:5071;transport=tcp;lr?Subject=x&Priority=urgent");
  EXPECT_EQ(u.user_text(), "alice");
  EXPECT_EQ(u.password, "secret");
  EXPECT_EQ(u.host, "[2001:db8::5]");
  EXPECT_EQ(u.port, 5071);
  EXPECT_EQ(u.transport(), Transport::Tcp);
  EXPECT_TRUE(u.params.has("LR"));
  EXPECT_EQ(u.headers, "Subject=x&Priority=urgent");
  EXPECT_EQ(uri("sips:a@b").port_or_default(), 5061);
  EXPECT_EQ(uri("sip:a@b").port_or_default(), 5060);
  EXPECT_EQ(uri("sips:a@b;transport=tcp").transport(), Transport::Tls);
  EXPECT_EQ(uri("tel:+358-555-1234567;phone-context=x").user, "+358-555-1234567");
  EXPECT_EQ(uri("urn:service:sos").scheme, Scheme::Other);
  EXPECT_EQ(uri("sip:*72#@host").user, "*72#");
}

TEST(Uri, RefusesWhatBreaksTheGrammar) {
  for (const char* text : {"",
                           "sip",
                           "sip:",
                           ":x",
                           "sip:@host",
                           "sip:a@",
                           "sip:a@b:",
                           "sip:a@b:0",
                           "sip:a@b:65536",
                           "sip:a@b:5x",
                           "sip:a@[::1",
                           "sip:a@[zz]",
                           "sip:a b@c",
                           "sip:a@b;",
                           "sip:a@b;;x",
                           "sip:a@b;=x",
                           "sip:a%4@b",
                           "sip:a%zz@b",
                           "sip:a@b?",
                           "sip:<a@b>",
                           "sip:a@b ",
                           "sip:a@b;x=\"y\"",
                           "tel:",
                           "tel:abcxyz",
                           "1x:y",
                           "http:",
                           "http:a b",
                           "sip:a@b@c"}) {
    EXPECT_FALSE(parse_uri(text)) << text;
  }
  EXPECT_EQ(parse_uri("sip:a@b:99999").error().code, SipErrc::BadUri);
  EXPECT_EQ(parse_uri("sip:a@b;x=\x01").error().offset, 7U);
}

struct Pair {
  const char* a;
  const char* b;
};

TEST(Uri, TelNumbersAreDialable) {  // RFC 3966 §3
  for (const char* fine :
       {"tel:+1-201-555-0123", "tel:+(49)30", "tel:*72#;phone-context=example.com", "tel:7042;phone-context=+1"})
    EXPECT_TRUE(parse_uri(fine)) << fine;
  for (const char* bad : {"tel:", "tel:+", "tel:-", "tel:+.", "tel:+1a", "tel:+1*", "tel:1 2", "tel:one"})
    EXPECT_FALSE(parse_uri(bad)) << bad;
}

TEST(Uri, EquivalentAsInRfc3261Section19_1_4) {
  const Pair same[] = {
      {"sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"},
      {"sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"},
      {"sip:carol@chicago.com;security=on", "sip:carol@chicago.com;newparam=5"},
      {"sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
       "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com"},
      {"sip:alice@atlanta.com?subject=project%20x&priority=urgent",
       "sip:alice@atlanta.com?priority=urgent&subject=project%20x"},
      {"sip:a@[2001:DB8::1]", "sip:a@[2001:db8:0::1]"},
      {"tel:+1-201-555-0123", "tel:+12015550123"},
  };
  for (const auto& [a, b] : same) EXPECT_TRUE(equivalent(uri(a), uri(b))) << a << " " << b;
  const Pair different[] = {
      {"SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"},
      {"sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"},
      {"sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"},
      {"sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"},
      {"sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"},
      {"sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"},
      {"sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"},
      {"sip:a@b", "sips:a@b"},
      {"sip:a%40x@b", "sip:a@b"},
      {"sip:%00@b", "sip:%00%00@b"},
      {"sip:a%3Bb@c", "sip:a;b@c"},
      {"tel:123;phone-context=a", "tel:123"},
  };
  for (const auto& [a, b] : different) EXPECT_FALSE(equivalent(uri(a), uri(b))) << a << " " << b;
}

TEST(Uri, BoundsItsParameters) {  // comparing them costs their product
  std::string text = "sip:a@b";
  for (std::size_t i = 0; i < kMaxParams; ++i) text += ";p" + std::to_string(i);
  EXPECT_TRUE(parse_uri(text));
  EXPECT_FALSE(parse_uri(text + ";more"));
}

TEST(Uri, EscapesWhatAUserMayNotHold) {
  EXPECT_EQ(escape_user("a b@c#"), "a%20b%40c%23");
  EXPECT_EQ(unescape("a%20b%40c%23"), "a b@c#");
  EXPECT_EQ(unescape("50%"), "50%");
  EXPECT_EQ(unescape("%4"), "%4");
}

}  // namespace
}  // namespace parley::sip
