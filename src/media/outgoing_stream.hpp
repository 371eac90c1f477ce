#pragma once
#include <cstdint>
#include <optional>

#include <base/clock.hpp>

namespace parley::media {

/// Sequence numbers and time stamps of the one RTP stream that a leg's peer gets, whatever it is made of: packets of
/// one far end, then a prompt, then another far end. Each part ("segment") keeps its own gaps and order; at a change
/// the sequence goes on by one and the time stamp by the time that passed, with the marker set (RFC 3550 §5.1, RFC 3551
/// §4.1). Pure. Thread: the media thread's.
class OutgoingStream {
 public:
  struct Place {
    std::uint16_t sequence_number = 0;
    std::uint32_t timestamp = 0;
    bool marker = false;
  };
  /// A packet of a segment: its unwrapped sequence number and its time stamp in units of `clock_rate`.
  struct Position {
    std::uint64_t segment = 0;  // never 0; another number is another segment
    std::uint64_t sequence = 0;
    std::uint32_t timestamp = 0;
    std::uint32_t clock_rate = 8000;
    bool marker = false;
  };

  OutgoingStream(std::uint32_t ssrc, std::uint16_t first_sequence, std::uint32_t first_timestamp)
      : ssrc_(ssrc), last_sequence_(static_cast<std::uint16_t>(first_sequence - 1)), last_timestamp_(first_timestamp) {}

  /// Where it goes; nullopt for a packet older than the segment's beginning, whose numbers belong to another.
  [[nodiscard]] std::optional<Place> place(const Position& position, std::uint32_t out_clock_rate,
                                           TimePoint now) noexcept;
  /// A packet of the running segment that is left out on purpose: the peer must not take it for lost.
  void leave_out(std::uint64_t segment, std::uint64_t sequence) noexcept;
  /// What to add to the numbers of the running segment; nullopt: it is another, or time is counted at another rate.
  struct Shift {
    std::uint16_t sequence_number = 0;
    std::uint32_t timestamp = 0;
  };
  [[nodiscard]] std::optional<Shift> shift(std::uint64_t segment) const noexcept;
  /// The time stamp that belongs to `now` (for sender reports).
  [[nodiscard]] std::uint32_t timestamp_at(TimePoint now) const noexcept;
  [[nodiscard]] std::uint32_t ssrc() const noexcept { return ssrc_; }

 private:
  void begin(const Position& position, std::uint32_t out_clock_rate, TimePoint now) noexcept;
  [[nodiscard]] std::uint32_t ticks_since_last(std::uint32_t rate, TimePoint now) const noexcept;

  std::uint32_t ssrc_;
  std::uint64_t segment_ = 0;
  std::uint64_t first_in_ = 0;  // sequence numbers below are not of this segment
  std::uint16_t offset_ = 0;    // out = in + offset, modulo 2^16
  std::uint32_t in_rate_ = 8000, out_rate_ = 8000;
  std::uint32_t last_in_timestamp_ = 0;
  std::int64_t in_elapsed_ = 0;  // ticks from the segment's first packet to last_in_timestamp_
  std::uint32_t base_out_timestamp_ = 0;
  std::uint16_t last_sequence_;
  std::uint32_t last_timestamp_;
  TimePoint last_at_{};
  bool started_ = false;
};

}  // namespace parley::media
