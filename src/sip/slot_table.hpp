#pragma once
#include <cstdint>
#include <optional>
#include <vector>

namespace parley::sip {

/// Slots by the hash of a key that the slots' owner holds. One array, probed in steps of one: a look-up costs one line
/// of memory, where a table of nodes costs three, which is most of what finding one of a hundred thousand transactions
/// takes. Thread: the owner's.   Bounds: the owner's; at most half full, never shrinks.
class SlotTable {
 public:
  /// The slot of that hash for which `same(slot)` holds.
  template <class Same>
  [[nodiscard]] std::optional<std::uint32_t> find(std::uint64_t hash, Same&& same) const {
    if (entries_.empty()) return std::nullopt;
    for (std::size_t at = place_of(hash); entries_[at].slot != kFree; at = next(at))
      if (entries_[at].hash == hash && same(entries_[at].slot)) return entries_[at].slot;
    return std::nullopt;
  }
  void insert(std::uint64_t hash, std::uint32_t slot);
  /// Nothing happens if it is not there.
  void erase(std::uint64_t hash, std::uint32_t slot) noexcept;
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

 private:
  static constexpr std::uint32_t kFree = 0xffffffffU;
  struct Entry {
    std::uint64_t hash = 0;
    std::uint32_t slot = kFree;
  };
  [[nodiscard]] std::size_t place_of(std::uint64_t hash) const noexcept { return hash & (entries_.size() - 1); }
  [[nodiscard]] std::size_t next(std::size_t at) const noexcept { return (at + 1) & (entries_.size() - 1); }
  void put(const Entry& entry) noexcept;

  std::vector<Entry> entries_;  // a power of two
  std::size_t size_ = 0;
};

}  // namespace parley::sip
