#include <filesystem>

#include <gtest/gtest.h>

#include <codec/tones.hpp>
#include <codec/wav.hpp>
#include <media/prompt.hpp>

namespace parley::media {
namespace {
using namespace std::chrono_literals;

TEST(Prompt, HasBothRatesOfTheSameLength) {
  const auto tone = codec::beep(48000);
  const auto prompt = Prompt::from_pcm(tone, 48000);
  ASSERT_TRUE(prompt);
  EXPECT_NEAR(static_cast<double>((*prompt)->at(8000).size()), 1600, 2);
  EXPECT_NEAR(static_cast<double>((*prompt)->at(16000).size()), 3200, 2);
  EXPECT_NEAR(std::chrono::duration<double>((*prompt)->length()).count(), 0.2, 0.001);
}

TEST(Prompt, RefusesEmptyEndlessAndOddRates) {
  EXPECT_FALSE(Prompt::from_pcm({}, 8000));
  EXPECT_FALSE(Prompt::from_pcm(std::vector<std::int16_t>(100), 4000));
  EXPECT_FALSE(Prompt::from_pcm(std::vector<std::int16_t>(8000 * 700), 8000));
}

TEST(PromptStore, GivesThePromptsThatTheServerSpeaks) {
  PromptStore store("assets/prompts");
  for (const auto& [name, error] : store.preload()) ADD_FAILURE() << name << ": " << error.text;
  for (const char* name :
       {"recording_notice", "recording_paused", "recording_resumed", "recording_stopped", "echo_test"}) {
    const auto prompt = store.get(name);
    ASSERT_TRUE(prompt) << name;
    EXPECT_GT((*prompt)->length(), 500ms) << name;
    EXPECT_EQ(*store.get(name), *prompt);  // loaded once
  }
}

TEST(PromptStore, RefusesNamesThatLeaveTheFolderAndFilesThatAreNoSound) {
  const auto folder = std::filesystem::temp_directory_path() / "parley-prompt-test";
  std::filesystem::create_directories(folder);
  std::filesystem::remove(folder / "bad.wav");
  PromptStore store(folder);
  EXPECT_EQ(store.get("../etc/passwd").error().code, Errc::Invalid);
  EXPECT_EQ(store.get("").error().code, Errc::Invalid);
  EXPECT_EQ(store.get("nothing").error().code, Errc::NotFound);
  ASSERT_TRUE(codec::write_wav(folder / "bad.wav", {8000, 1, {}}));
  EXPECT_FALSE(store.get("bad"));
  EXPECT_EQ(store.preload().size(), 1U);
  store.put("custom", *Prompt::from_pcm(codec::beep(16000), 16000));
  EXPECT_TRUE(store.get("custom"));
  store.remove("custom");
  EXPECT_EQ(store.get("custom").error().code, Errc::NotFound);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace parley::media
