#include <gtest/gtest.h>

#include <sdp/offer_answer.hpp>

namespace parley::sdp {
namespace {

LocalAudio ours() {
  LocalAudio audio;
  audio.address = *IpAddress::parse("203.0.113.5");
  audio.rtp_port = 20000;
  audio.codecs = {{0, "PCMU", 8000, 1, ""}, {8, "PCMA", 8000, 1, ""}, {101, "telephone-event", 8000, 1, "0-15"}};
  return audio;
}

std::string offer(std::string_view media) {
  return "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n" + std::string(media);
}

TEST(Offer, ReadsBackAsWhatWasOffered) {
  auto audio = ours();
  audio.rtcp_port = 20009;
  const auto text = build_offer({7, 1}, audio);
  const auto session = parse_session(text);
  ASSERT_TRUE(session);
  const auto& medium = session->media.at(0);
  EXPECT_EQ(session->rtp_of(medium)->text(), "203.0.113.5:20000");
  EXPECT_EQ(session->rtcp_of(medium)->text(), "203.0.113.5:20009");
  EXPECT_EQ(medium.codecs().size(), 3U);
  EXPECT_EQ(medium.codecs()[2].fmtp, "0-15");
  EXPECT_EQ(medium.ptime(), 20U);
}

TEST(Answer, TakesCodecsInTheOfferersOrderWithItsPayloadTypes) {  // RFC 3264 §6.1
  const auto text =
      offer("m=audio 4000 RTP/AVP 111 8 0 96\r\na=rtpmap:111 opus/48000/2\r\na=rtpmap:96 telephone-event/8000\r\n");
  const auto answer = build_answer(*parse_session(text), {1, 1}, ours());
  ASSERT_TRUE(answer);
  const auto session = parse_session(answer->text);
  ASSERT_TRUE(session);
  EXPECT_EQ(session->media[0].formats, (std::vector<std::string_view>{"8", "0", "96"}));
  EXPECT_EQ(answer->codecs[0].name, "PCMA");
  EXPECT_EQ(chosen_codec(session->media[0])->name, "PCMA");
}

TEST(Answer, RejectsOtherMediaWithPortZeroInTheirPlace) {
  const auto text = offer(
      "m=video 4002 RTP/AVP 31\r\nm=audio 4004 RTP/SAVP 0\r\nm=audio 4000 RTP/AVP 0\r\nm=application 9 UDP/DTLS/SCTP "
      "webrtc-datachannel\r\n");
  const auto answer = build_answer(*parse_session(text), {1, 1}, ours());
  ASSERT_TRUE(answer);
  const auto session = parse_session(answer->text);
  ASSERT_TRUE(session);
  ASSERT_EQ(session->media.size(), 4U);
  EXPECT_EQ(answer->media_index, 2U);
  for (const std::size_t i : {0U, 1U, 3U}) EXPECT_EQ(session->media[i].port, 0);
  EXPECT_EQ(session->media[2].port, 20000);
}

TEST(Answer, MirrorsAndNarrowsTheDirection) {  // RFC 3264 §6.1, table
  using enum Direction;
  struct Row {
    std::string_view offered;
    Direction local, answered;
  };
  for (const auto& [offered, local, answered] :
       {Row{"sendrecv", SendRecv, SendRecv}, Row{"sendonly", SendRecv, RecvOnly}, Row{"recvonly", SendRecv, SendOnly},
        Row{"inactive", SendRecv, Inactive}, Row{"sendrecv", SendOnly, SendOnly},
        Row{"sendonly", SendOnly, Inactive}}) {
    const auto text = offer("m=audio 4000 RTP/AVP 0\r\na=" + std::string(offered) + "\r\n");
    auto audio = ours();
    audio.direction = local;
    const auto answer = build_answer(*parse_session(text), {1, 1}, audio);
    EXPECT_EQ(answer->direction, answered) << offered;
    const auto session = parse_session(answer->text);
    EXPECT_EQ(session->direction_of(session->media[0]), answered);
  }
}

TEST(Answer, NothingInCommonIsNoAnswer) {
  for (const char* media : {"m=audio 4000 RTP/AVP 18\r\n", "m=audio 0 RTP/AVP 0\r\n", "m=video 4000 RTP/AVP 31\r\n",
                            "m=audio 4000 RTP/AVP 101\r\na=rtpmap:101 telephone-event/8000\r\n", ""})
    EXPECT_FALSE(build_answer(*parse_session(offer(media)), {1, 1}, ours())) << media;
}

TEST(Answer, RtcpMuxOnlyIfBothWantIt) {
  auto audio = ours();
  const auto with = offer("m=audio 4000 RTP/AVP 0\r\na=rtcp-mux\r\n");
  EXPECT_EQ(build_answer(*parse_session(with), {1, 1}, audio)->text.find("rtcp-mux"), std::string::npos);
  audio.rtcp_mux = true;
  EXPECT_NE(build_answer(*parse_session(with), {1, 1}, audio)->text.find("rtcp-mux"), std::string::npos);
  const auto without = offer("m=audio 4000 RTP/AVP 0\r\n");
  EXPECT_EQ(build_answer(*parse_session(without), {1, 1}, audio)->text.find("rtcp-mux"), std::string::npos);
}

struct Relay : ::testing::Test {
  RelayOptions options{{9, 3}, *IpAddress::parse("203.0.113.5"), 30000, 0, std::nullopt, {}};
};

TEST_F(Relay, PointsEverythingAtTheRelayAndDropsForeignTransportsAndOtherMedia) {
  const auto text = offer(
      "a=group:BUNDLE 0\r\na=ice-ufrag:x\r\n"
      "m=audio 4000 RTP/AVP 111 0 101\r\nc=IN IP4 10.9.8.7\r\nb=AS:64\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 "
      "useinbandfec=1\r\n"
      "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=ptime:20\r\na=sendonly\r\na=rtcp:4001 IN IP4 "
      "10.9.8.7\r\na=rtcp-mux\r\n"
      "a=candidate:1 1 UDP 1 10.9.8.7 4000 typ host\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 "
      "inline:x\r\na=fingerprint:sha-256 AA\r\n"
      "a=setup:actpass\r\na=mid:0\r\na=ssrc:1 cname:who\r\n"
      "m=video 4002 RTP/AVP 31\r\n");
  EXPECT_EQ(relay_offer(*parse_session(text), 0, options),
            "v=0\r\no=- 9 3 IN IP4 203.0.113.5\r\ns=-\r\nc=IN IP4 203.0.113.5\r\nt=0 0\r\n"
            "m=audio 30000 RTP/AVP 111 0 101\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 useinbandfec=1\r\n"
            "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=ptime:20\r\na=sendonly\r\n");
}

TEST_F(Relay, AnAnswerHasEveryLineOfTheOfferInItsPlace) {  // RFC 3264 §6
  const auto asked = offer(
      "m=video 4002 RTP/AVP 31\r\nm=audio 4000 RTP/AVPF 0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n");
  const auto said = offer("m=audio 4100 RTP/AVP 0\r\na=recvonly\r\n");
  const auto out = relay_answer(*parse_session(said), 0, options, *parse_session(asked), 1);
  ASSERT_TRUE(out);
  EXPECT_TRUE(
      out->ends_with("t=0 0\r\nm=video 0 RTP/AVP 31\r\nm=audio 30000 RTP/AVPF 0\r\na=recvonly\r\n"
                     "m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n"))
      << *out;
}

TEST_F(Relay, ALaterOfferKeepsTheLinesThatTheDialogHas) {  // RFC 3264 §8
  const auto before = offer("m=video 0 RTP/AVP 31\r\nm=audio 30000 RTP/AVP 0\r\n");
  const auto ours_before = *parse_session(before);
  const auto asked = offer("m=audio 4000 RTP/AVP 8\r\n");
  const auto out = relay_offer(*parse_session(asked), 0, options, {&ours_before, 1});
  ASSERT_TRUE(out);
  EXPECT_TRUE(out->ends_with("m=video 0 RTP/AVP 31\r\nm=audio 30000 RTP/AVP 8\r\na=sendrecv\r\n")) << *out;
  auto audio = ours();
  audio.address = *IpAddress::parse("203.0.113.5");
  const auto own = build_offer({9, 4}, audio, {&ours_before, 1});
  EXPECT_LT(own.find("m=video 0 "), own.find("m=audio 20000 ")) << own;
}

TEST_F(Relay, OldStyleHoldBecomesADirection) {
  const auto text = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";
  EXPECT_NE(relay_offer(*parse_session(text), 0, options)->find("a=sendonly"), std::string::npos);
  options.direction = Direction::SendRecv;
  EXPECT_NE(relay_offer(*parse_session(text), 0, options)->find("a=sendrecv"), std::string::npos);
}

TEST_F(Relay, FiltersPayloadTypes) {
  const std::uint8_t only[] = {8};
  options.payload_types = only;
  const auto text = offer("m=audio 4000 RTP/AVP 0 8\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n");
  const auto out = relay_offer(*parse_session(text), 0, options);
  EXPECT_NE(out->find("m=audio 30000 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n"), std::string::npos);
  EXPECT_EQ(out->find("PCMU"), std::string::npos);
}

TEST_F(Relay, HowTheOtherPartyIsSecuredIsNotPassedOnAndOursIs) {
  const auto text = offer("m=audio 4000 RTP/SAVP 8\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:theirs\r\n");
  EXPECT_TRUE(relay_offer(*parse_session(text), 0, options)->ends_with("m=audio 30000 RTP/AVP 8\r\na=sendrecv\r\n"));
  const std::vector<std::string> keys{"1 SUITE inline:ours", "2 SUITE inline:other"};
  options.profile = "RTP/SAVP";
  options.crypto = keys;
  EXPECT_TRUE(relay_offer(*parse_session(text), 0, options)
                  ->ends_with("m=audio 30000 RTP/SAVP 8\r\na=crypto:1 SUITE inline:ours\r\n"
                              "a=crypto:2 SUITE inline:other\r\na=sendrecv\r\n"));
}

TEST(Answer, TakesTheLineThatWasChosenWithItsProfile) {
  const auto text = offer("m=audio 4000 RTP/AVP 0\r\nm=audio 4002 RTP/SAVP 8 0\r\n");
  auto audio = ours();
  audio.line = 1;
  audio.crypto = {"7 SUITE inline:ours"};
  const auto answer = build_answer(*parse_session(text), {1, 1}, audio);
  ASSERT_TRUE(answer);
  EXPECT_NE(answer->text.find("m=audio 0 RTP/AVP 0\r\nm=audio 20000 RTP/SAVP 8 0\r\n"), std::string::npos)
      << answer->text;
  EXPECT_NE(answer->text.find("a=crypto:7 SUITE inline:ours\r\n"), std::string::npos);
}

TEST_F(Relay, NothingComesOfWhatIsRejectedOrLeftEmpty) {
  const std::uint8_t only[] = {8};
  for (const auto* media : {"m=audio 4000 UDPTL 8\r\n", "m=audio 0 RTP/AVP 8\r\n", "m=audio 4000 RTP/AVP 0\r\n"}) {
    const auto text = offer(media);
    options.payload_types = only;
    EXPECT_FALSE(relay_offer(*parse_session(text), 0, options)) << media;
  }
}

TEST(Codecs, InCommonKeepTheOfferersOrder) {
  const auto a = offer("m=audio 1 RTP/AVP 9 8 0\r\n");
  const auto b = offer("m=audio 1 RTP/AVP 0 8\r\n");
  const auto common = common_codecs(parse_session(a)->media[0], parse_session(b)->media[0]);
  ASSERT_EQ(common.size(), 2U);
  EXPECT_EQ(common[0].name, "PCMA");
}

TEST(TelephoneEvents, AreListedOrTheDefaultSixteen) {  // RFC 4733 §2.4.1
  EXPECT_TRUE(has_event("", 15));
  EXPECT_FALSE(has_event("", 16));
  EXPECT_TRUE(has_event("0-15,66", 66));
  EXPECT_FALSE(has_event("0-15,66", 65));
  EXPECT_FALSE(has_event("x,-,5-", 5));
}

}  // namespace
}  // namespace parley::sdp
