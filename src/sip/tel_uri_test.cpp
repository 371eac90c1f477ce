#include <gtest/gtest.h>

#include <sip/tel_uri.hpp>

namespace parley::sip {
namespace {

Result<TelNumber, ParseError> tel(std::string_view text) {
  const auto uri = parse_uri(text);
  EXPECT_TRUE(uri) << text;
  return parse_tel(uri.value_or(Uri{}));
}

TEST(TelUri, GlobalNumbersLoseTheirSeparators) {  // RFC 3966 §3, §5.1.4
  for (const char* text : {"tel:+1-201-555-0123", "tel:+12015550123", "tel:+1(201)555.0123",
                           "sip:+1-201-555-0123@acme.example;user=phone"}) {
    const auto number = tel(text);
    ASSERT_TRUE(number) << text;
    EXPECT_EQ(number->digits, "+12015550123") << text;
    EXPECT_TRUE(number->global);
    EXPECT_EQ(number->context, "");
  }
}

TEST(TelUri, LocalNumbersSayWhosePlanTheyBelongTo) {  // §5.1.5
  const auto in_domain = tel("tel:7042;phone-context=example.com");
  ASSERT_TRUE(in_domain);
  EXPECT_EQ(in_domain->digits, "7042");
  EXPECT_EQ(in_domain->context, "example.com");
  EXPECT_TRUE(in_domain->context_is_domain);
  const auto in_area = tel("tel:863-1234;phone-context=+1-914-555");
  ASSERT_TRUE(in_area);
  EXPECT_EQ(in_area->digits, "8631234");
  EXPECT_FALSE(in_area->context_is_domain);
  EXPECT_EQ(tel("tel:*72#")->digits, "*72#");
  EXPECT_EQ(tel("tel:1A2b;phone-context=a.b")->digits, "1a2b");
  EXPECT_EQ(tel("sip:7042;phone-context=example.com@gw.example;user=phone")->context, "example.com");
}

TEST(TelUri, ParametersAreRead) {  // §5.3, §5.4
  EXPECT_EQ(tel("tel:+358-555-1234567;ext=102")->extension, "102");
  EXPECT_EQ(tel("tel:+358-555-1234567;isub=1411;x=y")->subaddress, "1411");
}

TEST(TelUri, RefusesWhatBreaksTheGrammar) {
  for (const char* text : {"tel:7042;phone-context=", "tel:7042;phone-context=-a.com", "tel:7042;phone-context=a..com",
                           "tel:7042;phone-context=1.2", "tel:7042;phone-context=+", "tel:7042;phone-context=+1x",
                           "tel:7042;phone-context=a.com;phone-context=b.com", "tel:+123;phone-context=a.com",
                           "tel:+123;ext=", "tel:+123;ext=one", "tel:+123;ext=+5", "tel:+123;ext=1;ext=2",
                           "tel:+123;ext=1;isub=2", "tel:+123;isub=", "sip:alice@acme.example", "sip:+@acme.example"}) {
    const auto number = tel(text);
    EXPECT_FALSE(number) << text;
    if (!number) EXPECT_LT(number.error().offset, std::string_view(text).size());
  }
}

}  // namespace
}  // namespace parley::sip
