#include <string>

#include <gtest/gtest.h>

#include <pbx/await.hpp>

namespace parley::pbx {
namespace {

CallApp two_steps(Pending<int> first, Pending<std::string> second, std::string& log) {
  log += std::to_string(co_await first);
  log += co_await second;
  log += "!";
}

TEST(CallApp, RunsStepByStepAsValuesCome) {
  Pending<int> first;
  Pending<std::string> second;
  std::string log;
  const CallApp app = two_steps(first, second, log);
  EXPECT_EQ(log, "");
  first.resolve(4);
  EXPECT_EQ(log, "4");
  second.resolve("x");
  EXPECT_EQ(log, "4x!");
  EXPECT_FALSE(app.running());
}

TEST(CallApp, ValueThatCameBeforeIsNotMissed) {
  std::string log;
  const CallApp app = two_steps(Pending<int>::ready(1), Pending<std::string>::ready("y"), log);
  EXPECT_EQ(log, "1y!");
}

TEST(CallApp, DestroyedWhileWaitingTakesNoFurtherStep) {
  Pending<int> first;
  Pending<std::string> second;
  std::string log;
  {
    const CallApp app = two_steps(first, second, log);
    first.resolve(1);
  }
  second.resolve("late");
  EXPECT_EQ(log, "1");
}

}  // namespace
}  // namespace parley::pbx
