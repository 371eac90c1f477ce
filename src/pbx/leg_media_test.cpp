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
  EXPECT_FALSE(a.accepts("rubbish"));
  EXPECT_FALSE(a.accepts(sdp("m=audio 4000 RTP/SAVP 0\r\n")));
  EXPECT_TRUE(a.accepts(sdp("m=audio 4000 RTP/AVP 0\r\n")));
}

TEST_F(LegMediaTest, PortsAreGivenBackOnce) {
  a.close({});
  a.close({});
  EXPECT_EQ(world.media.open(), 1U);
}

// ---- encryption (RFC 4568) ----

const std::string kTheirs = "PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR";
const std::string kOther = "NzB4d1BINUAvLEw6UzF3WSJ+PSdFcGdUJShpX1Zj";

std::string secure_sdp(const std::string& profile, const std::string& lines,
                       const std::string& direction = "sendrecv") {
  return sdp("m=audio 4000 " + profile + " 0\r\n", lines + "a=" + direction + "\r\n");
}
std::string line(unsigned tag, const std::string& key, const std::string& suite = "AES_CM_128_HMAC_SHA1_80") {
  return "a=crypto:" + std::to_string(tag) + " " + suite + " inline:" + key + "\r\n";
}
std::vector<sdp::CryptoLine> keys_in(const std::string& text) {
  const auto session = sdp::parse_session(text);
  return session ? sdp::crypto_lines(session->media.at(0)) : std::vector<sdp::CryptoLine>{};
}

struct SecureLegMedia : LegMediaTest {
  using Policy = store::MediaEncryption;
  const std::string plain = sdp("m=audio 4000 RTP/AVP 0\r\n");
  std::string answer(LegMedia& leg, const std::string& offer) {
    const auto text = leg.answer_of_ours(offer, kOurs);
    EXPECT_TRUE(text);
    EXPECT_TRUE(leg.agree(offer, false, kPhone));
    return text.value_or("");
  }
};

TEST_F(SecureLegMedia, AnOfferIsAnsweredWithItsTagAndSuiteAndAKeyOfOurs) {
  a.secure({Policy::Optional, true});
  for (const auto* profile : {"RTP/SAVP", "RTP/AVP", "RTP/SAVPF"}) {
    const auto text = answer(a, secure_sdp(profile, line(1, "AAAA", "UNKNOWN") + line(7, kTheirs) + line(8, kOther)));
    EXPECT_NE(text.find(std::string("m=audio ") + "20002 " + profile + " 0"), std::string::npos) << text;
    const auto ours = keys_in(text);
    ASSERT_EQ(ours.size(), 1U) << text;
    EXPECT_EQ(ours[0].tag, 7U);
    EXPECT_EQ(text.find(kTheirs), std::string::npos);
    ASSERT_TRUE(remote(a).keys);
    EXPECT_TRUE(remote(a).encrypted);
    EXPECT_EQ(remote(a).keys->ours, ours[0].key);
    EXPECT_EQ(to_base64(remote(a).keys->theirs.both()), kTheirs);
  }
}

TEST_F(SecureLegMedia, TheKeyOfOursStaysWhileTheOthersChanges) {  // re-keying, hold
  a.secure({Policy::Required, true});
  const auto first = keys_in(answer(a, secure_sdp("RTP/SAVP", line(1, kTheirs))));
  const auto held = answer(a, secure_sdp("RTP/SAVP", line(1, kTheirs), "sendonly"));
  EXPECT_EQ(keys_in(held), first);
  EXPECT_TRUE(a.holds());
  const auto again = keys_in(answer(a, secure_sdp("RTP/SAVP", line(2, kOther))));
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(again[0].key, first[0].key);
  EXPECT_EQ(again[0].tag, 2U);
  EXPECT_EQ(to_base64(remote(a).keys->theirs.both()), kOther);
  const auto offer = a.relayed_offer(plain, kOurs);
  ASSERT_TRUE(offer);
  EXPECT_NE(offer->find("RTP/SAVP"), std::string::npos) << "an offer of ours within the call is secured as before";
  EXPECT_EQ(keys_in(*offer).at(0).key, first[0].key);
}

