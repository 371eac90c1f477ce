#include <algorithm>

#include <media/jitter_buffer.hpp>

namespace parley::media {

namespace {
constexpr std::uint32_t kFarSeconds = 2;  // a jump of the time stamps by more is another stream
}  // namespace

JitterBuffer::JitterBuffer() : bytes_(std::make_unique<std::array<std::array<std::uint8_t, kMaxBytes>, kSlots>>()) {
  for (unsigned i = 0; i < kSlots; ++i) slots_[i].place = static_cast<std::uint8_t>(i);
}

void JitterBuffer::restart(std::uint32_t clock_rate) noexcept {
  frame_ = clock_rate / 50;
  state_ = State::Idle;
  first_ = count_ = dry_ = watched_ = 0;
  surplus_ = false;
}

void JitterBuffer::begin(std::uint32_t timestamp) noexcept {
  state_ = State::Filling;
  next_ = timestamp;
  first_ = count_ = waited_ = dry_ = watched_ = 0;
  surplus_ = false;
}

void JitterBuffer::drop_first() noexcept {
  first_ = (first_ + 1) % kSlots;
  --count_;
}

std::uint32_t JitterBuffer::depth() const noexcept {
  if (count_ == 0) return 0;
  const Slot& last = at(count_ - 1);
  return static_cast<std::uint32_t>(std::max(from_next(last.timestamp + last.duration), 0));
}

void JitterBuffer::put(std::uint64_t sequence, std::uint32_t timestamp, std::uint32_t duration,
                       BytesView payload) noexcept {
  if (duration == 0 || payload.size() > kMaxBytes) return;
  const auto far = static_cast<std::int32_t>(frame_ * 50 * kFarSeconds);
  if (state_ == State::Idle || from_next(timestamp) > far || from_next(timestamp) < -far) begin(timestamp);
  if (state_ == State::Filling && from_next(timestamp) < 0) next_ = timestamp;  // overtaken by the first
  if (from_next(timestamp + duration) <= 0) {
    ++figures_.late;
    return;
  }
  unsigned place = count_;  // mostly it is the newest
  while (place > 0 && static_cast<std::int32_t>(timestamp - at(place - 1).timestamp) <= 0) --place;
  if (place < count_ && at(place).timestamp == timestamp) return;
  if (count_ == kSlots) {
    if (place == 0) return;
    ++figures_.cut;
    drop_first();
    --place;
    next_ = at(0).timestamp;
  }
  // The free slot behind the last moves to its place; the bytes stay where they are.
  ++count_;
  for (unsigned i = count_ - 1; i > place; --i) std::swap(at(i), at(i - 1));
  Slot& slot = at(place);
  slot.sequence = sequence;
  slot.timestamp = timestamp;
  slot.duration = duration;
  slot.size = static_cast<std::uint16_t>(payload.size());
  std::ranges::copy(payload, (*bytes_)[slot.place].begin());
}

bool JitterBuffer::tick() noexcept {
  if (state_ == State::Idle) return false;
  if (state_ == State::Filling) {
    // Enough for the delay, or it has been waited for as long.
    if (depth() < (kStart + 1) * frame_ && waited_++ < kStart) return false;
    state_ = State::Playing;
    last_sequence_ = at(0).sequence - 1;
    least_ = depth();
  }
  dry_now_ = false;
  watch_depth();
  return true;
}

void JitterBuffer::watch_depth() noexcept {
  const auto now = depth();
  if (now > kTooDeep * frame_) {  // a stall of the network that ended at once
    while (count_ > 1 && depth() > kCutTo * frame_) {
      ++figures_.cut;
      drop_first();
      next_ = at(0).timestamp;
      last_sequence_ = at(0).sequence - 1;
    }
    watched_ = 0;
  }
  least_ = watched_ == 0 ? now : std::min(least_, now);
  if (++watched_ < kWindow) return;
  watched_ = 0;
  surplus_ = least_ >= (kStart + 1) * frame_ + frame_ / 2;
}

JitterBuffer::Taken JitterBuffer::take() noexcept {
  using enum Taken::What;
  while (count_ > 0 && from_next(at(0).timestamp + at(0).duration) <= 0) {
    ++figures_.late;
    drop_first();
  }
  if (count_ == 0) {
    if (!dry_now_ && ++dry_ > kSpurtOver) state_ = State::Idle;
    dry_now_ = true;
    return {Dry, frame_, {}};
  }
  const Slot& slot = at(0);
  const BytesView payload = BytesView((*bytes_)[slot.place]).first(slot.size);
  // Time that went by while nothing was there counts for what is missing: only the rest of it is still owed.
  const std::int32_t missing = from_next(slot.timestamp);
  const std::int32_t owed = missing - static_cast<std::int32_t>(dry_ * frame_);
  if (owed > 0) {
    const auto ticks = std::min(static_cast<std::uint32_t>(owed), frame_);
    next_ += ticks;
    if (slot.sequence == last_sequence_ + 1) return {Pause, ticks, {}};
    ++figures_.lost;
    return {Lost, ticks, static_cast<std::uint32_t>(owed) <= frame_ ? payload : BytesView{}};
  }
  dry_ = 0;
  next_ = slot.timestamp + slot.duration;
  last_sequence_ = slot.sequence;
  drop_first();
  return {Packet, slot.duration, payload};
}

}  // namespace parley::media
