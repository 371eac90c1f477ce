#include <gtest/gtest.h>

#include <ice/stun_message.hpp>

namespace parley::ice {
namespace {

// RFC 5769 §2.1 to §2.4: request, IPv4 and IPv6 response with short-term credentials, request with long-term ones.
const std::string kRequest =
    "000100582112a442b7e7a701bc34d686fa87dfae802200105354554e207465737420636c69656e74002400046e0001ff80290008932ff9b151"
    "2"
    "63b36000600096576746a3a68367659202020000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a280280004e57a3bcf";
const std::string kResponse4 =
    "0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000080001a147e112a643000800142b91f599fd"
    "9e90c38c7489f92af9ba53f06be7d780280004c07d4c96";
const std::string kResponse6 =
    "010100482112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000140002a1470113a9faa5d3f179bc25f4b5be"
    "d2b9d900080014a382954e4be67bf11784c97c8292c275bfe3ed4180280004c8fb0b4c";
const std::string kLongTerm =
    "000100602112a44278ad3433c6ad72c029da412e00060012e3839ee38388e383aae38383e382afe382b900000015001c662f2f3439396b3935"
    "3464364f4c33346f4c394653547679363473410014000b6578616d706c652e6f72670000080014f67024656dd64a3e02b8e0712e85c9a28ca8"
    "9666";
constexpr std::string_view kPassword = "VOkJxbRl1RmTxUk/WvJxBt";

Bytes hex(std::string_view text) { return from_hex(text).value(); }

TEST(StunMessage, TheRequestOfRfc5769IsReadAndProven) {
  const auto bytes = hex(kRequest);
  const auto message = StunMessage::parse(bytes);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->type(), kBindingRequest);
  EXPECT_EQ(message->text(kUsername), "evtj:h6vY");
  EXPECT_EQ(to_hex(message->find(kPriority)->value), "6e0001ff");
  EXPECT_EQ(to_hex(message->find(kIceControlled)->value), "932ff9b151263b36");
  EXPECT_EQ(message->fingerprint(), true);
  EXPECT_TRUE(message->proves(kPassword));
  EXPECT_FALSE(message->proves("VOkJxbRl1RmTxUk/WvJxBu"));
}

TEST(StunMessage, TheResponsesOfRfc5769CarryTheAddress) {
  for (const auto& [text, address] : {std::pair(kResponse4, "192.0.2.1:32853"),
                                      std::pair(kResponse6, "[2001:db8:1234:5678:11:2233:4455:6677]:32853")}) {
    const auto bytes = hex(text);
    const auto message = StunMessage::parse(bytes);
    ASSERT_TRUE(message);
    EXPECT_EQ(message->mapped_address(), Endpoint::parse(address));
    EXPECT_EQ(message->fingerprint(), true);
    EXPECT_TRUE(message->proves(kPassword));
  }
}

TEST(StunMessage, LongTermCredentialsProveWithTheirMd5Key) {
  const auto bytes = hex(kLongTerm);
  const auto message = StunMessage::parse(bytes);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->text(kUsername), "マトリックス");
  EXPECT_EQ(message->fingerprint(), std::nullopt);
  EXPECT_TRUE(message->proves(as_text(hex("e8ca7ad59d5eb0518e312911d2dab2a9"))));
}

TEST(StunMessage, WhatWeWriteIsWhatRfc5769Has) {
  const auto bytes = hex(kResponse4);
  StunWriter out(kBindingResponse, StunMessage::parse(bytes)->id());
  out.attribute(0x8022, as_bytes("test vector "));
  out.xor_address(*Endpoint::parse("192.0.2.1:32853")).integrity(kPassword).fingerprint();
  const auto read = StunMessage::parse(out.bytes());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->mapped_address(), Endpoint::parse("192.0.2.1:32853"));
  EXPECT_TRUE(read->proves(kPassword));
  EXPECT_EQ(read->fingerprint(), true);
}

/// What must not be taken, and by what it is found out.
TEST(StunMessage, ChangedMessagesAreFoundOut) {
  struct Row {
    const char* name;
    const char* from;
    const char* to;
  };
  const Row unproven[] = {{"mi-flipped", "cbfd8cb56", "cbfd9cb56"}, {"padding-zeroed", "7659202020", "7659000000"}};
  for (const auto& row : unproven) {
    auto text = kRequest;
    text.replace(text.find(row.from), std::string_view(row.from).size(), row.to);
    const auto bytes = hex(text);
    const auto message = StunMessage::parse(bytes);
    ASSERT_TRUE(message) << row.name;
    EXPECT_FALSE(message->proves(kPassword)) << row.name;
    EXPECT_EQ(message->fingerprint(), false) << row.name;
  }
  auto text = kRequest;
  text.back() = 'e';
  const auto flipped = hex(text);
  EXPECT_EQ(StunMessage::parse(flipped)->fingerprint(), false);
  const Row no_stun[] = {{"length-off-by-4", "00010058", "0001005c"},
                         {"length-not-mult-4", "00010058", "00010057"},
                         {"wrong-cookie", "2112a442", "2112a443"},
                         {"top-bits-set", "00010058", "c0010058"}};
  for (const auto& row : no_stun) {
    auto changed = kRequest;
    changed.replace(changed.find(row.from), 8, row.to);
    const auto bytes = hex(changed);
    EXPECT_EQ(StunMessage::parse(bytes).error(), StunErrc::NotStun) << row.name;
  }
  const auto after =
      hex("000100282112a442b7e7a701bc34d686fa87dfae000600096576746a3a68367659000000000800140382c46e3e4c41"
          "3a025ec8c449f2c7694ab9c08c00240004ffffffff");
  EXPECT_FALSE(is_stun(after)) << "attr-after-mi: beyond the length";
}

TEST(StunMessage, BrokenAttributesRefuseTheMessage) {
  const std::string id = "2112a442b7e7a701bc34d686fa87dfae";
  const auto parse = [](const std::string& text) { return StunMessage::parse(hex(text)).error(); };
  EXPECT_EQ(parse("0001fffc" + id), StunErrc::NotStun);                            // stun-len-fffc
  EXPECT_EQ(parse("00010008" + id + "0008000400000000"), StunErrc::BadAttribute);  // stun-mi-len-4
  EXPECT_EQ(parse("00010004" + id + "00060008"), StunErrc::Truncated);
  EXPECT_EQ(parse("00010010" + id + "8028000400000000" + "8022000400000000"), StunErrc::BadAttribute);  // not the last
  std::string flood = "000104b0" + id;
  for (int i = 0; i < 300; ++i) flood += "80220000";
  EXPECT_EQ(parse(flood), StunErrc::TooMany);
  const auto short_address = hex("01010008" + id + "0020000300010000");  // stun-mapped-len-3
  EXPECT_EQ(StunMessage::parse(short_address)->mapped_address(), std::nullopt);
}

TEST(StunMessage, WhatFollowsTheProofDoesNotCount) {
  StunWriter out(kBindingRequest, {});
  out.attribute(kUsername, as_bytes("a:b")).integrity("secret");
  out.attribute(kUseCandidate).fingerprint();
  const auto message = StunMessage::parse(out.bytes());
  ASSERT_TRUE(message);
  EXPECT_TRUE(message->proves("secret"));
  EXPECT_EQ(message->find(kUseCandidate), nullptr);
}

}  // namespace
}  // namespace parley::ice
