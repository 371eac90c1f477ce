#include <gtest/gtest.h>

#include <sip/framer.hpp>
#include <sip/message.hpp>

namespace parley::sip {
namespace {

std::string message(std::string_view method, std::string_view body, std::string_view length_name = "Content-Length") {
  return std::string(method) + " sip:a SIP/2.0\r\n" + std::string(length_name) + ": " + std::to_string(body.size()) +
         "\r\n\r\n" + std::string(body);
}

TEST(StreamFramer, CutsMessagesHoweverTheBytesArrive) {
  const auto stream =
      message("ONE", "") + message("TWO", "body\r\n\r\nmore", "l") + "\r\n" + message("THREE", "x", "content-length\t");
  for (std::size_t step = 1; step <= stream.size(); ++step) {
    StreamFramer framer;
    std::vector<std::string> got;
    for (std::size_t at = 0; at < stream.size(); at += step) {
      framer.append(as_bytes(std::string_view(stream).substr(at, step)));
      for (;;) {
        auto next = framer.next();
        ASSERT_TRUE(next);
        if (!*next) break;
        got.push_back(std::move(**next));
      }
    }
    ASSERT_EQ(got.size(), 3U) << step;
    EXPECT_EQ(got[1], message("TWO", "body\r\n\r\nmore", "l"));
    EXPECT_EQ(framer.buffered(), 0U);
  }
}

TEST(StreamFramer, CountsPingsBetweenMessages) {
  StreamFramer framer;
  framer.append(as_bytes("\r\n\r\n" + message("ONE", "") + "\r\n\r\n"));
  EXPECT_TRUE(framer.next()->has_value());
  EXPECT_FALSE(framer.next()->has_value());
  EXPECT_EQ(framer.take_pings(), 2U);
  EXPECT_EQ(framer.take_pings(), 0U);
}

TEST(StreamFramer, RefusesAStreamThatCannotBeCut) {
  const std::pair<const char*, SipErrc> streams[] = {
      {"A sip:a SIP/2.0\r\nX: 1\r\n\r\n", SipErrc::Missing},
      {"A sip:a SIP/2.0\r\nl: 1\r\nContent-Length: 1\r\n\r\nx", SipErrc::Repeated},
      {"A sip:a SIP/2.0\r\nl: -999\r\n\r\n", SipErrc::BadNumber},
      {"A sip:a SIP/2.0\r\nl: 0x10\r\n\r\n", SipErrc::BadNumber},
      {"A sip:a SIP/2.0\r\nl: 4294967296\r\n\r\n", SipErrc::BadNumber},
      {"A sip:a SIP/2.0\r\nl: 70000\r\n\r\n", SipErrc::TooLarge},
  };
  for (const auto& [text, code] : streams) {
    StreamFramer framer;
    framer.append(as_bytes(text));
    const auto next = framer.next();
    ASSERT_FALSE(next) << text;
    EXPECT_EQ(next.error().code, code) << text;
    EXPECT_FALSE(framer.take_broken().empty());
    EXPECT_EQ(framer.buffered(), 0U);
  }
}

TEST(StreamFramer, DoesNotWaitForTheEndOfWhatIsNoSip) {
  for (const std::string text :
       {"GET / HTTP/1.1\r\n", "\x16\x03\x01", "\x80", "{\"a\":1}\n", "INVITE sip:a SIP/2.0\nVia: x\n\n"}) {
    StreamFramer framer;
    framer.append(as_bytes(text));
    EXPECT_FALSE(framer.next()) << text;
  }
  for (const std::string text : {"I", "INVITE sip:a", "INVITE sip:a SIP/2.0\r\n", "SIP/2.0 200\r\n", "\r", "\r\nINV"}) {
    StreamFramer framer;
    framer.append(as_bytes(text));
    EXPECT_TRUE(framer.next()) << text;
  }
}

TEST(StreamFramer, Rfc2543BodyWithoutLengthIsWhatCameWithIt) {  // and nothing behind it is ever a message
  const std::string head =
      "INVITE sip:a SIP/2.0\r\nVia: SIP/2.0/TCP h\r\nFrom: <sip:a@b>\r\nTo: <sip:c@d>\r\nCall-ID: x\r\nCSeq: 1 "
      "INVITE\r\n";
  const std::string old = head + "\r\nv=0\r\n" + message("BYE", "");
  StreamFramer framer;
  framer.append(as_bytes(old));
  const auto first = framer.next();
  ASSERT_TRUE(first && *first);
  EXPECT_EQ(**first, old);
  framer.append(as_bytes(message("BYE", "")));
  EXPECT_FALSE(framer.next()->has_value());
  EXPECT_EQ(framer.buffered(), 0U);
  StreamFramer broken;  // with a bare line feed nobody knows what its header says
  broken.append(as_bytes(head + "X: 1\nl: 3\r\n\r\nabc"));
  EXPECT_EQ(broken.next().error().code, SipErrc::Missing);
  StreamFramer strict;  // a branch with the cookie promises RFC 3261
  strict.append(as_bytes("INVITE sip:a SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\n\r\n"));
  EXPECT_EQ(strict.next().error().code, SipErrc::Missing);
}

TEST(StreamFramer, BoundsAHeaderWithoutEnd) {
  StreamFramer framer;
  framer.append(as_bytes("A sip:a SIP/2.0\r\n"));
  const std::string line = "X: " + std::string(1000, 'x') + "\r\n";
  bool refused = false;
  for (int i = 0; i < 70 && !refused; ++i) {
    framer.append(as_bytes(line));
    refused = !framer.next();
  }
  EXPECT_TRUE(refused);
}

TEST(StreamFramer, ReadsALongHeaderOnceHoweverSlowlyTheBodyComes) {
  std::string header = "A sip:a SIP/2.0\r\nl: 30000\r\n";
  while (header.size() < 30'000) header += "X-A: b\r\n";
  StreamFramer framer;
  framer.append(as_bytes(header + "\r\n"));
  for (int i = 0; i < 30'000; ++i) {  // 900 million looks at an octet if each of these read the header again
    EXPECT_FALSE(framer.next()->has_value());
    framer.append(as_bytes("\r"));
  }
  EXPECT_TRUE(framer.next()->has_value());
}

TEST(StreamFramer, TakesAFoldedContentLength) {
  StreamFramer framer;
  framer.append(as_bytes("A sip:a SIP/2.0\r\nl:\r\n 3\r\n\r\nabc"));
  EXPECT_TRUE(framer.next()->has_value());
}

}  // namespace
}  // namespace parley::sip
