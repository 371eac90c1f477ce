#include <map>
#include <random>

#include <gtest/gtest.h>

#include <sip/slot_table.hpp>

namespace parley::sip {
namespace {

constexpr auto kAny = [](std::uint32_t) { return true; };

TEST(SlotTable, FindsWhatWasPutInAndNothingElse) {
  SlotTable table;
  EXPECT_FALSE(table.find(7, kAny));
  table.insert(7, 1);
  EXPECT_EQ(table.find(7, kAny), 1U);
  EXPECT_FALSE(table.find(8, kAny));
  table.erase(7, 2);
  table.erase(9, 1);
  EXPECT_EQ(table.size(), 1U);
  table.erase(7, 1);
  EXPECT_FALSE(table.find(7, kAny));
  EXPECT_EQ(table.size(), 0U);
}

TEST(SlotTable, TellsSlotsOfOneHashApart) {
  SlotTable table;
  for (std::uint32_t slot = 0; slot < 5; ++slot) table.insert(42, slot);
  EXPECT_EQ(table.find(42, [](std::uint32_t slot) { return slot == 3; }), 3U);
  table.erase(42, 1);
  EXPECT_EQ(table.find(42, [](std::uint32_t slot) { return slot == 4; }), 4U);
  EXPECT_FALSE(table.find(42, [](std::uint32_t slot) { return slot == 1; }));
}

TEST(SlotTable, HoldsUnderRandomUse) {  // few hashes, so that they stand in each other's way and over the end
  SlotTable table;
  std::map<std::uint32_t, std::uint64_t> model;
  std::mt19937_64 random(5);
  for (int i = 0; i < 100'000; ++i) {
    const auto slot = static_cast<std::uint32_t>(random() % 200);
    if (const auto known = model.find(slot); known != model.end()) {
      table.erase(known->second, slot);
      model.erase(known);
    } else {
      const auto hash = random() % 64 * 0x0101010101010101U + random() % 3;
      table.insert(hash, slot);
      model.emplace(slot, hash);
    }
    ASSERT_EQ(table.size(), model.size());
    if (i % 64 != 0) continue;
    for (const auto& [held, hash] : model)
      ASSERT_EQ(table.find(hash, [held](std::uint32_t found) { return found == held; }), held);
  }
}

}  // namespace
}  // namespace parley::sip
