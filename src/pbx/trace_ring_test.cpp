#include <deque>
#include <string>

#include <gtest/gtest.h>

#include <base/random.hpp>
#include <pbx/trace_ring.hpp>

namespace parley::pbx {
namespace {

TraceRing::Entry entry_of(std::uint64_t number, std::uint64_t call_id, WallTime at = {}) {
  TraceRing::Entry entry;
  entry.number = number;
  entry.call_id = call_id;
  entry.at = at;
  return entry;
}

TEST(TraceRing, HoldsTheLastOnesWhateverTheirLength) {
  constexpr std::size_t kMost = 5000;
  TraceRing ring(kMost);
  std::deque<std::string> model;
  SeededRandom random(3);
  for (std::uint64_t number = 1; number <= 5000; ++number) {
    model.push_back(random.token(random.next() % 900));
    ring.add(entry_of(number, number % 7), model.back());
    if (number % 50 == 0) {  // some of the middle are forgotten
      ring.erase_if([](const TraceRing::Entry& entry) { return entry.call_id == 3; });
      for (std::size_t i = 0; i < model.size(); ++i)
        if ((number - model.size() + 1 + i) % 7 == 3) model[i] = "forgotten";
    }
    std::uint64_t first = 0, seen = 0;
    std::size_t bytes = 0;
    ring.each([&](const TraceRing::Entry& entry, std::string_view text) {
      if (first == 0) first = entry.number;
      ++seen;
      bytes += TraceRing::cost(text.size());
      ASSERT_EQ(text, model[model.size() - 1 - (number - entry.number)]);
    });
    ASSERT_EQ(bytes, ring.bytes());
    ASSERT_LE(ring.bytes(), kMost);
    ASSERT_GE(seen, 1U);
    while (model.size() > 100) model.pop_front();
  }
}

TEST(TraceRing, DropsWhatIsOld) {
  TraceRing ring(10'000);
  for (int i = 0; i < 5; ++i) ring.add(entry_of(1, 1, WallTime{std::chrono::milliseconds(i)}), "text");
  ring.drop_before(WallTime{std::chrono::milliseconds(3)});
  EXPECT_EQ(ring.bytes(), 2 * TraceRing::cost(4));
}

}  // namespace
}  // namespace parley::pbx
