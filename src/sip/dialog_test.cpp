#include <gtest/gtest.h>

#include <sip/dialog.hpp>

namespace parley::sip {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr ViaSpec kVia{Transport::Udp, "192.0.2.1:5060", "z9hG4bKv"};

DialogSeed seed() {
  return {"c1", "\"Ann\" <sip:101@x>", "<sip:102@x>", "ltag", "sip:102@192.0.2.9", "<sip:101@192.0.2.1:5060>", 1};
}

Message response(unsigned status, const std::string& tag, const std::string& extra = "",
                 const std::string& cseq = "1 INVITE") {
  return Message::parse("SIP/2.0 " + std::to_string(status) +
                        " X\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKv\r\nFrom: \"Ann\" <sip:101@x>;tag=ltag\r\n" +
                        "To: <sip:102@x>" + (tag.empty() ? "" : ";tag=" + tag) + "\r\nCall-ID: c1\r\nCSeq: " + cseq +
                        "\r\n" + extra + "l: 0\r\n\r\n");
}

Message request(const std::string& method, unsigned cseq, const std::string& extra = "",
                const std::string& to_tag = "mine") {
  return Message::parse(
      method +
      " sip:101@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKr\r\nFrom: Bob <sip:102@x>;tag=rtag;x=y\r\n" +
      "To: <sip:101@x>" + (to_tag.empty() ? "" : ";tag=" + to_tag) +
      "\r\nCall-ID: c2\r\nCSeq: " + std::to_string(cseq) + " " + method + "\r\n" + extra + "l: 0\r\n\r\n");
}

TEST(Dialog, UacReversesRecordRouteAndUsesTheContact) {  // RFC 3261 §12.1.2
  auto dialog = Dialog::from_response(
      seed(), response(180, "r", "Record-Route: <sip:p2;lr>, <sip:p1;lr>\r\nContact: <sip:102@10.0.0.2:5070>\r\n"));
  ASSERT_TRUE(dialog);
  EXPECT_EQ(dialog->state(), DialogState::Early);
  EXPECT_EQ(dialog->next_hop(), "sip:p1;lr");
  const auto bye = Message::parse(dialog->request(Method::Bye, kVia).finish().bytes);
  ASSERT_FALSE(bye.fault());
  EXPECT_EQ(bye.request_uri_text(), "sip:102@10.0.0.2:5070");
  EXPECT_EQ(bye.name_addrs(Header::Route).at(0).uri.host, "p1");
  EXPECT_EQ(bye.from().tag(), "ltag");
  EXPECT_EQ(bye.to().tag(), "r");
  EXPECT_EQ(bye.cseq().number, 2U);
  EXPECT_FALSE(bye.has(Header::Contact));
}

TEST(Dialog, TwoHundredFixesTheRouteSetAnew) {  // §13.2.2.4
  auto dialog =
      *Dialog::from_response(seed(), response(180, "r", "Record-Route: <sip:p1;lr>\r\nContact: <sip:a@b>\r\n"));
  dialog.on_response(response(200, "r", "Contact: <sip:c@d>\r\n"));
  EXPECT_EQ(dialog.state(), DialogState::Confirmed);
  EXPECT_TRUE(dialog.route_set().empty());
  EXPECT_EQ(dialog.next_hop(), "sip:c@d");
}

TEST(Dialog, StrictRouterStandsInTheRequestUri) {  // §12.2.1.1
  auto dialog = *Dialog::from_response(
      seed(), response(200, "r", "Record-Route: <sip:p2;lr>\r\nRecord-Route: <sip:p1>\r\nContact: <sip:a@b>\r\n"));
  const auto bye = Message::parse(dialog.request(Method::Bye, kVia).finish().bytes);
  EXPECT_EQ(bye.request_uri_text(), "sip:p1");
  const auto routes = bye.name_addrs(Header::Route);
  ASSERT_EQ(routes.size(), 2U);
  EXPECT_EQ(routes[0].uri.host, "p2");
  EXPECT_EQ(routes[1].uri.text, "sip:a@b");
}

TEST(Dialog, AckIsKeptForRepeated2xx) {
  auto dialog = *Dialog::from_response(seed(), response(200, "r", "Contact: <sip:a@b>\r\n"));
  const auto ack = dialog.ack(1, kVia);
  const auto parsed = Message::parse(ack.bytes);
  EXPECT_TRUE(parsed.is(Method::Ack));
  EXPECT_EQ(parsed.cseq().number, 1U);
  EXPECT_EQ(parsed.request_uri_text(), "sip:a@b");
  EXPECT_EQ(dialog.ack_again(response(200, "r")), ack.bytes);
  EXPECT_EQ(dialog.ack_again(response(200, "other")), "");
  EXPECT_EQ(dialog.ack_again(response(200, "r", "", "2 INVITE")), "");
  EXPECT_EQ(dialog.ack_again(response(180, "r")), "");
}

TEST(Dialog, UasKeepsRecordRouteOrderAndTags) {  // §12.1.1
  auto dialog = Dialog::from_request(
      request("INVITE", 5, "Record-Route: <sip:p1;lr>, <sip:p2;lr>\r\nContact: <sip:102@10.0.0.2>\r\n", ""), "mine",
      "<sip:101@192.0.2.1>");
  EXPECT_FALSE(dialog.is_uac());
  EXPECT_EQ(dialog.next_hop(), "sip:p1;lr");
  dialog.confirm();
  const auto reinvite =
      Message::parse(dialog.request(Method::Invite, kVia).body("application/sdp", "v=0\r\n").finish().bytes);
  ASSERT_FALSE(reinvite.fault());
  EXPECT_EQ(reinvite.from().tag(), "mine");
  EXPECT_EQ(reinvite.to().tag(), "rtag");
  EXPECT_EQ(reinvite.to().display, "Bob");
  EXPECT_EQ(reinvite.cseq().number, 1U);
  EXPECT_TRUE(reinvite.has(Header::Contact));
  EXPECT_TRUE(dialog.owns_request(request("BYE", 6)));
  EXPECT_FALSE(dialog.owns_request(request("BYE", 6, "", "other")));
}

TEST(Dialog, RefusesOldRequestsWith500) {  // §12.2.2
  auto dialog = Dialog::from_request(request("INVITE", 5, "Contact: <sip:102@a>\r\n", ""), "mine", "<sip:101@b>");
  EXPECT_EQ(dialog.on_request(request("INFO", 4)), 500U);
  EXPECT_EQ(dialog.on_request(request("INFO", 9)), std::nullopt);
  EXPECT_EQ(dialog.on_request(request("INFO", 8)), 500U);
  EXPECT_EQ(dialog.on_request(request("INVITE", 10, "Contact: <sip:102@moved>\r\n")), std::nullopt);
  EXPECT_EQ(dialog.remote_target(), "sip:102@moved");
  EXPECT_EQ(dialog.on_request(request("BYE", 11)), std::nullopt);
  EXPECT_EQ(dialog.state(), DialogState::Terminated);
  EXPECT_EQ(dialog.on_request(request("INFO", 12)), 481U);
}

TEST(Dialog, EndsWhenThePeerDoesNotKnowIt) {
  auto dialog = *Dialog::from_response(seed(), response(200, "r", "Contact: <sip:a@b>\r\n"));
  dialog.on_response(response(486, "r", "", "2 INVITE"));
  EXPECT_EQ(dialog.state(), DialogState::Confirmed);
  dialog.on_response(response(481, "r", "", "3 INVITE"));
  EXPECT_EQ(dialog.state(), DialogState::Terminated);
}

TEST(DialogSet, KeepsOneDialogPerForkedBranch) {
  DialogSet set(seed());
  EXPECT_EQ(set.on_response(response(100, "")), nullptr);
  EXPECT_EQ(set.on_response(response(180, "")), nullptr);
  ASSERT_NE(set.on_response(response(180, "a")), nullptr);
  ASSERT_NE(set.on_response(response(183, "b")), nullptr);
  ASSERT_NE(set.on_response(response(180, "a")), nullptr);
  EXPECT_EQ(set.dialogs().size(), 2U);
  const auto* const winner = set.on_response(response(200, "b", "Contact: <sip:b@b>\r\n"));
  ASSERT_NE(winner, nullptr);
  EXPECT_EQ(winner->state(), DialogState::Confirmed);
  set.end_early();
  EXPECT_EQ(set.dialogs()[0].state(), DialogState::Terminated);
  EXPECT_EQ(set.dialogs()[1].state(), DialogState::Confirmed);
  for (int i = 0; i < 100; ++i) (void)set.on_response(response(180, "flood" + std::to_string(i)));
  EXPECT_EQ(set.dialogs().size(), DialogSet::kMaxDialogs);
}

TEST(AnswerRepeater, RepeatsUntilAckOr64T1) {  // §13.3.1.4
  AnswerRepeater repeater;
  TimePoint now{seconds(5)};
  const TimePoint start = now;
  repeater.start(7, now);
  std::vector<int> at;
  AnswerRepeater::Due due{};
  while (const auto next = repeater.next_deadline()) {
    now = *next;
    due = repeater.on_time(now);
    if (due == AnswerRepeater::Due::Send)
      at.push_back(static_cast<int>(std::chrono::duration_cast<milliseconds>(now - start).count()));
  }
  EXPECT_EQ(at, (std::vector<int>{500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500}));
  EXPECT_EQ(due, AnswerRepeater::Due::GiveUp);
  EXPECT_EQ(now - start, seconds(32));
  repeater.start(7, now);
  EXPECT_FALSE(repeater.on_ack(request("ACK", 6)));
  EXPECT_TRUE(repeater.on_ack(request("ACK", 7)));
  EXPECT_FALSE(repeater.on_ack(request("ACK", 7)));
  EXPECT_EQ(repeater.next_deadline(), std::nullopt);
}

}  // namespace
}  // namespace parley::sip
