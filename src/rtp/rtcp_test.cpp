#include <gtest/gtest.h>

#include <rtp/quality.hpp>
#include <rtp/rtcp.hpp>

namespace parley::rtp {
namespace {
using namespace std::chrono_literals;

TEST(Rtcp, ReadsWhatItWrites) {
  RtcpReport report;
  report.ssrc = 0x01020304;
  report.sender_info = SenderInfo{0x1122334455667788, 4000, 25, 4000};
  report.block = ReportBlock{9, 64, -3, 70000, 12, 0xAABBCCDD, 65536};
  report.bye = true;
  for (const std::string cname : {"", "a", "ab", "abc", "abcd", "0123456789abcdef"}) {
    report.cname = cname;
    std::array<std::uint8_t, kMaxRtcpReport> out{};
    const std::size_t size = write_rtcp(out, report);
    EXPECT_EQ(size % 4, 0U);
    const auto read = RtcpCompound::parse(BytesView(out).first(size));
    ASSERT_TRUE(read) << cname << " " << static_cast<int>(read.error());
    EXPECT_EQ(read->sender_ssrc, report.ssrc);
    ASSERT_TRUE(read->sender_info);
    EXPECT_EQ(read->sender_info->ntp_time, report.sender_info->ntp_time);
    EXPECT_EQ(read->sender_info->packets, 25U);
    ASSERT_EQ(read->block_count, 1U);
    EXPECT_EQ(read->blocks[0].cumulative_lost, -3);
    EXPECT_EQ(read->blocks[0].fraction_lost, 64);
    EXPECT_EQ(read->blocks[0].delay_since_last_sr, 65536U);
    EXPECT_EQ(read->cname, cname);
    EXPECT_TRUE(read->bye);
  }
}

TEST(Rtcp, LongestNameFits) {
  const std::string cname(300, 'x');
  RtcpReport report{1, SenderInfo{}, ReportBlock{}, cname, true};
  std::array<std::uint8_t, kMaxRtcpReport> out{};
  const std::size_t size = write_rtcp(out, report);
  const auto read = RtcpCompound::parse(BytesView(out).first(size));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->cname.size(), 255U);
}

TEST(Rtcp, EveryCutOfAGoodCompoundIsRefusedOrShorter) {
  RtcpReport report{1, SenderInfo{}, ReportBlock{}, "name", true};
  std::array<std::uint8_t, kMaxRtcpReport> out{};
  const std::size_t size = write_rtcp(out, report);
  for (std::size_t cut = 0; cut < size; ++cut) {
    const auto read = RtcpCompound::parse(BytesView(out).first(cut));
    if (read) EXPECT_FALSE(read->bye) << cut;
  }
}

TEST(Rtcp, RefusesPaddingInTheMiddleAndOddPadding) {
  EXPECT_FALSE(
      RtcpCompound::parse(*from_hex("a0c900021122334400000004"
                                    "80c9000111223344")));
  EXPECT_TRUE(RtcpCompound::parse(*from_hex("a0c900021122334400000004")));
  EXPECT_FALSE(RtcpCompound::parse(*from_hex("a0c900021122334400000003")));
  EXPECT_FALSE(RtcpCompound::parse(*from_hex("a0c9000211223344000000ff")));
}

TEST(Rtcp, RoundTripIsWhatTheReportsSay) {
  const WallTime sent{std::chrono::milliseconds(1'800'000'000'000)};
  ReportBlock block;
  block.last_sr = ntp_middle(ntp_time(sent));
  block.delay_since_last_sr = 65536 / 2;  // the peer held it for half a second
  const auto rtt = round_trip(block, ntp_middle(ntp_time(sent + 620ms)));
  ASSERT_TRUE(rtt);
  EXPECT_NEAR(std::chrono::duration<double>(*rtt).count(), 0.120, 0.001);
  block.delay_since_last_sr = 65536 * 2;  // claims to have held it for longer than it was away
  EXPECT_FALSE(round_trip(block, ntp_middle(ntp_time(sent + 620ms))));
  block.last_sr = 0;
  EXPECT_FALSE(round_trip(block, 1));
}

TEST(Rtcp, NtpTimeCountsFrom1900) {
  EXPECT_EQ(ntp_time(WallTime{0ms}) >> 32U, 2'208'988'800U);
  EXPECT_EQ(ntp_time(WallTime{500ms}) & 0xFFFFFFFFU, 0x80000000U);
}

TEST(Quality, FollowsTheEModel) {
  EXPECT_NEAR(estimate_mos({0, 0}), 4.41, 0.01);
  EXPECT_NEAR(estimate_r({0, 100}), 90.8, 0.01);
  EXPECT_NEAR(estimate_r({0, 277.3}), 93.2 - 6.655 - 11, 0.01);
  EXPECT_LT(estimate_mos({0.05, 50}), 3.9);
  EXPECT_LT(estimate_mos({0.20, 50}), 2.6);
  EXPECT_GE(estimate_mos({1, 5000}), 1.0);
}

}  // namespace
}  // namespace parley::rtp
