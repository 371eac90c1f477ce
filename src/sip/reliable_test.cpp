#include <gtest/gtest.h>

#include <sip/reliable.hpp>

namespace parley::sip {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::optional<std::uint32_t> rseq_in(const std::string& status, const std::string& lines) {
  return reliable_rseq(
      Message::parse("SIP/2.0 " + status +
                     " X\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\n"
                     "Call-ID: x\r\nCSeq: 1 INVITE\r\n" +
                     lines + "Content-Length: 0\r\n\r\n"));
}

TEST(ReliableRseq, NeedsRequireANumberAndAProvisionalStatus) {
  EXPECT_EQ(rseq_in("183", "Require: 100rel\r\nRSeq: 5\r\n"), 5U);
  EXPECT_EQ(rseq_in("180", "Require: foo, 100REL\r\nRSeq: 5\r\n"), 5U);
  EXPECT_FALSE(rseq_in("183", "RSeq: 5\r\n"));
  EXPECT_FALSE(rseq_in("183", "Require: 100rel\r\n"));
  EXPECT_FALSE(rseq_in("183", "Require: 100rel\r\nRSeq: 0\r\n"));
  EXPECT_FALSE(rseq_in("183", "Require: 100rel\r\nRSeq: 4294967296\r\n"));
  EXPECT_FALSE(rseq_in("100", "Require: 100rel\r\nRSeq: 5\r\n"));
  EXPECT_FALSE(rseq_in("200", "Require: 100rel\r\nRSeq: 5\r\n"));
}

TEST(ReliableSender, DoublesFromT1AndGivesUpAfter64T1) {  // RFC 3262 §3
  ReliableSender sender;
  const TimePoint start{seconds(100)};
  (void)sender.next_rseq(7);
  sender.start(1, start);
  std::vector<long> sent;
  for (auto now = start; sender.waiting(); now = *sender.next_deadline()) {
    const auto due = sender.on_time(now);
    const auto after = std::chrono::duration_cast<milliseconds>(now - start).count();
    if (due == ReliableSender::Due::Send) sent.push_back(after);
    if (due == ReliableSender::Due::GiveUp) {
      EXPECT_EQ(after, 32'000);
      break;
    }
  }
  EXPECT_EQ(sent, (std::vector<long>{500, 1500, 3500, 7500, 15500, 31500}));
}

TEST(ReliableSender, TakesOnlyThePrackOfWhatItRepeats) {
  ReliableSender sender;
  const auto first = sender.next_rseq(~std::uint64_t{0});
  EXPECT_GE(first, 1U);
  EXPECT_LT(first, 0x80000000U);
  sender.start(4, TimePoint{});
  EXPECT_FALSE(sender.on_prack({first + 1, 4, Method::Invite, {}}));
  EXPECT_FALSE(sender.on_prack({first, 5, Method::Invite, {}}));
  EXPECT_FALSE(sender.on_prack({first, 4, Method::Update, {}}));
  EXPECT_TRUE(sender.on_prack({first, 4, Method::Invite, {}}));
  EXPECT_FALSE(sender.on_prack({first, 4, Method::Invite, {}}));  // once
  EXPECT_EQ(sender.next_rseq(0), first + 1);
}

TEST(ReliableReceiver, ServesInOrderOnly) {  // RFC 3262 §4
  using Take = ReliableReceiver::Take;
  ReliableReceiver receiver;
  EXPECT_EQ(receiver.on_response(50), Take::Serve);
  EXPECT_EQ(receiver.on_response(50), Take::Repeated);
  EXPECT_EQ(receiver.on_response(52), Take::OutOfOrder);
  EXPECT_EQ(receiver.on_response(51), Take::Serve);
  EXPECT_EQ(receiver.on_response(50), Take::Repeated);
}

}  // namespace
}  // namespace parley::sip
