#include <gtest/gtest.h>

#include <pbx/number_format.hpp>

namespace parley::pbx {
namespace {

TEST(NumberFormat, KnowsOneNumberInAllItsSpellings) {
  const NumberPlan germany{"49", "0", "00"}, america{"1", "1", "011"}, nothing{};
  const struct {
    const NumberPlan& plan;
    const char *number, *e164;
  } cases[] = {
      {germany, "+49301234567", "+49301234567"},
      {germany, "0049301234567", "+49301234567"},
      {germany, "0301234567", "+49301234567"},
      {germany, "0039061234567", "+39061234567"},
      {germany, "112", "112"},
      {germany, "101", "101"},
      {germany, "00", "00"},
      {germany, "0", "0"},
      {germany, "000491234567", "000491234567"},
      {germany, "00123456789012345678", "00123456789012345678"},
      {germany, "+0301234567", "+0301234567"},
      {germany, "alice", "alice"},
      {germany, "*43", "*43"},
      {germany, "", ""},
      {america, "12125550100", "+12125550100"},
      {america, "01149301234567", "+49301234567"},
      {america, "911", "911"},
      {nothing, "0301234567", "0301234567"},
      {nothing, "+49301234567", "+49301234567"},
  };
  for (const auto& one : cases) EXPECT_EQ(to_e164(one.plan, one.number), one.e164) << one.number;
}

TEST(NumberFormat, WritesWhatTheCarrierWants) {
  store::Trunk trunk;
  trunk.country_code = "49";
  trunk.numbers = store::TrunkNumbers::E164;
  EXPECT_EQ(for_carrier(trunk, "0301234567"), "+49301234567");
  trunk.numbers = store::TrunkNumbers::E164Bare;
  EXPECT_EQ(for_carrier(trunk, "0301234567"), "49301234567");
  EXPECT_EQ(for_carrier(trunk, "112"), "112");
  EXPECT_EQ(from_carrier(trunk, "49301234567"), "+49301234567");
  EXPECT_EQ(from_carrier(trunk, "0301234567"), "+49301234567");
  EXPECT_EQ(from_carrier(trunk, "112"), "112");
  trunk.numbers = store::TrunkNumbers::AsDialled;
  EXPECT_EQ(for_carrier(trunk, "0301234567"), "0301234567");
}

}  // namespace
}  // namespace parley::pbx
