#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include <base/bytes.hpp>
#include <base/result.hpp>

namespace parley::store {

/// Append-only local file of checksummed records, for what must not be lost while the database is away.
/// Format:   "PARLEYJ1", then per record: u32 length, u64 number, the bytes, and the first eight bytes of a SHA-256
/// over all of these
///           (integers little-endian). A torn tail is cut on open; damage before the tail is Corrupt and leaves the
///           file alone.
/// Thread:   any.   Errors: Full, Io, Limited (record over 1 MiB). After a failed fsync no append succeeds until the
/// journal is
///           opened anew.
class Journal {
 public:
  static constexpr std::size_t kMaxRecord = 1U << 20U;
  [[nodiscard]] static Result<std::unique_ptr<Journal>> open(const std::filesystem::path& path);
  ~Journal();
  /// Durable on return.
  [[nodiscard]] Result<std::uint64_t> append(BytesView record);
  /// Many with one sync: all are durable on return, or none counts.
  [[nodiscard]] Result<void> append_all(const std::vector<Bytes>& records);
  /// Gives the records to `take` in order; stops at its first error. Once all are taken the file is overwritten and cut
  /// to nothing. After a crash in between records come again: `take` is idempotent.
  Result<std::size_t> drain(const std::function<Result<void>(BytesView record)>& take);
  [[nodiscard]] std::size_t waiting() const;
  /// Bytes cut off on open because their record was not whole.
  [[nodiscard]] std::uint64_t cut() const;

 private:
  Result<std::uint64_t> append_encoded(BytesView bytes, std::size_t records);
  Result<std::size_t> empty(std::size_t taken);
  struct State;
  explicit Journal(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace parley::store
