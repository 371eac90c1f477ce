#include <base/assert.hpp>
#include <pbx/trace_ring.hpp>

namespace parley::pbx {

void TraceRing::drop_front() {
  bytes_ -= cost(entries_.front());
  entries_.pop_front();
}

void TraceRing::make_room(std::size_t from, std::size_t to) {
  while (!entries_.empty() && entries_.front().offset >= from && entries_.front().offset < to) drop_front();
}

void TraceRing::add(Entry entry, std::string_view text) {
  PARLEY_ASSERT(cost(text.size()) <= most_);
  if (!memory_) memory_ = std::make_unique_for_overwrite<char[]>(most_);  // NOLINT
  if (next_ + text.size() > most_) {                                      // what stands in the rest is the oldest
    make_room(next_, most_);
    next_ = 0;
  }
  make_room(next_, next_ + text.size());
  while (bytes_ + cost(text.size()) > most_) drop_front();
  if (!text.empty()) std::memcpy(memory_.get() + next_, text.data(), text.size());
  entry.offset = static_cast<std::uint32_t>(next_);
  entry.size = static_cast<std::uint32_t>(text.size());
  next_ += text.size();
  bytes_ += cost(entry);
  entries_.push_back(entry);
}

void TraceRing::drop_before(WallTime time) {
  while (!entries_.empty() && entries_.front().at < time) {
    std::memset(memory_.get() + entries_.front().offset, 0, entries_.front().size);
    drop_front();
  }
}

}  // namespace parley::pbx
