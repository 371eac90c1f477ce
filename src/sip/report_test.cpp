// What the report says of messages: reading, place, rule.
#include <gtest/gtest.h>

#include <sip/report.hpp>

namespace parley::sip {
namespace {

std::string options_with(const std::string& extra) {
  return "OPTIONS sip:example.com SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: "
         "<sip:c@d>\r\n"
         "Call-ID: x\r\nCSeq: 1 OPTIONS\r\n" +
         extra + "\r\n";
}

TEST(Report, AcceptsAndIsQuietAboutAGoodMessage) {
  const auto message = Message::parse(options_with(""));
  const auto report = report_on(message, {});
  EXPECT_EQ(report.reading, Reading::Accepted);
  EXPECT_TRUE(report.findings.empty());
}

TEST(Report, NamesFieldPlaceAndRule) {
  const auto text = options_with("Contact: <sip:a@b>;q=\r\n");
  const auto message = Message::parse(text);
  const auto report = report_on(message, {});
  EXPECT_EQ(report.reading, Reading::Refused);
  EXPECT_EQ(report.verdict.status, 400);
  ASSERT_EQ(report.findings.size(), 1U);
  EXPECT_EQ(report.findings[0].field, "Contact");
  EXPECT_EQ(report.findings[0].source, "RFC 3261 §20.10");
  EXPECT_EQ(report.findings[0].error.offset, text.find("q=") + 2);
  EXPECT_TRUE(report.findings[0].refuses);
}

TEST(Report, TellsOfFieldsThatAreIgnored) {
  const auto message = Message::parse(options_with("Alert-Info: ring\r\nWarning: x\r\n"));
  const auto report = report_on(message, {});
  EXPECT_EQ(report.reading, Reading::Accepted);
  ASSERT_EQ(report.findings.size(), 2U);
  EXPECT_FALSE(report.findings[0].refuses || report.findings[1].refuses);
  EXPECT_EQ(report.findings[1].source, "RFC 3261 §20.43");
}

TEST(Report, WellFormedIsNotServed) {  // RFC 4475 §3.2, §3.3: such messages must be read, and refused for what they ask
  const std::pair<std::string, unsigned> cases[] = {{options_with("Require: x\r\n"), 420},
                                                    {"FOO sip:a SIP/2.0\r\n\r\n", 400},
                                                    {"OPTIONS sip:a SIP/7.0\r\nVia: SIP/7.0/UDP h\r\n\r\n", 505}};
  for (const auto& [text, status] : cases) {
    const auto message = Message::parse(text);
    const auto report = report_on(message, {});
    EXPECT_EQ(report.reading, Reading::Accepted) << text;
    EXPECT_EQ(report.verdict.status, status) << text;
  }
}

TEST(Report, SaysWhatIsNoSipAtAll) {
  for (const char* text : {"", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "hello\n", "\x16\x03\x01"})
    EXPECT_EQ(report_on(Message::parse(text), {}).reading, Reading::NotSip) << text;
  EXPECT_EQ(report_on(Message::parse("INVITE  sip:a  SIP/2.0\r\n\r\n"), {}).reading, Reading::Refused);
}

}  // namespace
}  // namespace parley::sip
