#include <algorithm>

#include <gtest/gtest.h>
#include <srtp/session.hpp>

#include <rtp/packet.hpp>

namespace parley::srtp {
namespace {

Bytes rtp_packet(std::uint16_t sequence, std::uint32_t ssrc = 7, std::size_t payload = 160) {
  Bytes packet(rtp::kRtpHeaderSize + payload, 0x55);
  rtp::write_rtp_header(packet, {false, 0, sequence, sequence * 160U, ssrc, {}});
  return packet;
}
const Bytes kReport = from_hex("81c8000bcafebabeabababababababababababababababab").value();

class Session : public testing::TestWithParam<Profile> {
 protected:
  SeededRandom random{1};
  MasterKey key = MasterKey::make(GetParam(), random);
  Sender sender{key};
  Receiver receiver{key};

  static Bytes secured(Sender& from, Bytes packet, bool rtcp = false) {
    const auto size = packet.size();
    packet.resize(size + kMaxTrailer);
    const auto done = rtcp ? from.protect_rtcp(packet, size) : from.protect_rtp(packet, size);
    EXPECT_TRUE(done);
    packet.resize(done.value_or(0));
    return packet;
  }
  Bytes secured(std::uint16_t sequence, std::uint32_t ssrc = 7) { return secured(sender, rtp_packet(sequence, ssrc)); }
  static Result<Bytes, SrtpErrc> opened(Receiver& by, Bytes packet, bool rtcp = false) {
    const auto size = rtcp ? by.open_rtcp(packet) : by.open_rtp(packet);
    if (!size) return std::unexpected(size.error());
    packet.resize(*size);
    return packet;
  }
  Result<Bytes, SrtpErrc> opened(Bytes packet) { return opened(receiver, std::move(packet)); }
};

TEST_P(Session, WhatOneSecuresTheOtherOpens) {
  for (std::uint16_t i = 0; i < 300; ++i) {
    const auto packet = secured(i);
    EXPECT_EQ(packet.size(), rtp_packet(i).size() + info(GetParam()).rtp_tag);
    EXPECT_EQ(std::ranges::search(packet, Bytes(8, 0x55)).size(), 0U) << "plain";
    EXPECT_EQ(opened(packet), rtp_packet(i));
  }
  const auto report = secured(sender, kReport, true);
  EXPECT_EQ(report.size(), kReport.size() + info(GetParam()).rtcp_tag + kIndexWord);
  EXPECT_EQ(opened(receiver, report, true), kReport);
}

TEST_P(Session, CsrcsAndHeaderExtensionStayInTheClearAndAreProven) {
  Bytes packet = from_hex("92000001000000a000000007aaaaaaaabbbbbbbbbede000110ff000055555555").value();
  const auto sent = secured(sender, packet);
  EXPECT_TRUE(std::ranges::equal(BytesView(sent).first(28), BytesView(packet).first(28)));
  EXPECT_FALSE(std::ranges::equal(BytesView(sent).subspan(28, 4), BytesView(packet).subspan(28)));
  auto changed = sent;
  changed[24] ^= 1U;
  EXPECT_EQ(opened(changed).error(), SrtpErrc::NotAuthentic);
  EXPECT_EQ(opened(sent), packet);
}

TEST_P(Session, ChangedPacketsAreRefusedWhereverTheyWereChanged) {
  (void)opened(secured(1));
  const auto packet = secured(2);
  for (std::size_t at = 0; at < packet.size(); ++at) {
    auto changed = packet;
    changed[at] ^= 0x04U;
    EXPECT_FALSE(opened(changed)) << at;
  }
  EXPECT_TRUE(opened(packet)) << "and the true one is taken after all of them";
}

TEST_P(Session, RepeatedAndAncientPacketsAreRefused) {
  std::vector<Bytes> packets;
  for (std::uint16_t i = 0; i < 400; ++i) packets.push_back(secured(i));
  EXPECT_TRUE(opened(packets[399]));
  EXPECT_EQ(opened(packets[399]).error(), SrtpErrc::Replayed);
  EXPECT_TRUE(opened(packets[398])) << "overtaken is not repeated";
  EXPECT_TRUE(opened(packets[399 - ReplayWindow::kSize + 1]));
  EXPECT_EQ(opened(packets[399 - ReplayWindow::kSize]).error(), SrtpErrc::TooOld);
  const auto report = secured(sender, kReport, true);
  EXPECT_TRUE(opened(receiver, report, true));
  EXPECT_EQ(opened(receiver, report, true).error(), SrtpErrc::Replayed);
}

TEST_P(Session, TheSequenceWrapsThreeTimesWithLossAndReorder) {
  std::uint16_t sequence = 65'000;
  for (unsigned i = 0; i < 3 * 65'536; i += 37) {
    const auto a = secured(sequence), b = secured(static_cast<std::uint16_t>(sequence + 1));
    ASSERT_TRUE(opened(b)) << i;
    ASSERT_TRUE(opened(a)) << i;
    sequence = static_cast<std::uint16_t>(sequence + 37);
  }
}

TEST_P(Session, AStreamWhosePacketsBeforeTheWrapWereLostIsFound) {
  for (unsigned i = 65'500; i < 65'536; ++i) (void)secured(static_cast<std::uint16_t>(i));
  EXPECT_EQ(opened(secured(3)), rtp_packet(3));
  EXPECT_EQ(opened(secured(4)), rtp_packet(4));
}

TEST_P(Session, EverySsrcCountsForItself) {
  for (std::uint32_t ssrc = 1; ssrc <= 20; ++ssrc)
    for (const std::uint16_t sequence : std::initializer_list<std::uint16_t>{65'535, 0, 1}) {
      EXPECT_EQ(opened(secured(sequence, ssrc)), rtp_packet(sequence, ssrc));
    }
  const auto again = secured(2, 1);
  EXPECT_TRUE(opened(again));
  EXPECT_EQ(opened(again).error(), SrtpErrc::Replayed);
}

TEST_P(Session, SourcesAreBoundedAndStrangersLeaveNothing) {
  for (std::uint32_t ssrc = 0; ssrc < 3 * kMaxSources; ++ssrc) {
    auto forged = rtp_packet(1, ssrc);
    forged.resize(forged.size() + 16);
    EXPECT_FALSE(receiver.open_rtp(forged));
  }
  for (std::uint32_t ssrc = 0; ssrc < kMaxSources; ++ssrc) ASSERT_TRUE(opened(secured(1, ssrc)));
  Sender other(key);
  EXPECT_EQ(opened(secured(other, rtp_packet(1, 99'999))).error(), SrtpErrc::TooManySources);
  EXPECT_TRUE(opened(secured(2, 5))) << "those that are known go on";
}

TEST_P(Session, TheSameSequenceNumberIsNeverSecuredTwice) {
  (void)secured(9);
  auto again = rtp_packet(9);
  again.resize(again.size() + kMaxTrailer);
  EXPECT_EQ(sender.protect_rtp(again, rtp_packet(9).size()).error(), SrtpErrc::Replayed);
}

TEST_P(Session, ANewKeyIsFoundWhetherTheFarEndGoesOnCountingOrNot) {
  Sender counting(key);
  Receiver before(key);
  for (const std::uint32_t sequence : {65'000U, 100U, 30'000U, 60'000U, 5U})
    ASSERT_TRUE(opened(before, secured(counting, rtp_packet(static_cast<std::uint16_t>(sequence)))));
  const auto fresh = MasterKey::make(GetParam(), random);
  Receiver anew(fresh, &before), on(fresh, &before);
  Sender from_zero(fresh);
  EXPECT_TRUE(opened(anew, secured(from_zero, rtp_packet(50'000))));
  Transform going_on(fresh, Transform::Use::Protect);
  auto packet = rtp_packet(50'000);
  packet.resize(packet.size() + kMaxTrailer);
  packet.resize(going_on.protect_rtp(packet, rtp_packet(50'000).size(), 2ULL << 16U | 50'000U).value());
  EXPECT_EQ(opened(on, packet), rtp_packet(50'000));
}

TEST_P(Session, ShortAndUnencryptedPacketsAreRefused) {
  const auto packet = secured(1), report = secured(sender, kReport, true);
  for (std::size_t size = 0; size < packet.size(); ++size)
    EXPECT_FALSE(opened(Bytes(packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(size))));
  for (std::size_t size = 0; size < report.size(); ++size)
    EXPECT_FALSE(opened(receiver, Bytes(report.begin(), report.begin() + static_cast<std::ptrdiff_t>(size)), true));
  EXPECT_FALSE(opened(rtp_packet(1)));
  EXPECT_FALSE(opened(receiver, kReport, true));
}

TEST_P(Session, ABufferWithoutRoomIsAnErrorAndNoOverrun) {
  auto packet = rtp_packet(1);
  EXPECT_EQ(sender.protect_rtp(packet, packet.size()).error(), SrtpErrc::NoRoom);
  auto report = kReport;
  EXPECT_EQ(sender.protect_rtcp(report, report.size()).error(), SrtpErrc::NoRoom);
}

TEST_P(Session, AnEmptyPayloadPasses) { EXPECT_EQ(opened(secured(sender, rtp_packet(1, 7, 0))), rtp_packet(1, 7, 0)); }

INSTANTIATE_TEST_SUITE_P(Profiles, Session, testing::ValuesIn(kProfiles),
                         [](const auto& one) { return std::string(srtp::info(one.param).suite); });

TEST(Keys, OfTheWrongLengthAreRefused) {
  for (const auto profile : kProfiles) {
    const std::size_t right = std::size_t{info(profile).key} + info(profile).salt;
    EXPECT_TRUE(MasterKey::from(profile, Bytes(right)));
    EXPECT_FALSE(MasterKey::from(profile, Bytes(right - 1)));
    EXPECT_FALSE(MasterKey::from(profile, Bytes(right + 1)));
    EXPECT_EQ(profile_of_suite(info(profile).suite), profile);
    EXPECT_EQ(profile_of_dtls(info(profile).dtls_id), profile);
  }
  EXPECT_EQ(profile_of_suite("F8_128_HMAC_SHA1_80"), std::nullopt);
}

}  // namespace
}  // namespace parley::srtp
