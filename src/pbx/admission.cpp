#include <algorithm>
#include <utility>

#include <pbx/admission.hpp>

namespace parley::pbx {
namespace {

using std::chrono::milliseconds;

constexpr double kShrinks = 0.8;  // what is left of a queue within kStanding if it goes by itself

/// How long each kind may wait in overload. Those who answered a challenge have waited before.
constexpr std::array<milliseconds, 5> kMayWait = {milliseconds(400), milliseconds(350), milliseconds(300),
                                                  milliseconds(200), milliseconds(100)};

}  // namespace

Duration Admission::oldest(TimePoint now) const noexcept {
  Duration most{};
  for (const auto& queue : queues_)
    if (!queue.empty()) most = std::max<Duration>(most, now - queue.front().since);
  return most;
}

void Admission::sample(TimePoint now, Duration late, double occupancy) {
  behind_ = late > kLate || occupancy > kFull;
  const auto age = oldest(now);
  if (age <= kLong) {
    standing_.reset();
    if (age <= kLong / 3) overloaded_ = false;
    return;
  }
  if (!standing_) {
    standing_ = {waiting_, now};
  } else if (now - standing_->since >= kStanding) {
    const auto left = static_cast<double>(waiting_) / static_cast<double>(standing_->waiting);
    overloaded_ = overloaded_ || left > kShrinks;
    standing_ = {waiting_, now};
  }
}

void Admission::add(Work work, sip::Message message, TimePoint now) {
  queues_[static_cast<std::size_t>(work)].push_back({std::move(message), now});
  ++waiting_;
}

Admission::Next Admission::take(std::deque<Waiting>& from, bool refuse) {
  Next next{std::move(from.front().message), refuse};
  from.pop_front();
  --waiting_;
  next.refuse = next.refuse && !next.message.is(sip::Method::Cancel);
  return next;
}

std::optional<Admission::Next> Admission::next(TimePoint now) {
  if (waiting_ == 0) return std::nullopt;
  if (waiting_ > kMostWaiting)  // the last in line: of the kind that is served last
    for (auto queue = queues_.rbegin(); queue != queues_.rend(); ++queue)
      if (!queue->empty()) return take(*queue, true);
  if (overloaded_)  // before anything is served: a late refusal costs a repetition as well
    for (std::size_t kind = 0; kind < kKinds; ++kind)
      if (auto& queue = queues_[kind]; !queue.empty() && now - queue.front().since > kMayWait[kind])
        return take(queue, true);
  for (auto& queue : queues_)
    if (!queue.empty()) return take(queue, false);
  return std::nullopt;
}

}  // namespace parley::pbx
