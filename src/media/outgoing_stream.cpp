#include <algorithm>

#include <media/outgoing_stream.hpp>

namespace parley::media {

std::uint32_t OutgoingStream::ticks_since_last(std::uint32_t rate, TimePoint now) const noexcept {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(now - last_at_).count();
  return static_cast<std::uint32_t>(std::max<std::int64_t>(us, 0) * rate / 1'000'000);
}

void OutgoingStream::begin(const Position& position, std::uint32_t out_clock_rate, TimePoint now) noexcept {
  segment_ = position.segment;
  first_in_ = position.sequence;
  offset_ = static_cast<std::uint16_t>(last_sequence_ + 1 - position.sequence);
  in_rate_ = position.clock_rate;
  out_rate_ = out_clock_rate;
  last_in_timestamp_ = position.timestamp;
  in_elapsed_ = 0;
  // At least one packet time on, so that two packets never share a time stamp.
  base_out_timestamp_ = started_
                            ? last_timestamp_ + std::max(ticks_since_last(out_clock_rate, now), out_clock_rate / 50)
                            : last_timestamp_;
}

std::optional<OutgoingStream::Place> OutgoingStream::place(const Position& position, std::uint32_t out_clock_rate,
                                                           TimePoint now) noexcept {
  const bool changed =
      position.segment != segment_ || position.clock_rate != in_rate_ || out_clock_rate != out_rate_ || !started_;
  if (changed) begin(position, out_clock_rate, now);
  if (position.sequence < first_in_) return std::nullopt;
  const std::int64_t elapsed = in_elapsed_ + static_cast<std::int32_t>(position.timestamp - last_in_timestamp_);
  Place out;
  out.sequence_number = static_cast<std::uint16_t>(position.sequence + offset_);
  const std::int64_t scaled = in_rate_ == out_rate_ ? elapsed : elapsed * out_rate_ / in_rate_;
  out.timestamp = base_out_timestamp_ + static_cast<std::uint32_t>(scaled);
  out.marker = changed || position.marker;
  const bool newer = changed || static_cast<std::int16_t>(out.sequence_number - last_sequence_) > 0;
  if (newer) {
    in_elapsed_ = elapsed;
    last_in_timestamp_ = position.timestamp;
    last_sequence_ = out.sequence_number;
    last_timestamp_ = out.timestamp;
    last_at_ = now;
  }
  started_ = true;
  return out;
}

void OutgoingStream::leave_out(std::uint64_t segment, std::uint64_t sequence) noexcept {
  if (segment != segment_ || sequence < first_in_) return;
  --offset_;
  first_in_ = sequence + 1;
}

std::optional<OutgoingStream::Shift> OutgoingStream::shift(std::uint64_t segment) const noexcept {
  if (!started_ || segment != segment_ || in_rate_ != out_rate_) return std::nullopt;
  const auto first_in = last_in_timestamp_ - static_cast<std::uint32_t>(in_elapsed_);
  return Shift{offset_, base_out_timestamp_ - first_in};
}

std::uint32_t OutgoingStream::timestamp_at(TimePoint now) const noexcept {
  return started_ ? last_timestamp_ + ticks_since_last(out_rate_, now) : last_timestamp_;
}

}  // namespace parley::media
