#include <algorithm>
#include <cstring>
#include <fstream>

#include <privacy/byte_search.hpp>

namespace parley::privacy {
namespace {

constexpr std::size_t kMaxHits = 100;
constexpr std::size_t kBlock = 1U << 20U;

std::size_t pair_at(const char* at) {
  return static_cast<std::size_t>(static_cast<unsigned char>(at[0])) << 8U | static_cast<unsigned char>(at[1]);
}

std::uint64_t head_at(const char* at) {
  std::uint64_t value = 0;
  std::memcpy(&value, at, ByteSearch::kShortest);
  return value;
}

}  // namespace

ByteSearch::ByteSearch(const std::vector<std::string>& needles) : needles_(needles), first_two_(65536) {
  for (std::size_t i = 0; i < needles_.size(); ++i) {
    if (needles_[i].size() < kShortest) continue;
    first_two_[pair_at(needles_[i].data())] = true;
    heads_[head_at(needles_[i].data())].push_back(i);
  }
}

void ByteSearch::bytes(const std::string& where, std::string_view bytes) {
  for (std::size_t at = 0; at + kShortest <= bytes.size(); ++at) {
    if (!first_two_[pair_at(bytes.data() + at)]) continue;
    const auto heads = heads_.find(head_at(bytes.data() + at));
    if (heads == heads_.end()) continue;
    for (const auto needle : heads->second) {
      if (found_.size() < kMaxHits && bytes.substr(at, needles_[needle].size()) == needles_[needle]) {
        found_.push_back({needle, where});
      }
    }
  }
}

Result<void> ByteSearch::file(const std::filesystem::path& path, std::uint64_t limit) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (error) {
    if (error == std::errc::no_such_file_or_directory) return {};
    return fail(Errc::Io, "cannot look at " + path.string() + ": " + error.message());
  }
  if (size > limit) {
    skipped_ += size;
    return {};
  }
  if (heads_.empty()) {
    searched_ += size;
    return {};
  }
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail(Errc::Io, "cannot read " + path.string());
  std::size_t longest = kShortest;
  for (const auto& needle : needles_) longest = std::max(longest, needle.size());
  std::string window;  // the end of one block is kept before the next, for what lies across
  for (;;) {
    const std::size_t kept = std::min(window.size(), longest - 1);
    window.erase(0, window.size() - kept);
    window.resize(kept + kBlock);
    in.read(window.data() + kept, kBlock);
    const auto got = static_cast<std::size_t>(in.gcount());
    window.resize(kept + got);
    searched_ += got;
    bytes(path.filename().string(), window);
    if (got < kBlock) break;
  }
  return {};
}

}  // namespace parley::privacy
