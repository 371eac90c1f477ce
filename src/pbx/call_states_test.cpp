#include <gtest/gtest.h>

#include <pbx/call_states.hpp>

namespace parley::pbx {
namespace {

TEST(LegStates, EveryLivingStateCanEndAndNothingFollowsTheEnd) {
  for (auto state = LegState::Idle; state < LegState::Ended; state = static_cast<LegState>(static_cast<int>(state) + 1))
    EXPECT_EQ(next(state, LegInput::Lost), LegState::Ended) << to_string(state);
  for (auto input = LegInput::SendInvite; input <= LegInput::Lost;
       input = static_cast<LegInput>(static_cast<int>(input) + 1))
    EXPECT_EQ(next(LegState::Ended, input), std::nullopt);
}

TEST(LegStates, EachPairIsListedOnce) {
  for (const auto& a : leg_table()) {
    int count = 0;
    for (const auto& b : leg_table()) count += a.state == b.state && a.input == b.input;
    EXPECT_EQ(count, 1);
  }
}

TEST(CallStates, NobodyHearsTheOtherBeforeTheCallerIsReady) {
  EXPECT_EQ(next(CallState::Ringing, CallInput::CalleeAnswered), CallState::Accepting);
  EXPECT_EQ(next(CallState::Accepting, CallInput::NoticeBegins), std::nullopt);
  EXPECT_EQ(next(CallState::Ringing, CallInput::CallerReady), std::nullopt);
}

TEST(CallStates, EveryLivingStateCanEndOnce) {
  for (auto state = CallState::Routing; state < CallState::Ended;
       state = static_cast<CallState>(static_cast<int>(state) + 1))
    EXPECT_EQ(next(state, CallInput::End), CallState::Ended) << to_string(state);
  for (auto input = CallInput::Forked; input <= CallInput::End;
       input = static_cast<CallInput>(static_cast<int>(input) + 1))
    EXPECT_EQ(next(CallState::Ended, input), std::nullopt);
}

}  // namespace
}  // namespace parley::pbx
