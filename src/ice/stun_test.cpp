#include <gtest/gtest.h>

#include <ice/stun.hpp>

namespace parley::ice {
namespace {

Bytes from_hex(std::string_view hex) {
  Bytes out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    out.push_back(static_cast<std::uint8_t>(std::stoul(std::string(hex.substr(i, 2)), nullptr, 16)));
  return out;
}
const std::string kId = "b7e7a701bc34d686fa87dfae";  // of RFC 5769

TEST(Stun, AnswersWithTheSourceAsRfc5769HasIt) {
  const auto request = parse_binding_request(from_hex("000100002112a442" + kId));
  ASSERT_TRUE(request);
  // XOR-MAPPED-ADDRESS of RFC 5769 §2.2 and §2.3.
  EXPECT_EQ(answer(*request, *Endpoint::parse("192.0.2.1:32853")),
            from_hex("0101000c2112a442" + kId + "002000080001a147e112a643"));
  EXPECT_EQ(answer(*request, *Endpoint::parse("[2001:db8:1234:5678:11:2233:4455:6677]:32853")),
            from_hex("010100182112a442" + kId + "002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9"));
}

TEST(Stun, TheSampleRequestOfRfc5769IsTaken) {
  const auto request =
      parse_binding_request(from_hex("000100582112a442" + kId +
                                     "802200105354554e207465737420636c69656e74"          // SOFTWARE
                                     "002400046e0001ff"                                  // PRIORITY
                                     "80290008932ff9b151263b36"                          // ICE-CONTROLLED
                                     "000600096576746a3a68367659202020"                  // USERNAME
                                     "000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2"  // MESSAGE-INTEGRITY
                                     "80280004e57a3bcf"));                               // FINGERPRINT
  ASSERT_TRUE(request);
  EXPECT_EQ(request->unknown, std::vector<std::uint16_t>{0x0024});  // PRIORITY belongs to ICE
  const auto refused = answer(*request, *Endpoint::parse("192.0.2.1:32853"));
  EXPECT_EQ(refused[0], 0x01);
  EXPECT_EQ(refused[1], 0x11);
  EXPECT_EQ(refused.size() % 4, 0U);
  EXPECT_TRUE(is_stun(refused));
}

TEST(Stun, WhatIsNoRequestWithTheCookieGetsNothing) {
  const std::string good = "000100002112a442" + kId;
  const char* const wrong[] = {
      "000100002112a443",  // another cookie: RFC 3489
      "010100002112a442",  // a response: two servers would talk for ever
      "001100002112a442",  // an indication
      "000200002112a442",  // another method
      "c00100002112a442",  // not STUN
      "000100042112a442",  // longer than it is
  };
  for (const auto* head : wrong) EXPECT_FALSE(parse_binding_request(from_hex(head + kId))) << head;
  for (std::size_t size = 0; size < 20; ++size) EXPECT_FALSE(is_stun(BytesView(from_hex(good)).first(size)));
  EXPECT_FALSE(parse_binding_request(from_hex("000100042112a442" + kId + "80220008")));  // attribute past the end
  EXPECT_FALSE(is_stun(as_bytes("OPTIONS sip:a@b SIP/2.0\r\n\r\n")));
}

}  // namespace
}  // namespace parley::ice
