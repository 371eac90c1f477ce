#include <gtest/gtest.h>

#include <sip/session_timer.hpp>

namespace parley::sip {
namespace {

using std::chrono::seconds;
const TimePoint kStart{seconds(1000)};

Message invite(const std::string& lines) {
  return Message::parse(
      "INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\n"
      "Call-ID: x\r\nCSeq: 1 INVITE\r\nMax-Forwards: 70\r\n" +
      lines + "Content-Length: 0\r\n\r\n");
}
Message response(unsigned status, const std::string& lines) {
  return Message::parse("SIP/2.0 " + std::to_string(status) +
                        " X\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\n"
                        "Call-ID: x\r\nCSeq: 1 INVITE\r\n" +
                        lines + "Content-Length: 0\r\n\r\n");
}
std::string answered(const SessionTimer& timer, const Message& request) {
  ResponseBuilder builder(request, 200, "t");
  timer.response_headers(builder);
  const auto out = Message::parse(builder.finish().bytes);
  return std::string(out.value(Header::SessionExpires).value_or("none")) +
         (out.has(Header::Require) ? " required" : "");
}
std::string asked(const SessionTimer& timer) {
  RequestBuilder builder(Method::Update, "sip:a@b", {Transport::Udp, "h", "z9hG4bK2"});
  timer.request_headers(builder);
  const auto out = Message::parse(builder.finish().bytes);
  return std::string(out.value(Header::SessionExpires).value_or("none")) + "/" +
         std::string(out.value(Header::MinSe).value_or("-"));
}

TEST(SessionTimer, RefusesTooSmallAnIntervalFromWhoKnowsTimers) {  // RFC 4028 §9
  const SessionTimer timer({seconds(1800), seconds(120)});
  EXPECT_EQ(timer.judge(invite("Supported: timer\r\nSession-Expires: 100\r\n")), seconds(120));
  EXPECT_FALSE(timer.judge(invite("Supported: timer\r\nSession-Expires: 120\r\n")));
  EXPECT_FALSE(timer.judge(invite("Session-Expires: 100\r\n")));
  EXPECT_FALSE(timer.judge(invite("Supported: timer\r\n")));
}

struct Table2 {
  const char* lines;
  const char* answer;
  RefreshedBy refresher;
};
class RefresherOfTheAnswer : public ::testing::TestWithParam<Table2> {};
TEST_P(RefresherOfTheAnswer, FollowsTable2) {  // RFC 4028 §9
  const auto& [lines, answer, refresher] = GetParam();
  SessionTimer timer;
  const auto request = invite(lines);
  timer.accept(request, kStart);
  EXPECT_EQ(answered(timer, request), answer);
  EXPECT_EQ(timer.refresher(), refresher);
}
INSTANTIATE_TEST_SUITE_P(
    Rfc4028, RefresherOfTheAnswer,
    ::testing::Values(
        Table2{"", "none", RefreshedBy::Nobody},
        Table2{"Supported: timer\r\n", "1800;refresher=uac required", RefreshedBy::Them},
        Table2{"Supported: timer\r\nx: 600\r\n", "600;refresher=uac required", RefreshedBy::Them},
        Table2{"Supported: timer\r\nx: 600;refresher=uac\r\n", "600;refresher=uac required", RefreshedBy::Them},
        Table2{"Supported: timer\r\nx: 600;refresher=uas\r\n", "600;refresher=uas", RefreshedBy::Us},
        Table2{"Session-Expires: 600\r\n", "600;refresher=uas", RefreshedBy::Us},
        Table2{"Session-Expires: 10\r\n", "90;refresher=uas", RefreshedBy::Us},
        Table2{"Supported: timer\r\nx: 99999999\r\n", "1800;refresher=uac required", RefreshedBy::Them},
        Table2{"Supported: timer\r\nx: 3600\r\nMin-SE: 2400\r\n", "2400;refresher=uac required", RefreshedBy::Them}));

TEST(SessionTimer, WhoRefreshesDoesSoHalfWayAndOnceMore) {
  SessionTimer timer;
  timer.on_success(response(200, "Session-Expires: 600;refresher=uac\r\n"), kStart);
  EXPECT_EQ(timer.refresher(), RefreshedBy::Us);
  EXPECT_EQ(timer.next_deadline(), kStart + seconds(300));
  EXPECT_EQ(timer.on_time(kStart + seconds(299)), SessionTimer::Due::Nothing);
  EXPECT_EQ(timer.on_time(kStart + seconds(300)), SessionTimer::Due::Refresh);
  EXPECT_EQ(timer.on_time(kStart + seconds(568)), SessionTimer::Due::Refresh);
  EXPECT_EQ(timer.on_time(kStart + seconds(600)), SessionTimer::Due::Expired);
  EXPECT_FALSE(timer.next_deadline());
}

TEST(SessionTimer, WhoWaitsGivesUpALittleBeforeTheEnd) {  // RFC 4028 §10
  SessionTimer timer;
  timer.on_success(response(200, "Session-Expires: 90;refresher=uas\r\n"), kStart);
  EXPECT_EQ(timer.refresher(), RefreshedBy::Them);
  EXPECT_EQ(timer.next_deadline(), kStart + seconds(60));
  timer.accept(invite("Supported: timer\r\nx: 90;refresher=uac\r\n"), kStart + seconds(45));  // their refresh
  EXPECT_EQ(timer.next_deadline(), kStart + seconds(105));
  EXPECT_EQ(timer.on_time(kStart + seconds(105)), SessionTimer::Due::Expired);
}

TEST(SessionTimer, AnOfferWithoutTimerLetsWhatRunsGoOn) {
  SessionTimer timer;
  timer.accept(invite("Supported: timer\r\nx: 600;refresher=uac\r\n"), kStart);
  const auto hold = invite("");
  timer.accept(hold, kStart + seconds(10));
  EXPECT_EQ(answered(timer, hold), "600;refresher=uas");
  EXPECT_EQ(timer.next_deadline(), kStart + seconds(310));
}

TEST(SessionTimer, AsksAgainWithTheMinimumOf422) {  // RFC 4028 §7.3
  SessionTimer timer({seconds(300), seconds(90)});
  EXPECT_EQ(asked(timer), "300/-");
  EXPECT_TRUE(timer.on_too_small(response(422, "Min-SE: 400\r\n")));
  EXPECT_EQ(asked(timer), "400/400");
  EXPECT_FALSE(timer.on_too_small(response(422, "Min-SE: 400\r\n")));  // nothing more to give
  EXPECT_FALSE(timer.on_too_small(response(422, "")));
  timer.on_success(response(200, ""), kStart);
  EXPECT_FALSE(timer.running());
}

TEST(SessionTimer, ARefreshNamesWhoItIs) {
  SessionTimer timer;
  timer.on_success(response(200, "Session-Expires: 600;refresher=uac\r\n"), kStart);
  EXPECT_EQ(asked(timer), "600;refresher=uac/-");
}

}  // namespace
}  // namespace parley::sip
