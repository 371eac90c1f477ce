#pragma once
#include <cstdint>
#include <optional>

#include <base/clock.hpp>

namespace parley::rtp {

/// What one arrival means for the sequence of its source.
enum class Arrival : std::uint8_t {
  First,      // of this SSRC
  Next,       // in order
  Gap,        // in order, with packets missing before it
  Late,       // out of order, not seen before
  Duplicate,  // seen before, or too old to tell
  Suspect,    // far from the sequence; dropped unless its successor follows (RFC 3550 A.1 bad_seq)
  Restart,    // the successor of a Suspect: the source began anew
};
[[nodiscard]] constexpr bool is_new(Arrival arrival) noexcept {
  return arrival != Arrival::Duplicate && arrival != Arrival::Suspect;
}
/// Not older than anything before it: may be fed to a decoder with memory.
[[nodiscard]] constexpr bool in_order(Arrival arrival) noexcept { return is_new(arrival) && arrival != Arrival::Late; }

/// Unwraps the sequence numbers of one SSRC and tells loss, order and duplicates.
/// Source: RFC 3550 §6.4.1, A.1 (without probation: signalling has vouched for the source), A.3.
class SequenceTracker {
 public:
  Arrival on_sequence_number(std::uint16_t number) noexcept;
  /// Number of the last packet given, unwrapped. The first packet of a source has 65536 + its number.
  [[nodiscard]] std::uint64_t last() const noexcept { return last_; }
  [[nodiscard]] std::uint64_t highest() const noexcept { return highest_; }
  [[nodiscard]] std::uint64_t received() const noexcept { return received_; }  // without duplicates and suspects
  [[nodiscard]] std::uint64_t late_or_duplicate() const noexcept { return late_or_duplicate_; }
  [[nodiscard]] std::uint64_t expected() const noexcept {
    return started_ ? highest_ - base_ + 1 + expected_before_ : 0;
  }
  [[nodiscard]] std::uint64_t lost() const noexcept { return expected() > received_ ? expected() - received_ : 0; }

  [[nodiscard]] std::uint64_t seen() const noexcept { return seen_; }  // bit n: highest() - n was received
  /// What somebody else received of this source, since it was told where this one stood.
  void absorb(std::uint64_t highest, std::uint64_t seen, std::uint64_t received, std::uint64_t repeated) noexcept;

  static constexpr std::uint64_t kMaxDropout = 3000;  // RFC 3550 A.1
  static constexpr std::uint64_t kMaxMisorder = 100;

 private:
  void restart(std::uint16_t number) noexcept;

  std::uint64_t base_ = 0, highest_ = 0, last_ = 0;
  std::uint64_t seen_ = 0;  // bit n: highest_ - n was received
  std::uint64_t received_ = 0, late_or_duplicate_ = 0, expected_before_ = 0;
  std::optional<std::uint16_t> suspect_next_;
  bool started_ = false;
};

/// The fields of a reception report block (RFC 3550 §6.4.1).
struct ReportBlock {
  std::uint32_t ssrc = 0;
  std::uint8_t fraction_lost = 0;         // of 256
  std::int32_t cumulative_lost = 0;       // 24 bits on the wire
  std::uint32_t highest_sequence = 0;     // low 32 bits of the unwrapped number
  std::uint32_t jitter = 0;               // in units of the clock rate
  std::uint32_t last_sr = 0;              // middle 32 bits of its NTP time; 0: none came
  std::uint32_t delay_since_last_sr = 0;  // 1/65536 s
};

/// Loss and jitter of what one source sends to us, and the report about it.
class Reception {
 public:
  /// A new SSRC starts fresh sequence and jitter; totals go on. `measure_jitter` is false for packets whose time stamp
  /// is not their sampling time (RFC 4733 events).
  Arrival on_packet(std::uint32_t ssrc, std::uint16_t sequence_number, std::uint32_t timestamp,
                    std::uint32_t clock_rate, TimePoint now, bool measure_jitter = true) noexcept;
  void on_sender_report(std::uint32_t ssrc, std::uint64_t ntp_time, TimePoint now) noexcept;
  /// Packets of ssrc() that were received elsewhere (the kernel's relay): how many, and where sequence and jitter are
  /// now.
  struct Elsewhere {
    std::uint64_t highest = 0, seen = 0, received = 0, repeated = 0;
    std::uint32_t jitter_q4 = 0;
  };
  void absorb(const Elsewhere& packets) noexcept;
  [[nodiscard]] std::uint32_t jitter_q4() const noexcept { return jitter_q4_; }

  [[nodiscard]] bool any() const noexcept { return started_; }
  [[nodiscard]] std::uint32_t ssrc() const noexcept { return ssrc_; }
  [[nodiscard]] const SequenceTracker& sequence() const noexcept { return sequence_; }
  [[nodiscard]] std::uint64_t received() const noexcept { return received_before_ + sequence_.received(); }
  [[nodiscard]] std::uint64_t lost() const noexcept { return lost_before_ + sequence_.lost(); }
  [[nodiscard]] std::uint64_t late_or_duplicate() const noexcept {
    return late_before_ + sequence_.late_or_duplicate();
  }
  [[nodiscard]] double jitter_ms() const noexcept;
  /// Fraction lost counts from the last report (RFC 3550 A.3).
  [[nodiscard]] ReportBlock report(TimePoint now) noexcept;

 private:
  SequenceTracker sequence_;
  std::uint32_t ssrc_ = 0;
  std::uint32_t clock_rate_ = 8000;
  std::uint32_t jitter_q4_ = 0;  // 16 times the jitter (RFC 3550 A.8)
  std::uint32_t last_transit_ = 0;
  bool started_ = false, has_transit_ = false;
  std::uint32_t last_sr_ = 0;
  TimePoint last_sr_at_{};
  std::uint64_t expected_prior_ = 0, received_prior_ = 0;
  std::uint64_t received_before_ = 0, lost_before_ = 0, late_before_ = 0;  // of earlier SSRCs
};

}  // namespace parley::rtp
