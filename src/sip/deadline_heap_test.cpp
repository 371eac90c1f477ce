#include <map>
#include <random>

#include <gtest/gtest.h>

#include <sip/deadline_heap.hpp>

namespace parley::sip {
namespace {

TEST(DeadlineHeap, AgreesWithASortedMapUnderRandomUse) {
  std::mt19937 random(5);
  DeadlineHeap heap;
  std::map<std::uint32_t, TimePoint> model;
  for (int step = 0; step < 20'000; ++step) {
    const std::uint32_t slot = random() % 200;
    if (random() % 3 == 0) {
      heap.erase(slot);
      model.erase(slot);
    } else {
      const TimePoint at{std::chrono::milliseconds(random() % 1000)};
      heap.set(slot, at);
      model[slot] = at;
    }
    ASSERT_EQ(heap.size(), model.size());
    if (model.empty()) {
      ASSERT_EQ(heap.next(), std::nullopt);
      continue;
    }
    const auto first =
        std::min_element(model.begin(), model.end(), [](auto& a, auto& b) { return a.second < b.second; });
    ASSERT_EQ(heap.next(), first->second);
    ASSERT_EQ(model.at(heap.top()), first->second);
  }
}

}  // namespace
}  // namespace parley::sip
