#pragma once
#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>

#include <base/bytes.hpp>

namespace parley::media {

/// Bounded queue of byte strings between one writing and one reading thread, without locks. Full means "no".
class SpscRing {
 public:
  /// Rounded up to a power of two.
  explicit SpscRing(std::size_t capacity) {
    std::size_t size = 1024;
    while (size < capacity) size *= 2;
    mask_ = size - 1;
    bytes_ = std::make_unique<std::uint8_t[]>(size);
  }

  /// Writer: head and body as one item; false if there is no room.
  [[nodiscard]] bool push(BytesView head, BytesView body) noexcept {
    const std::uint64_t end = end_.load(std::memory_order_relaxed);
    const std::size_t length = head.size() + body.size(), needed = kLength + length;
    if (needed > mask_ + 1 - (end - begin_.load(std::memory_order_acquire))) return false;
    const auto size = static_cast<std::uint32_t>(length);
    std::array<std::uint8_t, kLength> prefix{};
    std::memcpy(prefix.data(), &size, kLength);
    put(end, prefix);
    put(end + kLength, head);
    put(end + kLength + head.size(), body);
    end_.store(end + needed, std::memory_order_release);
    return true;
  }

  /// Reader: everything that is there now goes to `take(item)`; `item` is valid in the call only.
  template <class Take>
  void drain(Bytes& scratch, Take&& take) {
    std::uint64_t at = begin_.load(std::memory_order_relaxed);
    const std::uint64_t end = end_.load(std::memory_order_acquire);
    while (at < end) {
      std::array<std::uint8_t, kLength> prefix{};
      get(at, prefix);
      std::uint32_t size = 0;
      std::memcpy(&size, prefix.data(), kLength);
      scratch.resize(size);
      get(at + kLength, scratch);
      take(BytesView(scratch));
      at += kLength + size;
      begin_.store(at, std::memory_order_release);
    }
  }

 private:
  static constexpr std::size_t kLength = 4;

  void put(std::uint64_t at, BytesView from) noexcept {
    const std::size_t start = at & mask_, first = std::min(from.size(), mask_ + 1 - start);
    if (first > 0) std::memcpy(&bytes_[start], from.data(), first);
    if (from.size() > first) std::memcpy(&bytes_[0], from.data() + first, from.size() - first);
  }
  void get(std::uint64_t at, std::span<std::uint8_t> to) const noexcept {
    const std::size_t start = at & mask_, first = std::min(to.size(), mask_ + 1 - start);
    if (first > 0) std::memcpy(to.data(), &bytes_[start], first);
    if (to.size() > first) std::memcpy(to.data() + first, &bytes_[0], to.size() - first);
  }

  // The two ends are on cache lines of their own.
  alignas(64) std::atomic<std::uint64_t> begin_ = 0;
  std::unique_ptr<std::uint8_t[]> bytes_;  // of the reader's line: changed by nobody
  std::size_t mask_ = 0;
  alignas(64) std::atomic<std::uint64_t> end_ = 0;
};

}  // namespace parley::media
