#include <array>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include <base/function.hpp>

namespace parley {
namespace {

TEST(UniqueFunction, OwnsWhatItCaptures) {
  auto value = std::make_shared<int>(7);
  UniqueFunction<int()> function = [owned = std::make_unique<std::shared_ptr<int>>(value)] { return **owned; };
  EXPECT_EQ(value.use_count(), 2);
  EXPECT_EQ(function(), 7);
  auto moved = std::move(function);
  EXPECT_FALSE(function);  // NOLINT: emptied by the move on purpose
  EXPECT_EQ(moved(), 7);
  moved = nullptr;
  EXPECT_EQ(value.use_count(), 1);
}

TEST(UniqueFunction, KeepsLargeCallablesOnTheHeap) {
  std::array<std::string, 8> large;
  large[7] = "end";
  UniqueFunction<std::string(const std::string&)> function = [large](const std::string& more) {
    return large[7] + more;
  };
  auto moved = std::move(function);
  EXPECT_EQ(moved("!"), "end!");
}

TEST(UniqueFunction, PassesMoveOnlyArguments) {
  UniqueFunction<int(std::unique_ptr<int>)> function = [](std::unique_ptr<int> value) { return *value; };
  EXPECT_EQ(function(std::make_unique<int>(3)), 3);
}

}  // namespace
}  // namespace parley
