#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <base/config.hpp>

namespace parley {
namespace {

constexpr const char* kFile = "docs/configuration.md";
constexpr const char* kBegin = "<!-- settings: made by documents_test, see CONTRIBUTING.md -->\n";
constexpr const char* kEnd = "<!-- end of settings -->\n";

std::string environment_name(const Setting& setting) {
  auto out = fmt::format("PARLEY_{}_{}", setting.section, setting.key);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return out;
}

std::string tables() {
  std::string out, section;
  for (const auto& setting : settings()) {
    if (setting.section != section) {
      section = setting.section;
      out += fmt::format("\n### [{}]\n\n| setting | what | values | default | environment |\n|---|---|---|---|---|\n",
                         section);
    }
    out +=
        fmt::format("| `{}` | {} | {} | {} | `{}` |\n", setting.key, setting.about, setting.kind,
                    setting.fallback.empty() ? "" : fmt::format("`{}`", setting.fallback), environment_name(setting));
  }
  return out + "\n";
}

// PARLEY_REWRITE_DOCS=1 writes what the test wants.
TEST(ConfigurationReference, NamesEverySettingAsTheServerKnowsIt) {
  std::ifstream in{kFile};
  ASSERT_TRUE(in) << kFile;
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const auto begin = text.find(kBegin), end = text.find(kEnd);
  ASSERT_NE(begin, std::string::npos);
  ASSERT_NE(end, std::string::npos);
  const auto wanted = text.substr(0, begin) + kBegin + tables() + text.substr(end);
  if (std::getenv("PARLEY_REWRITE_DOCS") != nullptr) std::ofstream{kFile} << wanted;
  EXPECT_EQ(text, wanted) << "run it with PARLEY_REWRITE_DOCS=1 and commit " << kFile;
}

}  // namespace
}  // namespace parley