TEST_F(SecureLegMedia, TheOthersKeysAreNeverPassedOn) {
  b.secure({Policy::Off, true});
  const auto text = b.relayed_offer(secure_sdp("RTP/SAVP", line(1, kTheirs)), kOurs);
  ASSERT_TRUE(text);
  EXPECT_NE(text->find("m=audio 20004 RTP/AVP 0"), std::string::npos) << *text;
  EXPECT_EQ(text->find("crypto"), std::string::npos);
}

TEST_F(SecureLegMedia, WhatIsOfferedByPolicy) {
  const auto offered = [&](Policy policy, bool keys_may_pass) {
    LegMedia leg{world.media, world.random};
    EXPECT_TRUE(leg.open({}));
    leg.secure({policy, keys_may_pass});
    const auto text = leg.relayed_offer(plain, kOurs);
    if (!text) return std::string("none");
    return std::string(text->find("RTP/SAVP") != std::string::npos ? "SAVP" : "AVP") + " " +
           std::to_string(keys_in(*text).size());
  };
  EXPECT_EQ(offered(Policy::Off, true), "AVP 0");
  EXPECT_EQ(offered(Policy::Optional, true), "AVP 4");
  EXPECT_EQ(offered(Policy::Required, true), "SAVP 4");
  EXPECT_EQ(offered(Policy::Optional, false), "AVP 0");
  EXPECT_EQ(offered(Policy::Required, false), "none") << "keys never pass in the clear";
}

TEST_F(SecureLegMedia, WhatIsAcceptedByPolicy) {
  const auto bad = line(1, kTheirs + "|2^20|1:4");
  const auto best_effort = secure_sdp("RTP/AVP", line(1, kTheirs)), secure = secure_sdp("RTP/SAVP", line(1, kTheirs));
  const auto two = sdp("m=audio 4000 RTP/AVP 0\r\nm=audio 4002 RTP/SAVP 0\r\n", line(1, kTheirs));
  struct Row {
    Policy policy;
    bool keys_may_pass;
    std::string offer;
    std::string_view taken;  // "plain", "secure", "none"
  };
  for (const auto& [policy, keys_may_pass, offer, taken] :
       {Row{Policy::Off, true, plain, "plain"},
        {Policy::Off, true, best_effort, "plain"},
        {Policy::Off, true, secure, "none"},
        {Policy::Off, true, two, "plain"},
        {Policy::Optional, true, plain, "plain"},
        {Policy::Optional, true, best_effort, "secure"},
        {Policy::Optional, true, secure, "secure"},
        {Policy::Optional, true, two, "secure"},
        {Policy::Optional, true, secure_sdp("RTP/SAVP", bad), "none"},
        {Policy::Optional, true, secure_sdp("RTP/AVP", bad), "plain"},
        {Policy::Optional, false, best_effort, "plain"},
        {Policy::Optional, false, secure, "none"},
        {Policy::Required, true, plain, "none"},
        {Policy::Required, true, best_effort, "secure"},
        {Policy::Required, true, two, "secure"},
        {Policy::Required, true, secure_sdp("RTP/AVP", bad), "none"},
        {Policy::Required, false, secure, "none"},
        {Policy::Required, false, plain, "none"}}) {
    LegMedia leg{world.media, world.random};
    ASSERT_TRUE(leg.open({}));
    leg.secure({policy, keys_may_pass});
    EXPECT_EQ(leg.accepts(offer), taken != "none") << offer << to_string(policy);
    const auto text = leg.answer_of_ours(offer, kOurs);
    EXPECT_EQ(text.has_value(), taken != "none") << offer;
    if (!text) {
      EXPECT_FALSE(leg.why_not(offer).empty());
      continue;
    }
    ASSERT_TRUE(leg.agree(offer, false, kPhone));
    EXPECT_EQ(leg.encrypted(), taken == "secure") << offer;
    EXPECT_EQ(remote(leg).keys != nullptr, taken == "secure");
  }
}

TEST_F(SecureLegMedia, AnAnswerChoosesOneOfOurKeysByItsTag) {
  b.secure({Policy::Required, true});
  const auto ours = keys_in(b.relayed_offer(plain, kOurs).value());
  ASSERT_EQ(ours.size(), 4U);
  ASSERT_TRUE(b.agree(secure_sdp("RTP/SAVP", line(3, kTheirs)), true, kPhone));
  EXPECT_EQ(remote(b).keys->ours, ours[2].key);
  EXPECT_EQ(to_base64(remote(b).keys->theirs.both()), kTheirs);
}

