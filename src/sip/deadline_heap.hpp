#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include <base/clock.hpp>

namespace parley::sip {

/// The next deadline of many slots: at most one per slot, set, moved and erased in O(log n); no stale entries remain.
/// Thread: the owner's.
class DeadlineHeap {
 public:
  void set(std::uint32_t slot, TimePoint at);
  void erase(std::uint32_t slot);
  [[nodiscard]] bool empty() const noexcept { return heap_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return heap_.size(); }
  [[nodiscard]] std::optional<TimePoint> next() const noexcept {
    return heap_.empty() ? std::nullopt : std::optional(heap_.front().at);
  }
  [[nodiscard]] std::uint32_t top() const noexcept { return heap_.front().slot; }  // not empty()

 private:
  struct Entry {
    TimePoint at;
    std::uint32_t slot;
  };
  static constexpr std::uint32_t kNowhere = 0xffffffffU;
  void place(std::size_t index, Entry entry);
  void up(std::size_t index);
  void down(std::size_t index);

  std::vector<Entry> heap_;
  std::vector<std::uint32_t> where_;  // slot -> index in heap_
};

}  // namespace parley::sip
