#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <unordered_map>
#include <vector>

#include <base/result.hpp>

namespace parley::privacy {

/// Looks for many texts at once in the raw bytes of files: what an intruder with the disk would do.
/// Thread: one at a time.
class ByteSearch {
 public:
  static constexpr std::size_t kShortest = 6;  // shorter ones are found by chance and are left out

  explicit ByteSearch(const std::vector<std::string>& needles);
  /// Files over `limit` bytes are skipped; a missing file holds nothing.
  Result<void> file(const std::filesystem::path& path, std::uint64_t limit = UINT64_MAX);
  void bytes(const std::string& where, std::string_view bytes);

  struct Hit {
    std::size_t needle;  // index into the constructor's list
    std::string where;   // file name and offset
  };
  [[nodiscard]] const std::vector<Hit>& found() const noexcept { return found_; }  // at most 100
  [[nodiscard]] std::uint64_t searched() const noexcept { return searched_; }
  [[nodiscard]] std::uint64_t skipped() const noexcept { return skipped_; }

 private:
  std::vector<std::string> needles_;
  std::vector<bool> first_two_;                                        // filter: which pairs of bytes begin a needle
  std::unordered_map<std::uint64_t, std::vector<std::size_t>> heads_;  // first kShortest bytes -> needles
  std::vector<Hit> found_;
  std::uint64_t searched_ = 0;
  std::uint64_t skipped_ = 0;
};

}  // namespace parley::privacy