TEST_F(SecureLegMedia, AnAnswerThatIsNotEncryptedAsItHasToBeIsNone) {
  b.secure({Policy::Required, true});
  ASSERT_TRUE(b.relayed_offer(plain, kOurs));
  for (const auto& said : {plain, secure_sdp("RTP/SAVP", ""), secure_sdp("RTP/SAVP", line(9, kTheirs)),
                           secure_sdp("RTP/SAVP", line(1, kTheirs)),  // that tag was of another suite
                           secure_sdp("RTP/AVP", "")})
    EXPECT_EQ(b.agree(said, true, kPhone).error().code, Errc::Unsupported) << said;
  a.secure({Policy::Optional, true});
  ASSERT_TRUE(a.relayed_offer(plain, kOurs));
  EXPECT_TRUE(a.agree(plain, true, kPhone)) << "best effort";
  EXPECT_FALSE(a.encrypted());
}

TEST_F(SecureLegMedia, WhoMovesToAnotherCallTakesItsKeysAlong) {
  a.secure({Policy::Required, true});
  const auto ours = keys_in(answer(a, secure_sdp("RTP/SAVP", line(1, kTheirs))));
  LegMedia moved(world.media, world.random, a.move_out());
  EXPECT_TRUE(moved.encrypted());
  EXPECT_FALSE(moved.accepts(plain));
  EXPECT_EQ(keys_in(moved.relayed_offer(plain, kOurs).value()), ours);
}

const std::string kBrowsersLines =
    "a=ice-ufrag:Oyef\r\na=ice-pwd:fyWGsuFdbzGzGqBgy4TGLQPB\r\na=fingerprint:sha-256 "
    "19:E2:1C:3B:4B:9F:81:E6:B8:5C:F4:A5:A8:D8:73:04:BB:05:2F:70:9F:04:A9:0E:05:E9:26:33:E8:70:88:A2\r\n"
    "a=mid:0\r\na=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\n";
std::string browser(const std::string& setup, const std::string& lines = kBrowsersLines) {
  return "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"
         "m=audio 9 UDP/TLS/RTP/SAVPF 111 0\r\nc=IN IP4 0.0.0.0\r\na=setup:" +
         setup + "\r\n" + lines;
}

struct BrowserLeg : LegMediaTest {
  BrowserLeg() { b.secure({.browser = true, .owner = 3}); }
  const fake::Leg& leg(const LegMedia& of) { return world.media.legs[of.handle().index]; }
};

TEST_F(BrowserLeg, ItsOfferIsAnsweredWithDtlsAndTheOtherPartyGetsPlainRtp) {
  const auto offer = browser("actpass");
  ASSERT_TRUE(b.accepts(offer));
  const auto to_phone = a.relayed_offer(offer, kOurs);
  ASSERT_TRUE(to_phone);
  EXPECT_NE(to_phone->find("RTP/AVP 111 0\r\n"), std::string::npos) << *to_phone;
  for (const auto* secret : {"ice-", "fingerprint", "setup", "mid", "mux"})
    EXPECT_EQ(to_phone->find(secret), std::string::npos) << *to_phone;
  const auto answer = b.relayed_answer(sdp("m=audio 4000 RTP/AVP 0\r\n"), offer, kOurs);
  ASSERT_TRUE(answer);
  for (const auto* line : {"UDP/TLS/RTP/SAVPF 0\r\n", "a=setup:passive", "a=ice-lite", "a=group:BUNDLE 0", "a=mid:0",
                           "a=rtcp-mux", "a=ice-ufrag:pyad/"})
    EXPECT_NE(answer->find(line), std::string::npos) << line << *answer;
  ASSERT_TRUE(b.agree(offer, false, kPhone));
  EXPECT_TRUE(b.encrypted());
  ASSERT_TRUE(remote(b).ice);
  EXPECT_TRUE(remote(b).rtcp_mux && remote(b).encrypted && !remote(b).keys);
  EXPECT_EQ(remote(b).ice->credentials.ufrag, "Oyef");
  EXPECT_EQ(remote(b).ice->role, dtls::Role::Server);
  EXPECT_EQ(remote(b).rtp.port, 0);
  EXPECT_EQ(remote(b).direction, media::Direction::SendRecv) << "0.0.0.0 is no hold with ICE";
  EXPECT_NE(answer->find(leg(b).local_ice.credentials.ufrag), std::string::npos);
}

