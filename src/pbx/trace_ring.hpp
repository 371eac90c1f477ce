#pragma once
#include <algorithm>
#include <cstring>
#include <deque>
#include <memory>
#include <string_view>

#include <base/clock.hpp>
#include <base/endpoint.hpp>
#include <sip/transport.hpp>

namespace parley::pbx {

/// The last messages of one kind of peer, their texts one behind the other in one piece of memory that is written round
/// and round: a message costs its copy and no allocation. Bounds: `most` bytes of texts and overhead; the oldest go
/// first. Memory is touched as it fills.   Thread: one at a time.
class TraceRing {
 public:
  struct Entry {
    std::uint64_t number = 0;
    std::uint64_t call_id = 0;  // hash of the SIP Call-ID
    WallTime at{};
    Endpoint peer;
    sip::Transport transport = sip::Transport::Udp;
    bool incoming = false;
    std::uint32_t offset = 0, size = 0;  // of its text; the ring's own
  };
  explicit TraceRing(std::size_t most) : most_(most) {}

  /// No longer than `most`.
  void add(Entry entry, std::string_view text);
  template <class F>
  void each(F&& use) const {  // use(entry, text), the oldest first
    for (const auto& entry : entries_) use(entry, std::string_view(memory_.get() + entry.offset, entry.size));
  }
  /// What goes is gone from memory as well.
  template <class Pred>
  void erase_if(Pred&& gone) {
    std::erase_if(entries_, [&](const Entry& entry) {
      if (!gone(entry)) return false;
      std::memset(memory_.get() + entry.offset, 0, entry.size);
      bytes_ -= cost(entry);
      return true;
    });
  }
  void drop_before(WallTime time);
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
  /// What a message takes of the bound.
  [[nodiscard]] static std::size_t cost(std::size_t size) noexcept { return size + kOverhead; }

 private:
  static constexpr std::size_t kOverhead = 160;
  static std::size_t cost(const Entry& entry) noexcept { return cost(entry.size); }
  void drop_front();
  /// Takes out the oldest as long as they stand in [from, to) of the memory.
  void make_room(std::size_t from, std::size_t to);

  std::size_t most_;
  std::size_t bytes_ = 0, next_ = 0;  // where the next text goes
  std::unique_ptr<char[]> memory_;    // NOLINT: `most` bytes, without a value until they are written
  std::deque<Entry> entries_;
};

}  // namespace parley::pbx
