#pragma once
#include <array>
#include <cstdint>
#include <memory>

#include <base/bytes.hpp>

namespace parley::media {

/// Packets of one RTP stream between the network, which brings them when it likes, and who takes 20 ms at a time.
/// The delay adapts: it starts at kStart, grows by as much as packets come too late, and shrinks by 20 ms when two
/// seconds went by in which that much was never needed. Everything counts in media time (RTP time stamps); the only
/// clock is the caller's tick. What is lost, what the sender left out (silence suppression) and what may still come are
/// told apart by sequence numbers and time stamps.
/// Pure. Thread: one at a time. No allocation after construction. Bounds: kSlots packets of kMaxBytes.
class JitterBuffer {
 public:
  static constexpr unsigned kSlots = 16;
  static constexpr std::size_t kMaxBytes = 1300;
  static constexpr unsigned kStart = 2;       // ticks of 20 ms
  static constexpr unsigned kSpurtOver = 10;  // ticks without a packet, after which the stream begins anew
  static constexpr unsigned kWindow = 100;    // ticks that decide whether the delay shrinks
  static constexpr unsigned kTooDeep = 10;    // ticks; more is cut at once: nobody talks through that
  static constexpr unsigned kCutTo = 4;

  JitterBuffer();

  /// From now on another stream with this RTP clock; what is there goes.
  void restart(std::uint32_t clock_rate) noexcept;
  void put(std::uint64_t sequence, std::uint32_t timestamp, std::uint32_t duration, BytesView payload) noexcept;

  /// Another 20 ms have passed; whether something is to be played for them. Before the take()s of each tick.
  [[nodiscard]] bool tick() noexcept;
  struct Taken {
    enum class What : std::uint8_t {
      Packet,
      Lost,   // nothing came for `ticks`
      Pause,  // the sender left `ticks` out
      Dry,    // nothing is there: it comes late, or the stream is over
    } what = What::Dry;
    std::uint32_t ticks = 0;  // of the RTP clock
    BytesView payload;  // Packet; of Lost: the packet behind, which may hold a copy (Opus FEC). Until the next put()
  };
  [[nodiscard]] Taken take() noexcept;
  /// The delay is longer than it need be: 20 ms may be left out, and left_out() said.
  [[nodiscard]] bool may_leave_out() const noexcept { return surplus_; }
  void left_out() noexcept { surplus_ = false; }

  [[nodiscard]] std::uint32_t depth() const noexcept;  // ticks of the RTP clock that lie here
  struct Figures {
    std::uint64_t late = 0, lost = 0, cut = 0;
  };
  [[nodiscard]] const Figures& figures() const noexcept { return figures_; }

 private:
  enum class State : std::uint8_t { Idle, Filling, Playing };
  struct Slot {
    std::uint64_t sequence = 0;
    std::uint32_t timestamp = 0, duration = 0;
    std::uint16_t size = 0;
    std::uint8_t place = 0;  // of its bytes
  };
  [[nodiscard]] Slot& at(unsigned n) noexcept { return slots_[(first_ + n) % kSlots]; }
  [[nodiscard]] const Slot& at(unsigned n) const noexcept { return slots_[(first_ + n) % kSlots]; }
  [[nodiscard]] std::int32_t from_next(std::uint32_t timestamp) const noexcept {
    return static_cast<std::int32_t>(timestamp - next_);
  }
  void begin(std::uint32_t timestamp) noexcept;
  void drop_first() noexcept;
  void watch_depth() noexcept;

  std::array<Slot, kSlots> slots_{};  // a ring, by time stamp
  std::unique_ptr<std::array<std::array<std::uint8_t, kMaxBytes>, kSlots>> bytes_;
  unsigned first_ = 0, count_ = 0;
  std::uint32_t frame_ = 160;  // 20 ms of the clock
  std::uint32_t next_ = 0;     // the time stamp that is played next
  std::uint64_t last_sequence_ = 0;
  State state_ = State::Idle;
  unsigned waited_ = 0, dry_ = 0, watched_ = 0;
  std::uint32_t least_ = 0;  // depth in this window
  bool surplus_ = false, dry_now_ = false;
  Figures figures_;
};

}  // namespace parley::media
