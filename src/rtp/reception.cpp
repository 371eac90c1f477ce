#include <algorithm>
#include <cstdlib>

#include <rtp/reception.hpp>

namespace parley::rtp {

void SequenceTracker::restart(std::uint16_t number) noexcept {
  if (started_) expected_before_ = expected();
  started_ = true;
  base_ = highest_ = last_ = std::uint64_t{65536} + number;  // room for late packets before the first
  seen_ = 1;
  suspect_next_.reset();
}

Arrival SequenceTracker::on_sequence_number(std::uint16_t number) noexcept {
  if (!started_) {
    restart(number);
    ++received_;
    return Arrival::First;
  }
  const auto delta = static_cast<std::uint16_t>(number - static_cast<std::uint16_t>(highest_));
  if (delta != 0 && delta < kMaxDropout) {
    suspect_next_.reset();
    highest_ += delta;
    last_ = highest_;
    seen_ = (delta < 64 ? seen_ << delta : 0) | 1U;
    ++received_;
    return delta == 1 ? Arrival::Next : Arrival::Gap;
  }
  const std::uint64_t behind = delta == 0 ? 0 : std::uint64_t{65536} - delta;
  if (behind > kMaxMisorder) {
    if (suspect_next_ == number) {
      restart(number);
      ++received_;
      return Arrival::Restart;
    }
    suspect_next_ = static_cast<std::uint16_t>(number + 1);
    ++late_or_duplicate_;
    return Arrival::Suspect;
  }
  ++late_or_duplicate_;
  if (behind >= 64 || (seen_ >> behind & 1U) != 0) return Arrival::Duplicate;
  seen_ |= std::uint64_t{1} << behind;
  last_ = highest_ - behind;
  base_ = std::min(base_, last_);
  ++received_;
  return Arrival::Late;
}

void SequenceTracker::absorb(std::uint64_t highest, std::uint64_t seen, std::uint64_t received,
                             std::uint64_t repeated) noexcept {
  if (highest > highest_) {
    const auto ahead = highest - highest_;
    seen_ = ahead < 64 ? seen_ << ahead : 0;
    highest_ = last_ = highest;
  }
  const auto behind = highest_ - highest;
  if (behind < 64) seen_ |= seen << behind;
  received_ += received;
  late_or_duplicate_ += repeated;
  suspect_next_.reset();
}

Arrival Reception::on_packet(std::uint32_t ssrc, std::uint16_t sequence_number, std::uint32_t timestamp,
                             std::uint32_t clock_rate, TimePoint now, bool measure_jitter) noexcept {
  if (!started_ || ssrc != ssrc_) {
    received_before_ += sequence_.received();
    lost_before_ += sequence_.lost();
    late_before_ += sequence_.late_or_duplicate();
    sequence_ = SequenceTracker{};
    ssrc_ = ssrc;
    started_ = true;
    has_transit_ = false;
    jitter_q4_ = 0;
    last_sr_ = 0;
    expected_prior_ = received_prior_ = 0;
  }
  const Arrival arrival = sequence_.on_sequence_number(sequence_number);
  if (!is_new(arrival) || !measure_jitter) return arrival;
  if (clock_rate != clock_rate_ || arrival == Arrival::Restart) has_transit_ = false;
  clock_rate_ = clock_rate;
  // Ticks in wrapping 32-bit arithmetic, seconds and the rest apart so that nothing overflows.
  const auto since = now.time_since_epoch();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since);
  const auto rest = std::chrono::duration_cast<std::chrono::nanoseconds>(since - seconds).count();
  const auto arrived = static_cast<std::uint32_t>(static_cast<std::uint64_t>(seconds.count()) * clock_rate +
                                                  static_cast<std::uint64_t>(rest) * clock_rate / 1'000'000'000U);
  const std::uint32_t transit = arrived - timestamp;
  if (has_transit_) {
    const auto difference = static_cast<std::int32_t>(transit - last_transit_);
    const auto distance = static_cast<std::uint32_t>(std::abs(static_cast<std::int64_t>(difference)));
    // A step of over two seconds is a new time base of the sender, not jitter.
    if (distance < 2 * clock_rate) jitter_q4_ += distance - ((jitter_q4_ + 8) >> 4U);
  }
  last_transit_ = transit;
  has_transit_ = true;
  return arrival;
}

void Reception::absorb(const Elsewhere& packets) noexcept {
  sequence_.absorb(packets.highest, packets.seen, packets.received, packets.repeated);
  jitter_q4_ = packets.jitter_q4;
  has_transit_ = false;  // arrival was measured by another clock
}

void Reception::on_sender_report(std::uint32_t ssrc, std::uint64_t ntp_time, TimePoint now) noexcept {
  if (!started_ || ssrc != ssrc_) return;
  last_sr_ = static_cast<std::uint32_t>(ntp_time >> 16U);
  last_sr_at_ = now;
}

double Reception::jitter_ms() const noexcept { return (jitter_q4_ / 16.0) * 1000.0 / clock_rate_; }

ReportBlock Reception::report(TimePoint now) noexcept {
  ReportBlock block;
  block.ssrc = ssrc_;
  const std::uint64_t expected = sequence_.expected(), got = sequence_.received();
  const std::uint64_t expected_interval = expected - expected_prior_, got_interval = got - received_prior_;
  expected_prior_ = expected;
  received_prior_ = got;
  if (expected_interval > got_interval)
    block.fraction_lost = static_cast<std::uint8_t>(
        std::min<std::uint64_t>(255, (expected_interval - got_interval) * 256 / expected_interval));
  block.cumulative_lost = static_cast<std::int32_t>(std::min<std::uint64_t>(sequence_.lost(), 0x7FFFFF));
  block.highest_sequence = static_cast<std::uint32_t>(sequence_.highest() - 65536);
  block.jitter = jitter_q4_ >> 4U;
  block.last_sr = last_sr_;
  if (last_sr_ != 0)
    block.delay_since_last_sr = static_cast<std::uint32_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(now - last_sr_at_).count() * 65536 / 1'000'000);
  return block;
}

}  // namespace parley::rtp
