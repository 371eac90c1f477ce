#include <algorithm>
#include <utility>

#include <sip/slot_table.hpp>

namespace parley::sip {

void SlotTable::put(const Entry& entry) noexcept {
  std::size_t at = place_of(entry.hash);
  while (entries_[at].slot != kFree) at = next(at);
  entries_[at] = entry;
}

void SlotTable::insert(std::uint64_t hash, std::uint32_t slot) {
  if (2 * (size_ + 1) > entries_.size()) {
    const auto old = std::exchange(entries_, std::vector<Entry>(std::max<std::size_t>(64, entries_.size() * 2)));
    for (const auto& entry : old)
      if (entry.slot != kFree) put(entry);
  }
  put({hash, slot});
  ++size_;
}

void SlotTable::erase(std::uint64_t hash, std::uint32_t slot) noexcept {
  if (entries_.empty()) return;
  std::size_t hole = place_of(hash);
  while (entries_[hole].slot != slot || entries_[hole].hash != hash) {
    if (entries_[hole].slot == kFree) return;
    hole = next(hole);
  }
  // What was probed past the hole moves up into it (Knuth 6.4, algorithm R): no marks of the dead remain.
  for (std::size_t at = next(hole); entries_[at].slot != kFree; at = next(at)) {
    const std::size_t mask = entries_.size() - 1;
    const std::size_t from_place = (at - place_of(entries_[at].hash)) & mask;
    if (from_place < ((at - hole) & mask)) continue;
    entries_[hole] = entries_[at];
    hole = at;
  }
  entries_[hole] = Entry{};
  --size_;
}

}  // namespace parley::sip
