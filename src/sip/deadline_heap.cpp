#include <sip/deadline_heap.hpp>

namespace parley::sip {

void DeadlineHeap::place(std::size_t index, Entry entry) {
  heap_[index] = entry;
  where_[entry.slot] = static_cast<std::uint32_t>(index);
}

void DeadlineHeap::up(std::size_t index) {
  const Entry entry = heap_[index];
  while (index > 0) {
    const std::size_t parent = (index - 1) / 2;
    if (heap_[parent].at <= entry.at) break;
    place(index, heap_[parent]);
    index = parent;
  }
  place(index, entry);
}

void DeadlineHeap::down(std::size_t index) {
  const Entry entry = heap_[index];
  for (;;) {
    std::size_t child = 2 * index + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && heap_[child + 1].at < heap_[child].at) ++child;
    if (entry.at <= heap_[child].at) break;
    place(index, heap_[child]);
    index = child;
  }
  place(index, entry);
}

void DeadlineHeap::set(std::uint32_t slot, TimePoint at) {
  if (slot >= where_.size()) where_.resize(slot + 1, kNowhere);
  std::size_t index = where_[slot];
  if (index == kNowhere) {
    index = heap_.size();
    heap_.push_back({at, slot});
    where_[slot] = static_cast<std::uint32_t>(index);
    return up(index);
  }
  const bool earlier = at < heap_[index].at;
  heap_[index].at = at;
  if (earlier) {
    up(index);
  } else {
    down(index);
  }
}

void DeadlineHeap::erase(std::uint32_t slot) {
  if (slot >= where_.size() || where_[slot] == kNowhere) return;
  const std::size_t index = where_[slot];
  where_[slot] = kNowhere;
  const Entry last = heap_.back();
  heap_.pop_back();
  if (index == heap_.size()) return;
  const bool earlier = last.at < heap_[index > 0 ? (index - 1) / 2 : 0].at;
  heap_[index] = last;
  where_[last.slot] = static_cast<std::uint32_t>(index);
  if (index > 0 && earlier) {
    up(index);
  } else {
    down(index);
  }
}

}  // namespace parley::sip
