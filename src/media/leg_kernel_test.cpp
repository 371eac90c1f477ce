#include <gtest/gtest.h>

#include <base/metrics.hpp>
#include <media/fake_call.hpp>
#include <media/fake_network.hpp>

namespace parley::media {
namespace {
using namespace std::chrono_literals;
using codec::CodecId;
using fake::Call;
using fake::Phone;

/// Calls that the kernel relays; root only. A step of 20 ms takes 5 ms.
struct LegKernel : ::testing::Test {
  fake::OwnNetwork network;
  std::unique_ptr<Call> call;
  Phone a{CodecId::Pcmu, 0, 1}, b{CodecId::Pcmu, 0, 2};
  LegHandle leg_a, leg_b;
  OpenLeg at;  // of a

  void SetUp() override {
    if (!network.ready()) GTEST_SKIP() << "needs root, for a network namespace";
    call = std::make_unique<Call>(EngineOptions{.kernel_relay = true});
    if (!call->engine->kernel_relay()) GTEST_SKIP() << "this kernel has no TCX";
    LegCallbacks keys;
    keys.post = call->mailbox.poster();
    keys.on_dtmf = [this](LegHandle, DtmfPress press) { pressed += press.digit; };
    const auto open = call->engine->open_leg({}, std::move(keys));
    ASSERT_TRUE(open);
    at = *open;
    leg_a = open->handle;
    a.send_to(open->rtp_port, open->rtcp_port);
    call->engine->set_remote(leg_a, a.media());
    leg_b = call->join(b);
    call->engine->bridge(leg_a, leg_b);
    call->settle();
  }
  std::string pressed;
  /// How many directions the kernel relays, as the media thread last said.
  double directions() const { return figure("parley_media_kernel_directions"); }
  double relayed() const { return figure("parley_media_kernel_packets_total"); }
  static double figure(const std::string& name) {
    const auto text = metrics::expose();
    const auto at = text.find("\n" + name + " ");
    return at == std::string::npos ? 0 : std::stod(text.substr(at + name.size() + 2));
  }
  void talk_until(const std::function<bool()>& so) {
    for (int i = 0; i < 200 && !so(); ++i) call->talk(20, a, b);
    ASSERT_TRUE(so());
  }
  /// One stream in which nothing is missing, twice or out of place, whoever relayed it.
  static void expect_whole(const Phone& listener, std::size_t packets) {
    ASSERT_EQ(listener.heard.size(), packets);
    for (std::size_t i = 1; i < listener.heard.size(); ++i) {
      const auto &before = listener.heard[i - 1], &now = listener.heard[i];
      ASSERT_EQ(now.ssrc, before.ssrc);
      ASSERT_EQ(static_cast<std::uint16_t>(now.sequence_number - before.sequence_number), 1) << i;
      if (now.payload_type == before.payload_type && now.payload_type == 0)
        ASSERT_EQ(now.timestamp - before.timestamp, 160U) << i;
    }
  }
  std::size_t said(const Phone& phone) const { return phone.spoken().size() / 160; }
};

TEST_F(LegKernel, AnEncryptedLegStaysHere) {
  const auto key = [] { return srtp::MasterKey::make(srtp::Profile::AesCm128HmacSha1_80, system_random()); };
  a.secure({key(), key()});
  call->engine->set_remote(leg_a, a.media());
  call->settle();
  call->talk(500, a, b);
  EXPECT_EQ(directions(), 0);
  EXPECT_GE(a.heard.size(), 498U);
  EXPECT_GE(b.heard.size(), 498U);
  EXPECT_EQ(a.unproven, 0U);
}

TEST_F(LegKernel, APlainCallGoesToTheKernelAndComesBackWithItsFigures) {
  talk_until([&] { return directions() == 2; });
  const auto before = relayed();
  talk_until([&] { return relayed() > before + 200; });
  const auto figures_a = call->close(leg_a), figures_b = call->close(leg_b);
  call->run(2, {&a, &b});
  expect_whole(a, said(b));
  expect_whole(b, said(a));
  EXPECT_EQ(figures_a.packets_in, said(a));
  EXPECT_EQ(figures_a.packets_out, said(b));
  EXPECT_EQ(figures_a.bytes_in, said(a) * 160);
  EXPECT_EQ(figures_a.lost_in, 0U);
  EXPECT_EQ(figures_b.late_or_duplicate_in, 0U);
  EXPECT_GT(figures_b.mos_in, 3.5);
}

TEST_F(LegKernel, WhatTheKernelDidNotGetIsLost) {
  talk_until([&] { return directions() == 2; });
  for (int i = 0; i < 10; ++i) {
    a.speak(true);
    call->talk(1, a, b);
  }
  call->talk(50, a, b);
  EXPECT_EQ(call->close(leg_a).lost_in, 10U);
}

TEST_F(LegKernel, AKeyBringsTheCallBackWithoutALostPacket) {
  talk_until([&] { return directions() == 2; });
  for (int i = 0; i < 8; ++i) {
    const Bytes payload{5, static_cast<std::uint8_t>(i > 4 ? 0x8a : 0x0a), 0,
                        static_cast<std::uint8_t>(160 * std::min(i, 5) / 8)};
    a.send(101, payload, a.timestamp(), i == 0);
    call->run(1, {&a, &b});
  }
  call->talk(20, a, b);
  EXPECT_EQ(b.keys(), "5");
  EXPECT_EQ(pressed, "5");
  talk_until([&] { return directions() == 0; });  // the gauge is a second old
  talk_until([&] { return directions() == 2; });  // and it goes there again
  const auto sent = said(a) + 8;
  call->run(2, {&a, &b});
  expect_whole(b, sent);
}

TEST_F(LegKernel, OrdersBringTheCallBack) {
  talk_until([&] { return directions() == 2; });
  call->engine->unbridge(leg_a);
  call->settle();
  const auto heard = b.heard.size();
  call->talk(20, a, b);
  EXPECT_EQ(b.heard.size(), heard);  // nobody hears anybody
  call->engine->bridge(leg_a, leg_b);
  talk_until([&] { return b.heard.size() > heard + 20; });

  talk_until([&] { return directions() == 0; });
  talk_until([&] { return directions() == 2; });
  auto held = a.media();
  held.direction = Direction::Inactive;
  call->engine->set_remote(leg_a, held);
  call->settle();
  const auto before = a.heard.size();
  call->talk(20, a, b);
  EXPECT_EQ(a.heard.size(), before);
}

TEST_F(LegKernel, OfWhatIsRelayedOnlyTheKnownSourceIsHeard) {
  talk_until([&] { return directions() == 2; });
  Phone stranger(CodecId::Pcmu, 0, 3);
  stranger.send_to(at.rtp_port, at.rtcp_port);
  const auto heard = b.heard.size();
  for (int i = 0; i < 20; ++i) {
    stranger.speak();
    call->run(1, {&b, &stranger});
  }
  EXPECT_EQ(b.heard.size(), heard);
  EXPECT_TRUE(stranger.heard.empty());
}

}  // namespace
}  // namespace parley::media
