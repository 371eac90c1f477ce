#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <base/bytes.hpp>
#include <base/random.hpp>
#include <base/result.hpp>

namespace parley::store {

/// An append-only file being written.   Thread: one at a time.   Errors: Full (disk, quota, file size), Io. After an
/// error from sync() the file is closed: a failed fsync is final.
class BlobWriter {
 public:
  BlobWriter(std::string id, std::filesystem::path path, int descriptor);
  ~BlobWriter();
  BlobWriter(const BlobWriter&) = delete;
  BlobWriter& operator=(const BlobWriter&) = delete;
  [[nodiscard]] Result<void> append(
      BytesView bytes);                // whole, by as few writes as the kernel allows; a part written is cut off again
  [[nodiscard]] Result<void> sync();   // fdatasync
  [[nodiscard]] Result<void> close();  // sync and close
  [[nodiscard]] const std::string& id() const noexcept { return id_; }
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

 private:
  std::string id_;
  std::filesystem::path path_;
  int descriptor_;
  std::uint64_t size_ = 0;
};

/// Blobs in a local folder, <folder>/<first two signs>/<id>. The bytes are sealed by whoever writes them (SEC-1); the
/// store knows no keys. Thread: any.   Errors: NotFound, Invalid (an id that create() never makes), Full, Io.
class BlobStore {
 public:
  explicit BlobStore(std::filesystem::path folder, Random& random = system_random());
  [[nodiscard]] Result<std::unique_ptr<BlobWriter>> create();
  [[nodiscard]] Result<std::filesystem::path> path(std::string_view id) const;  // of an existing one
  [[nodiscard]] Result<Bytes> read(std::string_view id) const;
  [[nodiscard]] Result<std::uint64_t> size(std::string_view id) const;
  [[nodiscard]] bool exists(std::string_view id) const;
  /// Overwrites with zeroes, syncs, unlinks, syncs the folder. Idempotent.
  [[nodiscard]] Result<void> remove(std::string_view id);
  [[nodiscard]] Result<std::vector<std::string>> list() const;
  [[nodiscard]] Result<std::uint64_t> free_bytes() const;
  [[nodiscard]] const std::filesystem::path& folder() const noexcept { return folder_; }

 private:
  std::filesystem::path folder_;
  Random& random_;
};

}  // namespace parley::store
