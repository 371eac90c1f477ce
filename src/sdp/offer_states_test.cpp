#include <gtest/gtest.h>

#include <sdp/offer_states.hpp>

namespace parley::sdp {
namespace {

constexpr OfferState kStates[] = {OfferState::Stable, OfferState::Offered, OfferState::Received};
constexpr OfferInput kInputs[] = {OfferInput::SendOffer, OfferInput::ReceiveOffer, OfferInput::SendAnswer,
                                  OfferInput::ReceiveAnswer, OfferInput::Refused};

TEST(OfferStates, AllPairsButTheTablesAreRefused) {
  std::size_t allowed = 0;
  for (const auto state : kStates)
    for (const auto input : kInputs) allowed += next(state, input).has_value();
  EXPECT_EQ(allowed, offer_table().size());
  EXPECT_FALSE(next(OfferState::Offered, OfferInput::ReceiveOffer));  // glare
  EXPECT_FALSE(next(OfferState::Received, OfferInput::SendOffer));
  EXPECT_FALSE(next(OfferState::Stable, OfferInput::SendAnswer));
}

TEST(OfferStates, AClashIs491OrAnOrderOfTheirsThatMustWait) {  // RFC 3261 §14.2, RFC 3311 §5.2
  EXPECT_EQ(status_of_clash(OfferState::Offered), 491U);
  EXPECT_EQ(status_of_clash(OfferState::Received), 500U);
}

TEST(GlareWait, KeepsTheTwoSidesApart) {  // RFC 3261 §14.1
  SeededRandom random(3);
  for (int i = 0; i < 2000; ++i) {
    const auto maker = glare_wait(true, random), other = glare_wait(false, random);
    EXPECT_GE(maker.count(), 2100);
    EXPECT_LE(maker.count(), 4000);
    EXPECT_GE(other.count(), 0);
    EXPECT_LE(other.count(), 2000);
    EXPECT_EQ(maker.count() % 10, 0);
  }
}

}  // namespace
}  // namespace parley::sdp
