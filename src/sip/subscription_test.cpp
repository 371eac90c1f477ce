#include <set>

#include <gtest/gtest.h>

#include <sip/subscription.hpp>

namespace parley::sip {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kStart = TimePoint{} + 1000s;
constexpr Subscription::Pace kSlow{10s, 1};

TEST(SubscriptionTable, EveryPairOfPhaseAndInputIsListedOnceOrNotAtAll) {
  std::set<std::pair<int, int>> seen;
  for (const auto& row : subscription_table())
    EXPECT_TRUE(seen.emplace(static_cast<int>(row.phase), static_cast<int>(row.input)).second);
  for (int input = 0; input <= static_cast<int>(SubscriptionInput::LastPassed); ++input)
    EXPECT_FALSE(next(SubscriptionPhase::Over, static_cast<SubscriptionInput>(input))) << "nothing follows the end";
  std::set<std::pair<int, int>> notify;
  for (const auto& row : notify_table())
    EXPECT_TRUE(notify.emplace(static_cast<int>(row.phase), static_cast<int>(row.input)).second);
}

TEST(SubscriptionTable, NothingIsSentWhileOneIsOnTheWay) {
  for (const auto phase : {NotifyPhase::Quiet, NotifyPhase::Running, NotifyPhase::RunningDue})
    EXPECT_FALSE(next(phase, NotifyInput::Send));
  EXPECT_EQ(next(NotifyPhase::Due, NotifyInput::Send), NotifyPhase::Running);
}

TEST(SubscriptionTable, AnEndedOneIsNeverActiveAgain) {
  for (const auto& row : subscription_table())
    if (row.phase == SubscriptionPhase::Ending || row.phase == SubscriptionPhase::Over) {
      EXPECT_EQ(row.next, SubscriptionPhase::Over);
    }
}

TEST(Grant, FollowsExpires) {
  const EventLifetimes lifetimes{60s, 3600s, 1800s};
  EXPECT_EQ(grant(std::nullopt, lifetimes), 1800s);
  EXPECT_EQ(grant(0U, lifetimes), 0s);
  EXPECT_EQ(grant(60U, lifetimes), 60s);
  EXPECT_EQ(grant(0xffffffffU, lifetimes), 3600s);
  ASSERT_FALSE(grant(59U, lifetimes));
  EXPECT_EQ(grant(59U, lifetimes).error(), 60s);
  EXPECT_EQ(grant(3600U, EventLifetimes{7200s, 7200s, 7200s}), 3600s) << "an hour is never too brief (RFC 6665)";
}

TEST(Subscription, TellsAllAtOnceAndAgainAtARefresh) {
  Subscription one({});
  EXPECT_FALSE(one.take(kStart));
  ASSERT_TRUE(one.subscribe(600s, kStart));
  const auto first = one.take(kStart);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->state, "active;expires=600");
  EXPECT_TRUE(first->whole);
  EXPECT_FALSE(one.take(kStart)) << "one at a time";
  one.passed();
  EXPECT_FALSE(one.take(kStart));
  ASSERT_TRUE(one.subscribe(300s, kStart + 500s));
  const auto second = one.take(kStart + 500500ms);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->state, "active;expires=300");
  EXPECT_TRUE(second->whole);
  EXPECT_EQ(one.next_deadline(), kStart + 800s);
}

TEST(Subscription, AFetchEndsWithItsOneNotify) {
  Subscription one({});
  ASSERT_TRUE(one.subscribe(0s, kStart));
  const auto only = one.take(kStart);
  ASSERT_TRUE(only);
  EXPECT_TRUE(only->whole && only->last);
  EXPECT_EQ(only->state, "terminated;reason=timeout");
  EXPECT_FALSE(one.subscribe(60s, kStart)) << "481";
  one.passed();
  EXPECT_TRUE(one.over());
}

TEST(Subscription, WhatChangesMeanwhileIsToldByTheNextOne) {
  Subscription one({});
  ASSERT_TRUE(one.subscribe(600s, kStart));
  (void)one.take(kStart);
  for (int i = 0; i < 10; ++i) one.change();
  EXPECT_FALSE(one.take(kStart));
  one.passed();
  const auto news = one.take(kStart);
  ASSERT_TRUE(news);
  EXPECT_FALSE(news->whole);
  one.passed();
  EXPECT_FALSE(one.take(kStart)) << "ten changes, one NOTIFY";
}

