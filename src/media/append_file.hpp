#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

#include <base/bytes.hpp>
#include <base/result.hpp>

namespace parley::media {

/// Where a recording is written: grows at its end only. Thread: the recorder's. Closed by the destructor.
class AppendFile {
 public:
  virtual ~AppendFile() = default;
  /// All or an error; after an error nothing of `bytes` is in the file. Errors: Full (ENOSPC, EDQUOT, EFBIG), Io.
  [[nodiscard]] virtual Result<void> append(BytesView bytes) = 0;
  /// On return everything appended survives a power cut. Never tried again after an error.
  [[nodiscard]] virtual Result<void> sync() = 0;
};

/// Where a recording is read. Thread: one at a time.
class RandomAccessFile {
 public:
  virtual ~RandomAccessFile() = default;
  [[nodiscard]] virtual std::uint64_t size() const = 0;
  /// Fills `out` from `offset`; fewer bytes only at the end of the file.
  [[nodiscard]] virtual Result<std::size_t> read(std::uint64_t offset, std::span<std::uint8_t> out) = 0;
};

/// Makes a new file 0600 (Conflict if it exists), or takes over an open descriptor positioned at its end.
[[nodiscard]] Result<std::unique_ptr<AppendFile>> create_append_file(const std::filesystem::path& path);
[[nodiscard]] std::unique_ptr<AppendFile> append_file_from(int descriptor);
[[nodiscard]] Result<std::unique_ptr<RandomAccessFile>> open_random_access_file(const std::filesystem::path& path);
[[nodiscard]] std::unique_ptr<RandomAccessFile> random_access_from(Bytes bytes);

}  // namespace parley::media
