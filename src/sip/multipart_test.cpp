#include <gtest/gtest.h>

#include <sip/message.hpp>
#include <sip/multipart.hpp>

namespace parley::sip {
namespace {

Message with(const std::string& header, const std::string& body) {
  return Message::parse(
      "MESSAGE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\n"
      "Call-ID: x\r\nCSeq: 1 MESSAGE\r\n" +
      header + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
}
Message mixed(const std::string& body) { return with("Content-Type: multipart/mixed;boundary=\"b b\"\r\n", body); }

TEST(Multipart, APlainBodyIsOnePart) {
  EXPECT_TRUE(body_parts(with("", ""))->empty());
  const auto message =
      with("c: Application/SDP;charset=x\r\nContent-Disposition: session;handling=OPTIONAL\r\n", "v=0");
  const auto parts = *body_parts(message);
  ASSERT_EQ(parts.size(), 1U);
  EXPECT_EQ(parts[0].type, "application/sdp");
  EXPECT_TRUE(parts[0].optional);
  EXPECT_EQ(parts[0].content, "v=0");
  EXPECT_EQ((*body_parts(with("", "x")))[0].type, "application/octet-stream");
}

TEST(Multipart, PartsAreCutAtTheirBoundaryAlone) {  // RFC 2046 §5.1.1
  const auto message = mixed(
      "preamble --b b\r\n--b b \t\r\n\r\nplain\r\n--b bb is text\r\n--b b\r\nContent-Type:\r\n "
      "application/sdp\r\nContent-ID: <1@x>\r\n\r\nv=0\r\n\r\n"
      "--b b\r\n\r\n--b b--\r\nepilogue\r\n--b b\r\n");
  const auto parts = *body_parts(message);
  ASSERT_EQ(parts.size(), 3U);
  EXPECT_EQ(parts[0].type, "text/plain");
  EXPECT_EQ(parts[0].disposition, "render");
  EXPECT_EQ(parts[0].content, "plain\r\n--b bb is text");
  EXPECT_EQ(parts[1].type, "application/sdp");
  EXPECT_EQ(parts[1].disposition, "session");
  EXPECT_EQ(parts[1].content_id, "1@x");
  EXPECT_EQ(parts[1].content, "v=0\r\n");
  EXPECT_EQ(parts[2].content, "");
  EXPECT_EQ(message.sdp(), "v=0\r\n");
}

TEST(Multipart, NestsAndHandsDownWhatEnclosesIt) {  // RFC 5621 §7, §8
  const auto message = mixed(
      "--b b\r\nContent-Type: multipart/alternative;boundary=in\r\nContent-Disposition: "
      "render;handling=optional\r\n\r\n"
      "--in\r\n\r\none\r\n--in\r\nContent-Type: text/html\r\n\r\ntwo\r\n--in--\r\n--b b\r\nContent-Type: "
      "image/png\r\nContent-Transfer-Encoding: base64\r\n\r\nx\r\n--b b--");
  const auto parts = *body_parts(message);
  ASSERT_EQ(parts.size(), 3U);
  EXPECT_TRUE(parts[0].optional && parts[1].optional);
  EXPECT_NE(parts[0].alternatives, 0U);
  EXPECT_EQ(parts[0].alternatives, parts[1].alternatives);
  EXPECT_FALSE(parts[2].optional);
  EXPECT_EQ(parts[2].alternatives, 0U);
  EXPECT_EQ(parts[2].encoding, "base64");
}

TEST(Multipart, RefusesWhatHasNoEndOrNoBounds) {
  std::string many;
  for (int i = 0; i < 17; ++i) many += "--b b\r\n\r\nx\r\n";
  std::string deep;
  for (int i = 0; i < 5; ++i) deep += "--b b\r\nContent-Type: multipart/mixed;boundary=\"b b\"\r\n\r\n";
  deep += "--b b--";
  for (const auto& body : {std::string("x"), std::string("--b b--"), std::string("--b b\r\n\r\nx"),
                           std::string("--b b\r\nno header\r\n\r\nx\r\n--b b--"),
                           std::string("--b b\r\nContent-Type: x\r\n\r\nx\r\n--b b--"), many + "--b b--", deep}) {
    const auto message = mixed(body);
    const auto parts = body_parts(message);
    ASSERT_FALSE(parts) << body;
    EXPECT_LE(parts.error().offset, message.bytes().size());
    EXPECT_EQ(message.sdp(), "");
  }
  for (const char* type : {"multipart/mixed", "multipart/mixed;boundary=\"\"", "multipart/mixed;boundary=\"x \"",
                           "multipart/mixed;boundary=\"x\x01\""})
    EXPECT_FALSE(body_parts(with(std::string("Content-Type: ") + type + "\r\n", "--x\r\n\r\nx\r\n--x--"))) << type;
  EXPECT_FALSE(body_parts(with("Content-Type: multipart/mixed;boundary=" + std::string(71, 'x') + "\r\n", "--x--")));
}

}  // namespace
}  // namespace parley::sip