TEST(Subscription, ChangesKeepThePaceAndRefreshesDoNot) {
  Subscription one(kSlow);
  ASSERT_TRUE(one.subscribe(600s, kStart));
  (void)one.take(kStart), one.passed();
  one.change();
  ASSERT_TRUE(one.take(kStart)) << "the first change does not wait";
  one.passed();
  one.change();
  EXPECT_FALSE(one.take(kStart + 9s));
  EXPECT_EQ(one.next_deadline(), kStart + 10s);
  ASSERT_TRUE(one.subscribe(600s, kStart + 9s));
  ASSERT_TRUE(one.take(kStart + 9s)) << "the refresh tells it";
  one.passed();
  EXPECT_FALSE(one.take(kStart + 10s));
}

TEST(Subscription, ABurstPassesThenOneASpacing) {
  Subscription one({1s, 4});
  ASSERT_TRUE(one.subscribe(600s, kStart));
  (void)one.take(kStart), one.passed();
  int told = 0;
  for (auto now = kStart; now < kStart + 10s; now += 100ms) {
    one.change();
    if (!one.take(now)) continue;
    one.passed();
    ++told;
  }
  EXPECT_EQ(told, 4 + 9);
}

TEST(Subscription, RunsOutWithATimeout) {
  Subscription one({});
  ASSERT_TRUE(one.subscribe(60s, kStart));
  (void)one.take(kStart), one.passed();
  one.on_time(kStart + 59s);
  EXPECT_TRUE(one.is_active());
  one.on_time(kStart + 60s);
  const auto last = one.take(kStart + 60s);
  ASSERT_TRUE(last);
  EXPECT_EQ(last->state, "terminated;reason=timeout");
  one.passed();
  EXPECT_TRUE(one.over());
  EXPECT_FALSE(one.next_deadline());
}

TEST(Subscription, EndsForTheReasonGiven) {
  for (const auto& [reason, text] :
       {std::pair(EndReason::Deactivated, "deactivated"), std::pair(EndReason::Probation, "probation"),
        std::pair(EndReason::Rejected, "rejected"), std::pair(EndReason::NoResource, "noresource"),
        std::pair(EndReason::Timeout, "timeout")}) {
    Subscription one({});
    ASSERT_TRUE(one.subscribe(60s, kStart));
    (void)one.take(kStart), one.passed();
    one.end(reason);
    one.change();
    EXPECT_EQ(one.take(kStart)->state, std::string("terminated;reason=") + text);
  }
}

TEST(Subscription, TheEndWaitsForTheNotifyOnTheWay) {
  Subscription one({});
  ASSERT_TRUE(one.subscribe(60s, kStart));
  (void)one.take(kStart);
  one.end(EndReason::Deactivated);
  EXPECT_TRUE(one.owes());
  EXPECT_FALSE(one.take(kStart));
  one.passed();
  EXPECT_FALSE(one.over()) << "the last one is not yet sent";
  ASSERT_TRUE(one.take(kStart));
  one.passed();
  EXPECT_TRUE(one.over());
}

TEST(Subscription, AFailedNotifyEndsIt) {
  Subscription one({});
  ASSERT_TRUE(one.subscribe(60s, kStart));
  (void)one.take(kStart);
  one.change();
  one.failed();
  EXPECT_TRUE(one.over());
  EXPECT_FALSE(one.take(kStart));
}

TEST(Subscription, APostponedOneSaysAllThatTheFailedOneWouldHave) {
  Subscription one({});
  ASSERT_TRUE(one.subscribe(60s, kStart));
  (void)one.take(kStart);
  one.postpone(5s, kStart);
  EXPECT_FALSE(one.take(kStart + 4s));
  EXPECT_EQ(one.next_deadline(), kStart + 5s);
  const auto again = one.take(kStart + 5s);
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->whole);
  one.postpone(5s, kStart + 5s);
  ASSERT_TRUE(one.subscribe(60s, kStart + 6s));
  EXPECT_TRUE(one.take(kStart + 6s)) << "a refresh shows that the subscriber is back";
}

TEST(Subscription, TheLastOneIsNotTriedForever) {
  Subscription one({});
  ASSERT_TRUE(one.subscribe(0s, kStart));
  (void)one.take(kStart);
  one.postpone(5s, kStart);
  EXPECT_TRUE(one.over());
}

TEST(Subscription, WhatIsWithdrawnLeavesItActive) {
  Subscription one({});
  ASSERT_TRUE(one.subscribe(60s, kStart));
  (void)one.take(kStart), one.passed();
  one.change();
  ASSERT_TRUE(one.take(kStart));
  one.withdraw();
  EXPECT_TRUE(one.is_active());
  EXPECT_FALSE(one.take(kStart));
  one.change();
  EXPECT_TRUE(one.take(kStart));
}

}  // namespace
}  // namespace parley::sip
