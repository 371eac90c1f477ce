#include <random>

#include <gtest/gtest.h>

#include <pbx/call_story.hpp>

namespace parley::pbx {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct CallStoryTest : ::testing::Test {
  SeededRandom random{5};
  FakeClock clock;
  CallStory story{CallId::make(clock, random), OrganisationId::make(clock, random), clock.now(), clock.wall()};

  LegId leg(const std::string& party) {
    store::CallLegRecord row;
    row.id = LegId::make(clock, random);
    row.party = party;
    return story.leg(std::move(row), clock.now()).value();
  }
};

TEST_F(CallStoryTest, AnsweredCallBillsFromAnswerToEnd) {  // PBX-3
  const auto caller = leg("caller");
  clock.advance(seconds(4));
  story.answered(clock.now());
  story.leg_answered(caller, clock.now());
  clock.advance(milliseconds(61'400));
  story.ended({store::Disposition::Failed, store::HangupSide::Callee, "normal clearing", 200}, clock.now());
  const auto& record = story.record();
  EXPECT_EQ(record.disposition, store::Disposition::Answered);
  EXPECT_EQ(record.billed_s, 61);
  EXPECT_EQ(*record.answered - record.started, milliseconds(4000));
  EXPECT_EQ(*record.ended - *record.answered, milliseconds(61'400));
  EXPECT_EQ(record.legs[0].ended, record.ended);
  EXPECT_EQ(record.legs[0].end_reason, "normal clearing");
}

TEST_F(CallStoryTest, UnansweredCallBillsNothing) {
  clock.advance(seconds(30));
  story.ended({store::Disposition::NoAnswer, store::HangupSide::System, "no answer", 480}, clock.now());
  EXPECT_EQ(story.record().billed_s, 0);
  EXPECT_FALSE(story.record().answered);
  EXPECT_EQ(story.record().disposition, store::Disposition::NoAnswer);
}

TEST_F(CallStoryTest, FirstEndCountsAndNothingIsAnsweredAfterIt) {
  story.ended({store::Disposition::Cancelled, store::HangupSide::Caller, "cancelled", 487}, clock.now());
  clock.advance(seconds(1));
  story.answered(clock.now());
  story.ended({store::Disposition::Failed, store::HangupSide::System, "late", 500}, clock.now());
  EXPECT_EQ(story.record().disposition, store::Disposition::Cancelled);
  EXPECT_FALSE(story.record().answered);
  EXPECT_EQ(story.record().sip_status, 487);
}

TEST_F(CallStoryTest, PathAndLegsAreBounded) {
  for (int i = 0; i < 1000; ++i) story.step("x", clock.now());
  EXPECT_EQ(story.record().path.size(), CallStory::kMaxPath);
  for (std::size_t i = 0; i < CallStory::kMaxLegs; ++i) leg("callee");
  EXPECT_EQ(story.leg({}, clock.now()), std::nullopt);
}

// Whatever happens in whatever order, the record adds up.
TEST(CallStory, AlgebraHoldsForRandomLives) {
  std::mt19937 dice(1);
  for (int life = 0; life < 2000; ++life) {
    SeededRandom random(static_cast<std::uint64_t>(life));
    FakeClock clock;
    CallStory story(CallId::make(clock, random), OrganisationId::make(clock, random), clock.now(), clock.wall());
    std::vector<LegId> legs;
    for (int step = 0; step < 12; ++step) {
      clock.advance(milliseconds(dice() % 5000));
      switch (dice() % 6) {
        case 0: {
          store::CallLegRecord row;
          row.id = LegId::make(clock, random);
          legs.push_back(*story.leg(row, clock.now()));
          break;
        }
        case 1: story.answered(clock.now()); break;
        case 2:
          if (!legs.empty()) story.leg_answered(legs[dice() % legs.size()], clock.now());
          break;
        case 3:
          if (!legs.empty()) story.leg_ended(legs[dice() % legs.size()], "x", clock.now());
          break;
        case 4: story.step("s", clock.now()); break;
        default:
          if (dice() % 4 == 0) story.ended({}, clock.now());
          break;
      }
      if (story.is_ended()) break;
    }
    story.ended({}, clock.now());
    const auto& record = story.record();
    ASSERT_LE(record.started, *record.ended);
    if (record.answered) {
      ASSERT_LE(record.started, *record.answered);
      ASSERT_LE(*record.answered, *record.ended);
      ASSERT_LE(std::abs(record.billed_s * 1000 - (*record.ended - *record.answered).count()), 1000);
      ASSERT_EQ(record.disposition, store::Disposition::Answered);
    } else {
      ASSERT_EQ(record.billed_s, 0);
    }
    for (const auto& leg : record.legs) {
      ASSERT_TRUE(leg.ended);
      ASSERT_LE(record.started, leg.started);
      ASSERT_LE(leg.started, *leg.ended);
      ASSERT_LE(*leg.ended, *record.ended);
    }
  }
}

}  // namespace
}  // namespace parley::pbx