TEST_F(BrowserLeg, APhonesOfferReachesItAsDtlsWithTheSameCredentialsEachTime) {
  const auto offer = b.relayed_offer(sdp("m=audio 4000 RTP/AVP 8 0\r\n"), kOurs);
  ASSERT_TRUE(offer);
  EXPECT_NE(offer->find("UDP/TLS/RTP/SAVPF 8 0\r\n"), std::string::npos) << *offer;
  EXPECT_NE(offer->find("a=setup:actpass"), std::string::npos);
  ASSERT_TRUE(b.agree(browser("active"), true, kPhone));
  EXPECT_EQ(remote(b).ice->role, dtls::Role::Server);
  const auto first = leg(b).local_ice.credentials;
  const auto hold = b.relayed_offer(sdp("m=audio 4000 RTP/AVP 8 0\r\na=sendonly\r\n"), kOurs);
  ASSERT_TRUE(hold);
  EXPECT_NE(hold->find("a=ice-ufrag:" + first.ufrag), std::string::npos);
  EXPECT_NE(hold->find("a=sendonly"), std::string::npos);
  EXPECT_EQ(leg(b).local_ice.credentials, first);
}

TEST_F(BrowserLeg, APassiveAnswerMakesUsTheClient) {
  ASSERT_TRUE(b.relayed_offer(sdp("m=audio 4000 RTP/AVP 0\r\n"), kOurs));
  ASSERT_TRUE(b.agree(browser("passive"), true, kPhone));
  EXPECT_EQ(remote(b).ice->role, dtls::Role::Client);
}

TEST_F(BrowserLeg, ItsIceRestartGetsNewCredentialsAndARepeatedOfferTheOldOnes) {
  const auto phone = sdp("m=audio 4000 RTP/AVP 0\r\n");
  const auto begin = browser("actpass");
  ASSERT_TRUE(b.relayed_answer(phone, begin, kOurs) && b.agree(begin, false, kPhone));
  const auto first = leg(b).local_ice.credentials;
  ASSERT_TRUE(b.relayed_answer(phone, begin, kOurs) && b.agree(begin, false, kPhone));
  EXPECT_EQ(leg(b).local_ice.credentials, first);
  auto restarted = browser("actpass");
  restarted.replace(restarted.find("Oyef"), 4, "newu");
  ASSERT_TRUE(b.relayed_answer(phone, restarted, kOurs) && b.agree(restarted, false, kPhone));
  EXPECT_NE(leg(b).local_ice.credentials, first);
  EXPECT_EQ(remote(b).ice->credentials.ufrag, "newu");
}

TEST_F(BrowserLeg, PlainOrHalfSecuredAnswersAreNotAgreedOn) {
  ASSERT_TRUE(b.relayed_offer(sdp("m=audio 4000 RTP/AVP 0\r\n"), kOurs));
  EXPECT_EQ(b.agree(sdp("m=audio 4100 RTP/AVP 0\r\n"), true, kPhone).error().code, Errc::Unsupported);
  auto without = [](std::string text, std::string_view line) {
    const auto at = text.find(line);
    return text.erase(at, text.find('\n', at) - at + 1);
  };
  for (const auto* line : {"a=fingerprint", "a=ice-ufrag", "a=ice-pwd", "a=rtcp-mux"}) {
    EXPECT_FALSE(b.agree(without(browser("active"), line), true, kPhone)) << line;
    EXPECT_FALSE(b.accepts(without(browser("actpass"), line))) << line;
  }
  EXPECT_FALSE(b.accepts(browser("holdconn")));
  auto old = browser("actpass");
  old.replace(old.find("sha-256"), 7, "sha-1");
  EXPECT_FALSE(b.accepts(old));
}

TEST_F(BrowserLeg, ThePolicyOffDoesNotMakeABrowserPlain) {
  b.secure({.policy = store::MediaEncryption::Off, .browser = true});
  const auto offer = b.relayed_offer(sdp("m=audio 4000 RTP/AVP 0\r\n"), kOurs);
  ASSERT_TRUE(offer);
  EXPECT_NE(offer->find("UDP/TLS/RTP/SAVPF"), std::string::npos);
}

}  // namespace
}  // namespace parley::pbx
