#include <gtest/gtest.h>

#include <sdp/ice_dtls.hpp>

namespace parley::sdp {
namespace {

/// As a browser offers sound and pictures, shortened in its codecs.
const std::string kBrowser =
    "v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n"
    "a=extmap-allow-mixed\r\na=msid-semantic: WMS stream\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111 0 126\r\nc=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\n"
    "a=candidate:1 1 udp 2113937151 8c5d2f9e-9c1e-4d1e-8f57-fcd8d1e8b0b1.local 51234 typ host generation 0\r\n"
    "a=candidate:what is this\r\na=ice-ufrag:Oyef\r\na=ice-pwd:fyWGsuFdbzGzGqBgy4TGLQPB\r\na=ice-options:trickle\r\n"
    "a=fingerprint:sha-256 "
    "19:E2:1C:3B:4B:9F:81:E6:B8:5C:F4:A5:A8:D8:73:04:BB:05:2F:70:9F:04:A9:0E:05:E9:26:33:E8:70:88:A2\r\n"
    "a=setup:actpass\r\na=mid:0\r\na=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\na=sendrecv\r\n"
    "a=msid:stream track\r\na=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 transport-cc\r\n"
    "a=rtpmap:126 telephone-event/8000\r\na=ssrc:3570614608 cname:4TOk42mSjXCkVIa6\r\n"
    "m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\na=rtpmap:96 VP8/90000\r\n";

TEST(IceDtls, ReadsWhatABrowserOffers) {
  const auto session = parse_session(kBrowser);
  ASSERT_TRUE(session);
  const auto read = ice_dtls_of(*session, session->media[0]);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->ufrag, "Oyef");
  EXPECT_EQ(read->password, "fyWGsuFdbzGzGqBgy4TGLQPB");
  ASSERT_EQ(read->fingerprints.size(), 1U);
  EXPECT_TRUE(read->fingerprints[0].starts_with("sha-256 19:E2"));
  EXPECT_EQ(read->setup, Setup::ActPass);
  EXPECT_EQ(read->mid, "0");
  EXPECT_TRUE(read->bundled && read->rtcp_mux);
  EXPECT_FALSE(read->lite);
  EXPECT_FALSE(ice_dtls_of(*session, session->media[1])) << "it has no fingerprint of its own";
}

TEST(IceDtls, AnAddressOfZerosIsNoHoldWhereIceFindsTheAddress) {
  const auto session = parse_session(kBrowser);
  EXPECT_EQ(session->direction_of(session->media[0]), Direction::SendRecv);
}

TEST(IceDtls, TheSessionsAttributesCountWhereTheStreamHasNone) {
  const auto session = parse_session(
      "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\na=ice-lite\r\na=ice-ufrag:sess\r\na=ice-pwd:p\r\n"
      "a=fingerprint:sha-256 AA\r\na=setup:passive\r\nm=audio 9 UDP/TLS/RTP/SAVP 0\r\na=ice-ufrag:strm\r\n"
      "m=audio 9 RTP/SAVP 0\r\n");
  const auto read = ice_dtls_of(*session, session->media[0]);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->ufrag, "strm");
  EXPECT_EQ(read->password, "p");
  EXPECT_EQ(read->setup, Setup::Passive);
  EXPECT_TRUE(read->lite);
  EXPECT_FALSE(read->bundled || read->rtcp_mux);
  EXPECT_FALSE(ice_dtls_of(*session, session->media[1])) << "not over DTLS";
}

TEST(IceDtls, WhatWeWriteReadsBack) {
  const Endpoint candidates[] = {*Endpoint::parse("192.0.2.1:20000"), *Endpoint::parse("[2001:db8::1]:20000")};
  const auto lines = write_ice_dtls({.ufrag = "pyaa/abcdefgh",
                                     .password = "abcdefghijkmnpqrstuvwxyz23",
                                     .fingerprint = "sha-256 AB:CD",
                                     .setup = Setup::Passive,
                                     .mid = "audio",
                                     .candidates = candidates});
  const auto text = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\n" + lines.session + "m=audio 20000 " +
                    std::string(kDtlsProfile) + " 0\r\n" + lines.media;
  const auto session = parse_session(text);
  ASSERT_TRUE(session);
  const auto read = ice_dtls_of(*session, session->media[0]);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->ufrag, "pyaa/abcdefgh");
  EXPECT_EQ(read->setup, Setup::Passive);
  EXPECT_EQ(read->mid, "audio");
  EXPECT_TRUE(read->bundled && read->lite && read->rtcp_mux);
  EXPECT_NE(text.find("a=candidate:1 1 udp 2130706431 192.0.2.1 20000 typ host\r\n"), std::string::npos);
  EXPECT_NE(text.find("a=candidate:2 1 udp 2130706175 2001:db8::1 20000 typ host\r\n"), std::string::npos);
}

TEST(IceDtls, AGroupNamesItsMembersWhole) {
  const std::string head =
      "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\na=ice-ufrag:s\r\na=ice-pwd:p\r\n"
      "a=fingerprint:sha-256 AA\r\n";
  for (const auto& [group, bundled] : {std::pair("BUNDLE 1 audio", true), std::pair("BUNDLE audio1", false),
                                       std::pair("LS audio", false), std::pair("BUNDLE", false)}) {
    const auto text = head + "a=group:" + group + "\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:audio\r\n";
    const auto session = parse_session(text);
    EXPECT_EQ(ice_dtls_of(*session, session->media[0])->bundled, bundled) << group;
  }
}

TEST(TrickleFragment, IsLinesOfCandidatesAndTheirStreams) {
  EXPECT_TRUE(
      is_trickle_fragment("a=ice-ufrag:s\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\na=candidate:1 1 udp 1 x.local 9\r\n"));
  EXPECT_TRUE(is_trickle_fragment("a=end-of-candidates"));
  EXPECT_FALSE(is_trickle_fragment(""));
  EXPECT_FALSE(is_trickle_fragment("\r\n\r\n"));
  EXPECT_FALSE(is_trickle_fragment("Signal=5\r\n"));
  EXPECT_FALSE(is_trickle_fragment("v=0\r\n"));
}

}  // namespace
}  // namespace parley::sdp
