#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include <base/bytes.hpp>
#include <base/random.hpp>

namespace parley::vault {

/// Bytes of a key or password: kept in memory that is locked (never swapped), left out of core dumps, and wiped when
/// let go. Locking is best effort: where RLIMIT_MEMLOCK forbids it, locked_memory_refused() counts and the bytes are
/// wiped all the same. Thread: any; one object, one thread at a time.
class SecretBytes {
 public:
  SecretBytes() = default;
  explicit SecretBytes(std::size_t size);  // zeroes
  explicit SecretBytes(BytesView bytes);   // copies; the caller wipes its own
  static SecretBytes random(std::size_t size, Random& random);
  SecretBytes(SecretBytes&& other) noexcept;
  SecretBytes& operator=(SecretBytes&& other) noexcept;
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  ~SecretBytes();

  [[nodiscard]] SecretBytes copy() const { return SecretBytes(view()); }
  [[nodiscard]] BytesView view() const noexcept { return {data_, size_}; }
  [[nodiscard]] std::span<std::uint8_t> writable() noexcept { return {data_, size_}; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

 private:
  void release() noexcept;
  std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
};

/// How many pages the kernel refused to lock since start.
[[nodiscard]] std::size_t locked_memory_refused() noexcept;

}  // namespace parley::vault
