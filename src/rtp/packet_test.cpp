#include <fstream>
#include <iterator>

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <rtp/packet.hpp>
#include <rtp/rtcp.hpp>

namespace parley::rtp {
namespace {

constexpr const char* kVectors = "tests/data/media/malformed/";

Bytes read_all(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(RtpPacket, ReadsWhatItWrites) {
  Bytes datagram(kRtpHeaderSize + 3, 7);
  write_rtp_header(datagram, {true, 101, 65535, 0xFFFFFF00, 0xDEADBEEF, {}});
  const auto packet = RtpPacket::parse(datagram);
  ASSERT_TRUE(packet);
  EXPECT_TRUE(packet->marker);
  EXPECT_EQ(packet->payload_type, 101);
  EXPECT_EQ(packet->sequence_number, 65535);
  EXPECT_EQ(packet->timestamp, 0xFFFFFF00U);
  EXPECT_EQ(packet->ssrc, 0xDEADBEEFU);
  EXPECT_EQ(packet->payload.size(), 3U);
}

TEST(RtpPacket, SkipsSourcesExtensionAndPadding) {
  const auto datagram = from_hex(
      "b2800001"
      "000000a0"
      "11223344"  // version 2, padding, extension, 2 CSRCs
      "aaaaaaaa"
      "bbbbbbbb"
      "bede0001"
      "10ff0000"  // one element of one byte, padding
      "010203"
      "000002");  // payload of 4 bytes, padding of 2
  ASSERT_TRUE(datagram);
  const auto packet = RtpPacket::parse(*datagram);
  ASSERT_TRUE(packet);
  EXPECT_EQ(to_hex(packet->payload), "01020300");
}

TEST(RtpPacket, RefusesTheHostileSetAsItsIndexSays) {
  const Bytes text = read_all(std::string(kVectors) + "index.json");
  const auto index = boost::json::parse(as_text(text));
  unsigned checked = 0;
  for (const auto& entry : index.at("packets").as_array()) {
    const std::string id(entry.at("id").as_string()), proto(entry.at("proto").as_string());
    const Bytes datagram = read_all(kVectors + std::string(entry.at("file").as_string()));
    ASSERT_EQ(static_cast<std::int64_t>(datagram.size()), entry.at("bytes").as_int64()) << id;
    // Payload rules need the negotiated codec: media/ drops these by payload type or by codec (codec/payload_test).
    const bool by_payload = id == "opus-bad-count" || id == "red-overrun";
    if (proto == "rtp" && entry.at("expected").as_string() == "drop" && !by_payload) {
      EXPECT_FALSE(RtpPacket::parse(datagram)) << id;
      ++checked;
    } else if (proto == "rtcp") {
      EXPECT_FALSE(RtcpCompound::parse(datagram)) << id;
      // The same behind a good receiver report, so that it is the part itself that is refused.
      Bytes compound = *from_hex("80c9000111223344");
      compound.insert(compound.end(), datagram.begin(), datagram.end());
      EXPECT_FALSE(RtcpCompound::parse(compound)) << id;
      ++checked;
    } else {
      (void)RtpPacket::parse(datagram);  // STUN, DTLS, TURN: any answer but a crash
      (void)RtcpCompound::parse(datagram);
      if (proto == "rtp" && id == "g711-odd-len") EXPECT_TRUE(RtpPacket::parse(datagram));
    }
  }
  EXPECT_EQ(checked, 16U);
}

TEST(LooksLikeRtcp, FollowsRfc5761) {
  EXPECT_TRUE(looks_like_rtcp(*from_hex("80c8")));
  EXPECT_FALSE(looks_like_rtcp(*from_hex("8000")));
  EXPECT_FALSE(looks_like_rtcp(*from_hex("80")));
}

}  // namespace
}  // namespace parley::rtp
