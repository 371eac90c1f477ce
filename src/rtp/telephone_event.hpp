#pragma once
#include <array>
#include <cstdint>
#include <optional>

#include <base/bytes.hpp>
#include <base/clock.hpp>

namespace parley::rtp {

/// Event codes 0 to 15 (RFC 4733 §3.2) as keys.
[[nodiscard]] std::optional<char> key_of_event(std::uint8_t event) noexcept;
[[nodiscard]] std::optional<std::uint8_t> event_of_key(char key) noexcept;  // a-d too

struct KeyPress {
  char key = '0';
  std::uint32_t duration = 0;  // in units of the clock rate
};

/// Finds the keys in a stream of telephone-event packets: each once, however many of its packets were lost, repeated or
/// overtaken. A press is told when its end packet comes, when the next press begins, or by time.
/// Source: RFC 4733 §2.5 (the time stamp names the event; §2.5.1.3: long events go on with a new one).
class TelephoneEventDecoder {
 public:
  /// At most two presses: the one that this packet shows to be over, and its own.
  struct Presses {
    std::array<KeyPress, 2> items{};
    unsigned count = 0;
  };
  [[nodiscard]] Presses on_packet(std::uint32_t ssrc, std::uint32_t timestamp, bool marker, BytesView payload,
                                  TimePoint now) noexcept;
  /// The press whose end packets never came.
  [[nodiscard]] std::optional<KeyPress> on_time(TimePoint now) noexcept;
  [[nodiscard]] std::optional<TimePoint> next_deadline() const noexcept;

  static constexpr Duration kSilence = std::chrono::milliseconds(200);

 private:
  struct Pending {
    std::uint8_t event = 0;
    std::uint32_t timestamp = 0;
    std::uint32_t earlier = 0;  // duration of segments before this time stamp
    std::uint16_t duration = 0;
    TimePoint last{};
  };
  [[nodiscard]] bool told(std::uint32_t timestamp) const noexcept;
  [[nodiscard]] KeyPress finish() noexcept;
  void remember(std::uint32_t timestamp) noexcept;

  std::optional<Pending> pending_;
  std::array<std::uint32_t, 16> told_{};
  unsigned told_count_ = 0, told_next_ = 0;
  std::optional<std::uint32_t> ssrc_;
};

/// Makes the packets of one key press: the same time stamp in all, growing duration, the end three times.
class TelephoneEventEncoder {
 public:
  struct Packet {
    std::array<std::uint8_t, 4> payload{};
    bool marker = false;
    bool last = false;
  };
  /// `step` is the packet interval in units of the clock rate. `event` is 0 to 15.
  void start(std::uint8_t event, std::uint32_t duration, std::uint32_t step) noexcept;
  [[nodiscard]] bool active() const noexcept { return active_; }
  /// One packet per interval while active.
  [[nodiscard]] Packet next() noexcept;

 private:
  std::uint8_t event_ = 0;
  std::uint32_t duration_ = 0, step_ = 160, elapsed_ = 0;
  unsigned ends_ = 0;
  bool active_ = false;
};

}  // namespace parley::rtp
