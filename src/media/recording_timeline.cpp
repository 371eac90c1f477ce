#include <algorithm>
#include <iterator>

#include <media/recording_timeline.hpp>

namespace parley::media::recording {
namespace {
constexpr std::int64_t kSettle = 2'000'000;  // us in which the fastest packet is looked for
constexpr std::int64_t kFarAhead = 100'000, kFarBehind = 500'000;
constexpr std::uint32_t kLongAnchor = 1U << 30U;  // ticks after which time stamps are tied anew, well before they wrap
}  // namespace

std::int64_t Timeline::place(const Anchor& anchor, std::uint32_t timestamp) noexcept {
  return anchor.at +
         std::int64_t{static_cast<std::int32_t>(timestamp - anchor.timestamp)} * 1'000'000 / anchor.clock_rate;
}

void Timeline::add(const PacketRecord& packet) {
  if (packet.at > kLongestCall) return;
  const auto at = static_cast<std::int64_t>(packet.at);
  end_ = std::max(end_, at);
  const std::uint32_t rate = codec::info(packet.codec).rtp_clock_rate;
  auto& anchors = sources_[{static_cast<std::uint8_t>(packet.party), packet.source}];
  if (!anchors.empty()) {
    Anchor& last = anchors.back();
    if (static_cast<std::int32_t>(packet.sequence - last.first_sequence) < 0)
      return;  // late: belongs to an earlier one
    const std::int64_t delay = at - place(last, packet.timestamp);
    if (at < last.settled && delay < 0 && delay > -kFarBehind) last.at += delay;  // faster than the first ones
    const bool fits = delay > -kFarAhead - (at < last.settled ? kFarBehind : 0) && delay < kFarBehind;
    if (fits && last.clock_rate == rate && packet.timestamp - last.timestamp < kLongAnchor) return;
  }
  anchors.push_back({packet.sequence, packet.timestamp, at, rate, at + kSettle});
}

void Timeline::add(const MarkRecord& mark) {
  if (mark.at > kLongestCall) return;
  const auto at = static_cast<std::int64_t>(mark.at);
  end_ = std::max(end_, at);
  if (mark.kind == RecordKind::Pause) {
    if (!paused_since_) paused_since_ = at;
  } else if (paused_since_) {
    if (at > *paused_since_) pauses_.push_back({*paused_since_, at});
    paused_since_.reset();
  }
}

void Timeline::finish(std::optional<Micros> end) {
  if (end) end_ = std::max(end_, static_cast<std::int64_t>(std::min(*end, kLongestCall)));
  if (paused_since_ && end_ >= *paused_since_) pauses_.push_back({*paused_since_, std::max(end_, *paused_since_ + 1)});
  paused_since_.reset();
  // Marks of damaged files may overlap: make them a proper list.
  std::ranges::sort(pauses_, {}, &Stretch::from);
  std::vector<Stretch> merged;
  for (const auto& pause : pauses_) {
    if (!merged.empty() && pause.from <= merged.back().to)
      merged.back().to = std::max(merged.back().to, pause.to);
    else
      merged.push_back(pause);
  }
  pauses_ = std::move(merged);
}

std::optional<std::int64_t> Timeline::position(const PacketRecord& packet) const {
  const auto at = sources_.find({static_cast<std::uint8_t>(packet.party), packet.source});
  if (at == sources_.end()) return std::nullopt;
  const auto& anchors = at->second;
  const auto after = std::ranges::partition_point(anchors, [&](const Anchor& anchor) {
    return static_cast<std::int32_t>(packet.sequence - anchor.first_sequence) >= 0;
  });
  return place(after == anchors.begin() ? anchors.front() : *std::prev(after), packet.timestamp);
}

std::int64_t Timeline::played(std::int64_t call_time) const noexcept {
  std::int64_t out = call_time;
  for (const auto& pause : pauses_) {
    if (pause.from >= call_time) break;
    out -= std::min(pause.to, call_time) - pause.from;
  }
  return out;
}

std::int64_t Timeline::call_time(std::int64_t played) const noexcept {
  for (const auto& pause : pauses_) {
    if (pause.from > played) break;
    played += pause.to - pause.from;
  }
  return played;
}

bool Timeline::paused(std::int64_t call_time) const noexcept {
  return std::ranges::any_of(pauses_, [&](const Stretch& s) { return s.from <= call_time && call_time < s.to; });
}

std::int64_t Timeline::cut(std::int64_t call_time) const noexcept {
  for (const auto& pause : pauses_)
    if (pause.from > call_time) return std::min(pause.from, end_);
  return end_;
}

}  // namespace parley::media::recording
