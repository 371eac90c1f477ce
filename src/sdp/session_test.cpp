#include <gtest/gtest.h>

#include <sdp/session.hpp>

namespace parley::sdp {
namespace {

constexpr std::string_view kOffer =
    "v=0\r\n"
    "o=jdoe 3724394400 3724394405 IN IP4 198.51.100.1\r\n"
    "s=Call to John Smith\r\n"
    "i=SDP Offer #1\r\n"
    "u=http://www.jdoe.example.com/home.html\r\n"
    "e=Jane Doe <jane@jdoe.example.com>\r\n"
    "p=+1 617 555-6011\r\n"
    "c=IN IP4 198.51.100.1\r\n"
    "t=0 0\r\n"
    "m=audio 49170 RTP/AVP 0 111 101\r\n"
    "a=rtpmap:111 opus/48000/2\r\n"
    "a=fmtp:111 useinbandfec=1;stereo=0\r\n"
    "a=rtpmap:101 telephone-event/8000\r\n"
    "a=fmtp:101 0-16\r\n"
    "a=ptime:20\r\n"
    "a=sendonly\r\n"
    "m=video 51372/2 RTP/AVP 99\r\n"
    "c=IN IP6 2001:db8::2\r\n"
    "a=rtpmap:99 H264/90000\r\n"
    "m=image 0 udptl t38\r\n";

TEST(Sdp, ReadsADescription) {
  const auto session = parse_session(kOffer);
  ASSERT_TRUE(session);
  EXPECT_EQ(session->origin_id, "3724394400");
  EXPECT_EQ(session->name, "Call to John Smith");
  ASSERT_EQ(session->media.size(), 3U);
  const auto& audio = session->media[0];
  EXPECT_EQ(session->first_audio(), &audio);
  EXPECT_EQ(audio.kind, MediaKind::Audio);
  EXPECT_EQ(audio.profile, Profile::RtpAvp);
  EXPECT_EQ(audio.ptime(), 20U);
  EXPECT_EQ(session->direction_of(audio), Direction::SendOnly);
  EXPECT_EQ(session->rtp_of(audio)->text(), "198.51.100.1:49170");
  EXPECT_EQ(session->rtcp_of(audio)->text(), "198.51.100.1:49171");
  const auto codecs = audio.codecs();
  ASSERT_EQ(codecs.size(), 3U);
  EXPECT_EQ(codecs[0].name, "PCMU");
  EXPECT_EQ(codecs[1].name, "opus");
  EXPECT_EQ(codecs[1].channels, 2);
  EXPECT_EQ(codecs[1].fmtp, "useinbandfec=1;stereo=0");
  EXPECT_TRUE(codecs[2].is_telephone_event());
  EXPECT_EQ(session->media[1].port_count, 2);
  EXPECT_EQ(session->rtp_of(session->media[1])->text(), "[2001:db8::2]:51372");
  EXPECT_TRUE(session->media[2].rejected());
  EXPECT_EQ(session->rtp_of(session->media[2]), std::nullopt);
}

std::string with(std::string_view media_lines, std::string_view connection = "c=IN IP4 192.0.2.1\n") {
  return "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\n" + std::string(connection) + "t=0 0\n" + std::string(media_lines);
}

TEST(Sdp, TakesLinesThatEndInLfOnlyAndWithoutAnEnd) {
  const auto text = with("m=audio 1000 RTP/AVP 0\na=recvonly");
  const auto session = parse_session(text);
  ASSERT_TRUE(session);
  EXPECT_EQ(session->direction_of(session->media[0]), Direction::RecvOnly);
}

TEST(Sdp, ReadsWhereRtcpGoes) {  // RFC 3605, RFC 5761
  const std::pair<const char*, const char*> cases[] = {
      {"m=audio 1000 RTP/AVP 0\na=rtcp:53020\n", "192.0.2.1:53020"},
      {"m=audio 1000 RTP/AVP 0\na=rtcp:53020 IN IP4 126.16.64.4\n", "126.16.64.4:53020"},
      {"m=audio 1000 RTP/AVP 0\na=rtcp-mux\n", "192.0.2.1:1000"},
      {"m=audio 1000 RTP/AVP 0\n", "192.0.2.1:1001"},
  };
  for (const auto& [lines, expected] : cases) {
    const auto text = with(lines);
    const auto session = parse_session(text);
    ASSERT_TRUE(session);
    EXPECT_EQ(session->rtcp_of(session->media[0])->text(), expected);
  }
  for (const char* lines : {"m=audio 1000 RTP/AVP 0\na=rtcp:x\n", "m=audio 1000 RTP/AVP 0\na=rtcp:1 IN IP4 0.0.0.0\n",
                            "m=audio 65535 RTP/AVP 0\n"}) {
    const auto text = with(lines);
    const auto session = parse_session(text);
    EXPECT_EQ(session->rtcp_of(session->media[0]), std::nullopt) << lines;
  }
}

TEST(Sdp, ZeroAddressIsHold) {  // RFC 3264 §8.4
  const auto text = with("m=audio 1000 RTP/AVP 0\n", "c=IN IP4 0.0.0.0\n");
  const auto session = parse_session(text);
  EXPECT_EQ(session->direction_of(session->media[0]), Direction::SendOnly);
  EXPECT_EQ(session->rtp_of(session->media[0]), std::nullopt);
}

TEST(Sdp, NamesAndMulticastAreNoPlaceToSendTo) {
  for (const char* connection : {"c=IN IP4 host.example.com\n", "c=IN IP4 224.2.1.1/127\n", ""}) {
    const auto text = with("m=audio 1000 RTP/AVP 0\n", connection);
    const auto session = parse_session(text);
    ASSERT_TRUE(session) << connection;
    EXPECT_EQ(session->rtp_of(session->media[0]), std::nullopt) << connection;
  }
}

TEST(Sdp, SessionDirectionIsTheDefaultOfItsMedia) {
  const auto text = with("a=inactive\nm=audio 1000 RTP/AVP 0\nm=audio 1002 RTP/AVP 0\na=sendrecv\n");
  const auto session = parse_session(text);
  EXPECT_EQ(session->direction_of(session->media[0]), Direction::Inactive);
  EXPECT_EQ(session->direction_of(session->media[1]), Direction::SendRecv);
}

TEST(Sdp, RefusesWhatBreaksGrammarOrBounds) {
  std::string many_media = with("");
  for (int i = 0; i < 33; ++i) many_media += "m=audio 1 RTP/AVP 0\n";
  std::string many_formats = with("m=audio 1 RTP/AVP");
  for (int i = 0; i < 65; ++i) many_formats += " 0";
  std::string many_attributes = with("");
  for (int i = 0; i < 513; ++i) many_attributes += "a=x\n";
  const std::pair<std::string, SdpErrc> cases[] = {
      {"", SdpErrc::Missing},
      {"v=0\n", SdpErrc::Missing},
      {"o=- 1 1 IN IP4 1.1.1.1\nv=0\n", SdpErrc::BadOrder},
      {"v=1\n", SdpErrc::BadVersion},
      {"v=0\nv=0\n", SdpErrc::BadOrder},
      {"v=0\no=- x 1 IN IP4 1.1.1.1\n", SdpErrc::BadNumber},
      {"v=0\no=- 1 1 ATM IP4 1.1.1.1\n", SdpErrc::BadAddress},
      {with("x=1\n"), SdpErrc::BadLine},
      {with("testing=1\n"), SdpErrc::BadLine},
      {with("\nm=audio 1 RTP/AVP 0\n"), SdpErrc::BadLine},
      {with("m=audio 65536 RTP/AVP 0\n"), SdpErrc::BadNumber},
      {with("m=audio -1 RTP/AVP 0\n"), SdpErrc::BadNumber},
      {with("m=audio 1/0 RTP/AVP 0\n"), SdpErrc::BadNumber},
      {with("m=audio 1 RTP/AVP 128\n"), SdpErrc::BadNumber},
      {with("m=audio 1 RTP/AVP\n"), SdpErrc::BadLine},
      {with("m=audio\n"), SdpErrc::BadNumber},
      {with("a=\n"), SdpErrc::BadLine},
      {with("a=x\ry\n"), SdpErrc::BadLine},
      {with("t=a b\n"), SdpErrc::BadNumber},
      {with("", "c=IN IP4\n"), SdpErrc::BadAddress},
      {many_media, SdpErrc::TooMany},
      {many_formats, SdpErrc::TooMany},
      {many_attributes, SdpErrc::TooMany},
      {std::string(kMaxText + 1, 'v'), SdpErrc::TooLarge},
  };
  for (const auto& [text, code] : cases) {
    const auto session = parse_session(text);
    ASSERT_FALSE(session) << text.substr(0, 80);
    EXPECT_EQ(to_string(session.error().code), to_string(code)) << text.substr(0, 80);
  }
  EXPECT_EQ(parse_session("v=0\nx=1\n").error().offset, 4U);
}

TEST(Sdp, DynamicTypesWithoutMapHaveNoName) {
  const auto text = with("m=audio 1 RTP/AVP 96 8\na=rtpmap:96 bad\na=rtpmap:96 x/0\na=rtpmap:8 PCMA/8000/1\n");
  const auto session = parse_session(text);
  const auto codecs = session->media[0].codecs();
  EXPECT_EQ(codecs[0].name, "");
  EXPECT_FALSE(codecs[0].same_encoding(codecs[0]));
  EXPECT_EQ(codecs[1].name, "PCMA");
}

}  // namespace
}  // namespace parley::sdp
