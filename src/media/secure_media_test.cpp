// SRTP in the media path: real sockets on loopback, phones that secure their packets themselves.
#include <gtest/gtest.h>

#include <media/fake_call.hpp>

namespace parley::media {
namespace {
using codec::CodecId;

srtp::KeyPair keys_of(srtp::Profile profile) {
  return {srtp::MasterKey::make(profile, system_random()), srtp::MasterKey::make(profile, system_random())};
}

double likeness(const fake::Phone& speaker, const fake::Phone& listener) {
  const auto said = speaker.spoken();
  const auto heard = listener.sound();
  const std::size_t frame = speaker.rate() / 2;
  if (said.size() < 2 * frame || heard.size() < frame) return 0;
  return fake::match(std::span(heard).first(std::min(heard.size(), 2 * frame)).last(frame), said, 0,
                     static_cast<std::ptrdiff_t>(said.size() - frame))
      .likeness;
}

class SecureMedia : public testing::TestWithParam<srtp::Profile> {
 protected:
  fake::Phone a{CodecId::Pcmu, 0, 1}, b{CodecId::Pcmu, 0, 2};
  fake::Call call;
};

TEST_P(SecureMedia, APhoneWithSrtpTalksToOneWithout) {
  a.secure(keys_of(GetParam()));
  const auto left = call.join(a), right = call.join(b);
  call.engine->bridge(left, right);
  call.talk(100, a, b);
  EXPECT_GE(a.heard.size(), 98U);
  EXPECT_GE(b.heard.size(), 98U);
  EXPECT_EQ(a.unproven, 0U) << "something plain went out on the secured leg";
  EXPECT_GT(likeness(a, b), 0.95);
  EXPECT_GT(likeness(b, a), 0.95);
  EXPECT_TRUE(call.close(left).encrypted);
  EXPECT_FALSE(call.close(right).encrypted);
}

TEST_P(SecureMedia, BothLegsHaveKeysOfTheirOwn) {
  a.secure(keys_of(GetParam()));
  b.secure(keys_of(srtp::Profile::AesCm128HmacSha1_32));
  call.engine->bridge(call.join(a), call.join(b));
  call.talk(60, a, b);
  EXPECT_GE(a.heard.size(), 58U);
  EXPECT_GE(b.heard.size(), 58U);
  EXPECT_EQ(a.unproven + b.unproven, 0U);
}

INSTANTIATE_TEST_SUITE_P(Profiles, SecureMedia, testing::ValuesIn(srtp::kProfiles),
                         [](const auto& one) { return std::string(srtp::info(one.param).suite); });

class SecureLeg : public testing::Test {
 protected:
  fake::Phone a{CodecId::Pcmu, 0, 1}, b{CodecId::Pcmu, 0, 2};
  fake::Call call;
  srtp::KeyPair keys = keys_of(srtp::Profile::AesCm128HmacSha1_80);
};

TEST_F(SecureLeg, PlainAndForgedPacketsAreCountedAndNeverHeardNorLearnedFrom) {
  a.secure(keys);
  const auto left = call.join(a), right = call.join(b);
  call.engine->bridge(left, right);
  fake::Phone forger{CodecId::Pcmu, 0, 9};  // the same address, another port: might be latched on
  forger.send_to(call.near(left).rtp_port, call.near(left).rtcp_port);
  call.run(20, {&a, &b, &forger}, [&](unsigned) { forger.speak(); });
  EXPECT_TRUE(b.heard.empty());
  call.talk(40, a, b);
  EXPECT_GE(a.heard.size(), 38U) << "the stream still goes to the phone";
  EXPECT_TRUE(forger.heard.empty());
  EXPECT_GE(b.heard.size(), 38U);
  const auto figures = call.close(left);
  EXPECT_EQ(figures.refused_unproven, 20U);
  EXPECT_EQ(figures.packets_in, 40U);
}

TEST_F(SecureLeg, ARepeatedPacketIsCountedAndNotHeardAgain) {
  a.secure(keys);
  const auto left = call.join(a), right = call.join(b);
  call.engine->bridge(left, right);
  Bytes packet(rtp::kRtpHeaderSize + 160, 0x2A), sent;
  call.run(4, {&a, &b}, [&](unsigned i) {
    rtp::write_rtp_header(packet, {i == 0, 0, static_cast<std::uint16_t>(100 + i), 1000 + 160 * i, 5, {}});
    sent = a.secured(packet, false);
    a.send_raw(sent);
  });
  const auto before = b.heard.size();
  EXPECT_GE(before, 3U);
  call.run(9, {&a, &b}, [&](unsigned) { a.send_raw(sent); });
  EXPECT_EQ(b.heard.size(), before);
  EXPECT_EQ(call.close(left).refused_unproven, 9U);
}

TEST_F(SecureLeg, WithoutKeysNothingIsSentOrTakenUntilTheyCome) {  // DTLS-SRTP
  const auto left = call.join(b), right = call.join(a);
  auto pending = a.media();
  pending.encrypted = true;
  call.engine->set_remote(right, pending);
  call.engine->bridge(left, right);
  call.talk(20, a, b);
  EXPECT_TRUE(a.heard.empty());
  EXPECT_TRUE(b.heard.empty());
  a.secure(keys);
  call.engine->set_keys(right, std::make_shared<const srtp::KeyPair>(keys.theirs, keys.ours));
  call.settle();
  call.talk(20, a, b);
  EXPECT_GE(a.heard.size(), 18U);
  EXPECT_GE(b.heard.size(), 18U);
  call.engine->set_remote(right, pending);  // a re-INVITE says nothing of keys: they stay
  call.settle();
  call.talk(20, a, b);
  EXPECT_GE(b.heard.size(), 38U);
}

TEST_F(SecureLeg, ANewKeyIsTakenWhileTheOldOneIsStillInFlight) {
  a.secure(keys);
  const auto left = call.join(a), right = call.join(b);
  call.engine->bridge(left, right);
  call.talk(20, a, b);
  const srtp::KeyPair fresh{srtp::MasterKey::make(srtp::Profile::AeadAes128Gcm, system_random()), keys.theirs};
  auto remote = a.media();
  remote.keys = std::make_shared<const srtp::KeyPair>(fresh.theirs, fresh.ours);
  call.engine->set_remote(left, remote);
  call.settle();
  call.talk(20, a, b);  // still with the old one
  EXPECT_GE(b.heard.size(), 38U);
  a.rekey(fresh.ours);
  call.talk(20, a, b);
  EXPECT_GE(b.heard.size(), 58U);
  EXPECT_GE(a.heard.size(), 58U) << "ours has not changed and goes on counting";
  EXPECT_EQ(a.unproven, 0U);
  EXPECT_EQ(call.close(left).refused_unproven, 0U);
}

TEST_F(SecureLeg, ReportsAreSecuredBothWays) {
  EngineOptions options;
  options.rtcp_interval = std::chrono::milliseconds(200);
  fake::Call quick(options);
  a.secure(keys);
  const auto left = quick.join(a), right = quick.join(b);
  quick.engine->bridge(left, right);
  quick.talk(200, a, b);
  EXPECT_GT(a.reports, 1U);
  EXPECT_EQ(a.unproven, 0U);
  const auto figures = quick.close(left);
  EXPECT_TRUE(figures.round_trip_ms) << "its answer to our report was opened";
  quick.run(5, {&a});
  EXPECT_TRUE(a.bye);
}

TEST_F(SecureLeg, KeysPressedAndPromptsPass) {
  a.secure(keys);
  const auto left = call.join(a), right = call.join(b);
  call.engine->bridge(left, right);
  call.talk(5, a, b);
  call.engine->send_dtmf(left, '7');
  call.run(80, {&a, &b}, [&](unsigned) { b.speak(); });
  EXPECT_EQ(a.keys(), "7");
  call.engine->send_dtmf(right, '3');
  call.run(80, {&a, &b}, [&](unsigned) { a.speak(); });
  EXPECT_EQ(b.keys(), "3");
  EXPECT_EQ(a.unproven, 0U);
}

TEST_F(SecureLeg, IsTranscodedLikeAnyOther) {
  fake::Phone wide{CodecId::G722, 9, 4};
  a.secure(keys);
  const auto left = call.join(a), right = call.join(wide);
  call.engine->bridge(left, right);
  call.talk(100, a, wide);
  EXPECT_GE(a.heard.size(), 95U);
  EXPECT_GE(wide.heard.size(), 95U);
  EXPECT_EQ(a.unproven, 0U);
}

}  // namespace
}  // namespace parley::media
