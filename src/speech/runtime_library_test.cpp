#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <unistd.h>

#include <speech/runtime_library.hpp>

namespace parley::speech {
namespace {

struct RuntimeLibrary : testing::Test {
  RuntimeLibrary() { std::filesystem::create_directories(folder / "lib"); }
  ~RuntimeLibrary() override { std::filesystem::remove_all(folder); }
  RuntimeLibrary(const RuntimeLibrary&) = delete;
  RuntimeLibrary& operator=(const RuntimeLibrary&) = delete;

  std::string written(const std::string& bytes) {
    const auto path = folder / kRuntimeFile;
    std::ofstream(path, std::ios::binary) << bytes;
    return path.string();
  }
  static std::string reason(const std::string& path) {
    const auto checked = check_shared_library(path);
    return checked ? "" : checked.error().text;
  }

  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("parley_runtime_" + std::to_string(::getpid()));
};

/// This test's own program is a file for this machine, and as a position-independent one of the same ELF type.
std::string sound_library() {
  std::ifstream in("/proc/self/exe", std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST_F(RuntimeLibrary, AWholeFileForThisMachineWillDo) {
  written(sound_library());
  EXPECT_TRUE(look_for_runtime({folder.string()}));
}

TEST_F(RuntimeLibrary, SaysWhatIsWrongWithTheFile) {
  const auto path = (folder / kRuntimeFile).string();
  EXPECT_EQ(reason(path), path + ": there is no such file");
  EXPECT_EQ(reason(written("")), path + ": it is no shared library");
  EXPECT_EQ(reason(written("#!/bin/sh\n" + std::string(100, '#'))), path + ": it is no shared library");
  auto whole = sound_library();
  EXPECT_EQ(reason(written(whole.substr(0, whole.size() - 1))), path + ": it is cut short");
  whole[18] ^= 0x7f;  // e_machine
  EXPECT_EQ(reason(written(whole)), path + ": it is for another kind of machine");
}

TEST_F(RuntimeLibrary, AvailabilityNamesTheFileAndTheRemedyWithoutMappingIt) {
  const auto missing = available({folder.string()});
  EXPECT_FALSE(missing.recogniser);
  EXPECT_NE(missing.reason.find("tools/fetch-speech"), std::string::npos) << missing.reason;
  std::ifstream maps("/proc/self/maps");
  const std::string mapped{std::istreambuf_iterator<char>(maps), {}};
  EXPECT_EQ(mapped.find("onnxruntime"), std::string::npos);
}

}  // namespace
}  // namespace parley::speech
