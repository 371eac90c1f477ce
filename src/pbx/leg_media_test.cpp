#include <gtest/gtest.h>

#include <pbx/fake_world.hpp>

namespace parley::pbx {
namespace {

const IpAddress kOurs = *IpAddress::parse("127.0.0.1");
const IpAddress kPhone = *IpAddress::parse("192.0.2.7");

std::string sdp(const std::string& media, const std::string& more = {}) {
  return "v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\n" + media + more;
}

struct LegMediaTest : ::testing::Test {
  fake::World world;
  LegMedia a{world.media, world.random}, b{world.media, world.random};
  LegMediaTest() {
    EXPECT_TRUE(a.open({}));
    EXPECT_TRUE(b.open({}));
  }
  const media::RemoteMedia& remote(const LegMedia& leg) { return world.media.legs[leg.handle().index].remote; }
};

TEST_F(LegMediaTest, OfferPassesWithOurAddressAndOnlyWhatCanBeRelayed) {
  const auto text = b.relayed_offer(
      sdp("m=audio 4000 RTP/AVP 96 8 77 101\r\na=rtpmap:96 opus/48000/2\r\na=rtpmap:77 odd/8000\r\na=rtpmap:101 "
          "telephone-event/8000\r\n",
          "m=video 5000 RTP/AVP 97\r\na=rtpmap:97 H264/90000\r\na=candidate:1 1 UDP 1 10.0.0.1 9 typ host\r\n"),
      kOurs);
  ASSERT_TRUE(text);
  EXPECT_EQ(text->find("192.0.2.7"), std::string::npos) << *text;
  EXPECT_EQ(text->find("10.0.0.1"), std::string::npos);
  EXPECT_NE(text->find("RTP/AVP 96 8 101"), std::string::npos) << *text;
  EXPECT_EQ(text->find("m=video"), std::string::npos) << *text;
}

TEST_F(LegMediaTest, PayloadNumbersOfBothSidesAreKept) {
  ASSERT_TRUE(b.relayed_offer(sdp("m=audio 4000 RTP/AVP 96 0\r\na=rtpmap:96 opus/48000/2\r\n"), kOurs));
  ASSERT_TRUE(b.agree(sdp("m=audio 4100 RTP/AVP 111 0\r\na=rtpmap:111 opus/48000/2\r\n"), true, kPhone));
  ASSERT_EQ(remote(b).formats.size(), 2U);
  EXPECT_EQ(remote(b).formats[0].payload_type, 111);
  EXPECT_EQ(remote(b).formats[0].receive_payload_type, 96);
  EXPECT_EQ(remote(b).rtp.text(), "192.0.2.7:4100");
  EXPECT_EQ(b.codec(), "opus");
}

TEST_F(LegMediaTest, HoldIsSeenFromBothSides) {
  ASSERT_TRUE(b.relayed_offer(sdp("m=audio 4000 RTP/AVP 0\r\na=sendonly\r\n"), kOurs));
  ASSERT_TRUE(b.agree(sdp("m=audio 4100 RTP/AVP 0\r\na=recvonly\r\n"), true, kPhone));
  EXPECT_EQ(remote(b).direction, media::Direction::SendOnly);
  EXPECT_FALSE(b.holds());
  ASSERT_TRUE(a.relayed_answer(sdp("m=audio 4100 RTP/AVP 0\r\na=recvonly\r\n"),
                               sdp("m=audio 4000 RTP/AVP 0\r\na=sendonly\r\n"), kOurs));
  ASSERT_TRUE(a.agree(sdp("m=audio 4000 RTP/AVP 0\r\na=sendonly\r\n"), false, kPhone));
  EXPECT_EQ(remote(a).direction, media::Direction::RecvOnly);
  EXPECT_TRUE(a.holds());
}

TEST_F(LegMediaTest, VersionGrowsOnlyWithChange) {
  const auto first = a.offer_of_ours(kOurs), again = a.offer_of_ours(kOurs);
  EXPECT_EQ(first, again);
  EXPECT_NE(a.offer_of_ours(kPhone), first);
}

TEST_F(LegMediaTest, NothingInCommonIsUnsupported) {
  ASSERT_TRUE(b.relayed_offer(sdp("m=audio 4000 RTP/AVP 0\r\n"), kOurs));
  EXPECT_EQ(b.agree(sdp("m=audio 4100 RTP/AVP 8\r\n"), true, kPhone).error().code, Errc::Unsupported);
  EXPECT_EQ(b.agree(sdp("m=audio 0 RTP/AVP 0\r\n"), true, kPhone).error().code, Errc::Unsupported);
  EXPECT_EQ(b.agree("rubbish", true, kPhone).error().code, Errc::Invalid);
  EXPECT_FALSE(LegMedia::usable("rubbish"));
  EXPECT_FALSE(LegMedia::usable(sdp("m=audio 4000 RTP/SAVP 0\r\n")));
  EXPECT_TRUE(LegMedia::usable(sdp("m=audio 4000 RTP/AVP 0\r\n")));
}

TEST_F(LegMediaTest, PortsAreGivenBackOnce) {
  a.close({});
  a.close({});
  EXPECT_EQ(world.media.open(), 1U);
}

}  // namespace
}  // namespace parley::pbx
